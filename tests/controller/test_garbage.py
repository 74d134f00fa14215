"""What stands is searched for garbage no more, and what a swap leaves behind is found."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, weakref
from controller import garbage

class Plan:
    def __init__(self): self.itself = self

garbage.build()
assert not gc.isenabled()
many, plan = [Plan() for _ in range(1000)], Plan()
gone = weakref.ref(plan)
garbage.exchanged()
assert not gc.get_freeze_count(), "nothing stands yet"
garbage.stands()
assert gc.isenabled() and gc.get_freeze_count() > 1000 and gc.get_threshold()[0] > 700
assert len(gc.get_objects()) < 1000, "only what comes after it is looked at"
del plan
gc.collect()
assert gone() is not None
garbage.exchanged()
assert gone() is None and gc.get_freeze_count() > 1000
"""


def test_what_stands_and_what_is_left_behind() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WHILE = """
import gc
from controller import garbage

before = gc.get_threshold()
with garbage.standing():
    count = gc.get_freeze_count()
    assert count > 1000 and gc.get_threshold()[0] > before[0]
    with garbage.standing():
        pass
    assert gc.get_freeze_count() == count, "what stands already goes on standing"
assert not gc.get_freeze_count() and gc.get_threshold() == before
"""


def test_what_stands_for_a_while_is_looked_at_again_after_it() -> None:
    done = subprocess.run([sys.executable, "-c", WHILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
