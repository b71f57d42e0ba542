"""At most so many tests with a browser run at a time, and a killed one keeps nothing."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

HOLD = """
import sys, pathlib
from tests import slots
while True:
    with slots.one(2, pathlib.Path(sys.argv[1])) as number:
        print(number, flush=True)
        if not sys.stdin.readline():
            break
"""
ROOT = Path(__file__).parents[1]
Process = subprocess.Popen[str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start a process that takes one of two slots, says which, and holds it; a line has it go and take one again."""
    with ExitStack() as stack:

        def started() -> Process:
            command = [sys.executable, "-c", HOLD, str(tmp_path)]
            made = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(made)
            stack.callback(made.kill)
            return made

        yield started


def said(process: Process) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_a_third_waits_until_one_has_ended(start: Callable[[], Process]) -> None:
    first, second = start(), start()
    assert {said(first), said(second)} == {"0", "1"}
    third = start()
    with pytest.raises(subprocess.TimeoutExpired):
        third.wait(1)
    assert first.stdin
    first.stdin.close()
    assert said(third) in ("0", "1")
    assert second.poll() is None


def test_a_killed_one_keeps_nothing(start: Callable[[], Process]) -> None:
    first, second = start(), start()
    numbers = {said(first): first, said(second): second}
    third = start()
    numbers["1"].kill()
    assert said(third) == "1"


def test_whoever_waits_comes_before_one_that_takes_a_slot_again(start: Callable[[], Process], tmp_path: Path) -> None:
    first, second = start(), start()
    numbers = {said(first), said(second)}
    third = start()
    while not locked(tmp_path / f"photoplay-{os.getuid()}-browser-door"):
        time.sleep(0.01)
    assert first.stdin
    first.stdin.write("\n")
    first.stdin.flush()
    assert said(third) in numbers
    third.kill()
    assert said(first) in numbers


def locked(path: Path) -> bool:
    """Whether a process holds the lock of a file."""
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return True
        return False
