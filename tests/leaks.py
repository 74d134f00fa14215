"""A pytest plugin that fails the test which leaves something running or open behind it.

After each test and the teardown of its fixtures these must be as they were: asyncio tasks, threads, child
processes (orphaned grandchildren too) and file descriptors (sockets, pseudo-terminals, pipes, files). What a
fixture of a wider scope opens while it is set up belongs to that fixture. A test that failed is not judged:
its traceback keeps its locals alive. `@pytest.mark.leaks_allowed("why")` exempts a test.

Orphaned grandchildren become children of the test process, so their end is awaited with os.waitpid.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest

TASK_GRACE_S = 0.05
"""How long a loop about to close waits for tasks that are just ending."""

_TURNS = 25
"""Of the loop, which they have at least."""
_UNJUDGED = ("/dev/urandom",)
_SET_CHILD_SUBREAPER = 36

Key: TypeAlias = tuple[str, object]

_before = pytest.StashKey[set[Key]]()
_failed = pytest.StashKey[bool]()


class LeakCheck:
    """What fixtures of wider scopes hold, and the tasks that loops of the running test had to cancel."""

    def __init__(self, grace_s: float) -> None:
        self.grace_s = grace_s
        self.held_by_fixtures: set[Key] = set()
        self.cancelled_tasks: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        self.cancelled_tasks.clear()
        item.stash[_before] = held()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        before = held()
        try:
            return (yield)
        finally:
            self.held_by_fixtures |= held() - before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        item.stash[_failed] = item.stash.get(_failed, False) or call.excinfo is not None
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        result = yield
        if not item.stash[_failed] and item.get_closest_marker("leaks_allowed") is None:
            left = self.cancelled_tasks + settled(item.stash[_before] | self.held_by_fixtures, self.grace_s)
            if left:
                pytest.fail("the test left behind:\n  " + "\n  ".join(left), pytrace=False)
        return result

    def watch_loops(self) -> Callable[[], None]:
        """Note what tasks every asyncio.Runner finds when it closes (asyncio.run and pytest-asyncio use it).

        Returns a function that ends the watch.
        """
        close = asyncio.Runner.close

        def watching_close(runner: asyncio.Runner) -> None:
            with suppress(RuntimeError):  # a runner closes twice without harm
                self.cancelled_tasks += unfinished(runner.get_loop())
            close(runner)

        def restore() -> None:
            asyncio.Runner.close = close  # type: ignore[method-assign]

        asyncio.Runner.close = watching_close  # type: ignore[method-assign,assignment]
        return restore


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("leak_grace", "seconds until what a test started or opened must be gone", default="1")


def pytest_configure(config: pytest.Config) -> None:
    adopt_orphans()
    check = LeakCheck(float(config.getini("leak_grace")))
    config.pluginmanager.register(check, "leak-check")
    config.add_cleanup(check.watch_loops())


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent dies, so that a killed daemon's children are seen."""
    ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def unfinished(loop: asyncio.AbstractEventLoop) -> list[str]:
    """The tasks of a loop that stands still, after a short grace, in words."""
    until, turns = time.monotonic() + TASK_GRACE_S, 0
    # The machine may be elsewhere for all of the grace.
    while (tasks := asyncio.all_tasks(loop)) and (time.monotonic() < until or turns < _TURNS):
        loop.run_until_complete(asyncio.sleep(0.002))
        turns += 1
    return [f"asyncio task {task.get_name()}: {task.get_coro()!r}" for task in tasks]


def held() -> set[Key]:
    """Keys of the threads, living child processes and open descriptors of this process."""
    keys: set[Key] = {("thread", thread) for thread in threading.enumerate()}
    keys |= {("process", pid) for pid in children()}
    keys |= {("descriptor", found) for found in descriptors()}
    return keys


def descriptors() -> Iterator[tuple[int, str]]:
    """Each open descriptor and what it refers to."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the descriptor that lists the directory is gone by now
            target = os.readlink(f"/proc/self/fd/{name}").removesuffix(" (deleted)")
            if target not in _UNJUDGED:
                yield int(name), target


def children() -> Iterator[int]:
    """Process ids whose parent is this process, but for those that have ended and were not waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # none at all: the usual case, told without reading the whole process table
        return
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        with suppress(OSError):
            state, parent = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == os.getpid() and state not in "ZX":
                yield int(name)


def settled(expected: set[Key], grace_s: float) -> list[str]:
    """What is held beyond `expected` and does not go away within the grace, in words."""
    until = time.monotonic() + grace_s
    if extra := held() - expected:
        gc.collect()  # an object in a reference cycle may still hold a descriptor
        while (extra := held() - expected) and time.monotonic() < until:
            time.sleep(0.01)
    return sorted(describe(kind, key) for kind, key in extra)


def describe(kind: str, key: object) -> str:
    """A held thing in words that lead to who opened it."""
    if isinstance(key, threading.Thread):
        return f"thread {key.name}" + (" (daemon)" if key.daemon else "")
    if isinstance(key, int):
        return f"child process {key}: {command_line(key)}"
    assert isinstance(key, tuple)
    number, target = key
    return f"{kind} {number}: {address(number) if target.startswith('socket:') else target}"


def command_line(pid: int) -> str:
    """The command of a process, or how it is no longer there."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "(gone)"


def address(descriptor: int) -> str:
    """Kind and own address of a socket."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            return f"socket {copy.family.name} {copy.type.name} at {copy.getsockname()}"
    except (OSError, AttributeError):
        return "socket"
