"""A fork is as good as a process that was started, and is killed alone."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import forks
from forks import ENVIRONMENT, fork
from shell import said

LOOK = """
import json, os, signal, sys, threading
print(json.dumps([
    dict(os.environ), os.getcwd(), sys.argv, sys.path, __name__, os.getsid(0) == os.getpid(), threading.active_count(),
    {fd: os.readlink(fd).partition(":")[0] for fd in map("/proc/self/fd/{}".format, range(99)) if os.path.lexists(fd)},
    [signal.getsignal(each) == signal.SIG_DFL for each in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)],
    [(stream.encoding, stream.errors, stream.line_buffering) for stream in (sys.stdout, sys.stderr)],
]))
sys.exit(3)
"""


async def test_a_fork_is_as_a_process_that_was_started(tmp_path: Path) -> None:
    script = tmp_path / "look.py"
    script.write_text(LOOK)
    plain = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), "word"),
        cwd=tmp_path,
        env={**ENVIRONMENT, "LEASE": "3"},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    first = await said(plain)
    second = await said(await fork(tmp_path, str(script), "word", apart=True, LEASE="3"))
    environment, *found = json.loads(second[1])
    del environment["PTB_TIMEDELTA"]  # what was loaded has set it, as it does in any process
    assert [environment, *found] == json.loads(first[1])
    assert (second[0], second[2]) == (first[0], first[2]) == (3, "")


async def test_one_is_killed_alone_and_all_end_with_what_they_came_from(tmp_path: Path) -> None:
    script = tmp_path / "stay.py"
    script.write_text("import signal, sys\nprint('here', flush=True)\nsignal.pause()")
    one, other = [await fork(tmp_path, str(script)) for _ in range(2)]
    for process in (one, other):
        assert process.stdout
        assert await process.stdout.readline() == b"here\n"
    one.kill()
    assert await one.wait() == -signal.SIGKILL
    os.kill(other.pid, 0)
    forks.end()
    assert await other.wait() == -signal.SIGKILL
    assert (await said(await fork(tmp_path, "-m", "bot", "--version")))[0] == 0
