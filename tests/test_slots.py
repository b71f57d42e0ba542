"""At most so many tests with a browser run at a time, and a killed one keeps nothing."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

HOLD = """
import sys, pathlib
from tests import slots
with slots.one(2, pathlib.Path(sys.argv[1])) as number:
    print(number, flush=True)
    sys.stdin.read()
"""
ROOT = Path(__file__).parents[1]
Process = subprocess.Popen[str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start a process that takes one of two slots, says which, and holds it until its input ends."""
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
