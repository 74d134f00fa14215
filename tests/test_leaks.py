"""The leak check itself: each kind of leak fails the test that made it, and clean tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

HEAD = """
import asyncio, os, socket, subprocess, sys, threading, time, weakref
import pytest
from hypothesis import given, settings, strategies as st
KEEP = []
"""


def run(folder: Path, body: str, grace_s: float) -> tuple[dict[str, int], str]:
    """pytest's counts by outcome for a file of tests run under the leak check, and its whole output."""
    (folder / "test_inner.py").write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
    (folder / "pytest.ini").write_text(
        f"[pytest]\nasyncio_mode = auto\nmarkers = leaks_allowed(reason): exempt\nleak_grace = {grace_s}\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.leaks",
            "-p",
            "no:cacheprovider",
            "-q",
            "test_inner.py",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=100,
    )
    closing = done.stdout.strip().splitlines()[-1]
    words = closing.split(" in ")[0].split(", ")
    return {word.split()[1].rstrip("s"): int(word.split()[0]) for word in words}, done.stdout + done.stderr


LEAKS = {
    "task_on_the_tests_loop": "asyncio task forgotten",
    "task_on_a_loop_of_its_own": "asyncio task dropped",
    "thread": "thread stuck",
    "daemon_thread": "thread helper (daemon)",
    "listening_socket": "socket AF_INET SOCK_STREAM at ('127.0.0.1'",
    "datagram_endpoint": "socket AF_INET SOCK_DGRAM",
    "pseudo_terminal": "/dev/pt",
    "file": "left.txt",
    "child": "sys.stdin.read() # child",
    "orphaned_grandchild": "sys.stdin.read() # orphan",
    "socket_in_a_property": "socket",
    "what_a_fixture_opened": "fixture.txt",
}

LEAKING = """
    async def test_task_on_the_tests_loop():
        KEEP.append(asyncio.create_task(asyncio.sleep(60), name="forgotten"))

    def test_task_on_a_loop_of_its_own():
        async def main():
            KEEP.append(asyncio.create_task(asyncio.sleep(60), name="dropped"))
        asyncio.run(main())

    def test_thread():
        threading.Thread(target=time.sleep, args=(2,), name="stuck").start()

    async def test_daemon_thread():
        threading.Thread(target=time.sleep, args=(60,), name="helper", daemon=True).start()

    def test_listening_socket():
        KEEP.append(socket.create_server(("127.0.0.1", 0)))

    async def test_datagram_endpoint():
        here, loop = ("127.0.0.1", 0), asyncio.get_running_loop()
        KEEP.append(await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=here))

    def test_pseudo_terminal():
        KEEP.append(os.openpty())

    def test_file(tmp_path):
        KEEP.append((tmp_path / "left.txt").open("w"))

    # Both processes end with this one, by the end of their input.
    def test_child():
        program = "import sys; sys.stdin.read() # child"
        KEEP.append(subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE))

    def test_orphaned_grandchild():
        program = "import sys; sys.stdin.read() # orphan"
        parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {program!r}])"
        end, kept = os.pipe()
        KEEP.append(kept)
        subprocess.run([sys.executable, "-c", parent], stdin=end, check=True)
        os.close(end)

    @settings(max_examples=3, deadline=None)
    @given(st.integers())
    def test_socket_in_a_property(number):
        KEEP.append(socket.socket())

    @pytest.fixture
    def careless(tmp_path):
        KEEP.append((tmp_path / "fixture.txt").open("w"))

    def test_what_a_fixture_opened(careless):
        pass

    def test_after_all_of_them():
        pass

    def test_that_fails():
        KEEP.append(socket.socket())
        assert False
"""


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], str]:
    """The outcome of running all the leaking tests, one after the other."""
    return run(tmp_path_factory.mktemp("leaking"), LEAKING, grace_s=0.2)


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_reported_for_the_test_that_made_it(name: str, leaking: tuple[dict[str, int], str]) -> None:
    _, output = leaking
    told = output.partition(f"ERROR at teardown of test_{name} _")[2].partition("ERROR at")[0]
    assert "the test left behind:" in told, output
    assert LEAKS[name] in told


def test_tests_after_a_leak_are_not_blamed_and_a_failed_test_is_told_once(
    leaking: tuple[dict[str, int], str],
) -> None:
    counts, output = leaking
    assert counts == {"failed": 1, "passed": len(LEAKS) + 1, "error": len(LEAKS)}, output


CLEAN = """
    @pytest.fixture(scope="session")
    def server():
        with socket.create_server(("127.0.0.1", 0)) as listening:
            yield listening.getsockname()

    @pytest.fixture(scope="module")
    def program():
        waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        child = subprocess.Popen(waiting, stdin=subprocess.PIPE)
        yield child
        child.stdin.close()
        child.wait()

    @pytest.fixture(scope="module")
    async def wide_task():
        task = asyncio.create_task(asyncio.sleep(60))
        yield task
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @pytest.fixture
    async def stream(server):
        reader, writer = await asyncio.open_connection(*server)
        yield writer
        writer.close()
        await writer.wait_closed()

    def test_wider_fixtures_keep_what_they_opened(server, program):
        assert program.poll() is None

    async def test_async_fixture_is_closed(stream, server):
        assert stream.get_extra_info("peername") == server

    @pytest.mark.asyncio(loop_scope="module")
    async def test_loop_of_the_module(wide_task):
        assert not wide_task.done()

    @pytest.mark.asyncio(loop_scope="module")
    async def test_loop_of_the_module_again(wide_task):
        assert not wide_task.done()

    async def test_a_task_just_ending_may_end():
        KEEP.append(asyncio.create_task(asyncio.sleep(0.005)))

    async def test_work_in_the_loops_own_pool():
        assert await asyncio.to_thread(sum, [1, 2]) == 3

    def test_a_thread_just_ending_may_end():
        threading.Thread(target=time.sleep, args=(0.2,)).start()

    def test_an_object_in_a_cycle_is_collected(tmp_path):
        class Holder:
            pass
        holder = Holder()
        holder.me, holder.ends = holder, socket.socketpair()
        for end in holder.ends:
            weakref.finalize(holder, os.close, end.detach())

    @settings(max_examples=5, deadline=None)
    @given(st.integers())
    async def test_property_on_a_loop(number):
        await asyncio.sleep(0)

    @pytest.mark.leaks_allowed("it is what this test shows")
    def test_exempted():
        KEEP.append(socket.socket())

    @pytest.mark.skip(reason="never set up")
    def test_skipped():
        pass
"""


def test_clean_tests_pass(tmp_path: Path) -> None:
    counts, output = run(tmp_path, CLEAN, grace_s=5)
    assert counts == {"passed": 10, "skipped": 1}, output
