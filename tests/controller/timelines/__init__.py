"""Golden timelines: what the daemon does in a drill, told as a story.

Each folder is a case: the site's own files in `site/`, `story.yaml` with what happens there and when, and
`timeline.txt` with what the engine made of it (`timeline.zh.txt`: the same in Chinese). Lines with ">" are
the script's. A contact is `on` when it is active, whatever way it is wired. Re-asserts of what is so already
are counted at the end. `python -m tests.controller.timelines` writes the timelines anew, for review by eye.
"""
