"""The compiler as a program: what the daemon and the command line run as a child process."""

from __future__ import annotations

import sys

from config.written.program import main

sys.exit(main(sys.argv[1:]))
