"""A process ends after a signal, whatever it is busy with; processes of our own, as they are what ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, socket, sys, time
from bot.shutdown import signals

async def orderly(stopped):
    await stopped.wait()

async def held_up(stopped):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass

async def in_a_thread(stopped):
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    await stopped.wait()

async def unstoppable(stopped):
    await stopped.wait()
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def main(what):
    async with signals(lambda: print("stopping", flush=True), 7, patience=float(sys.argv[2])) as stopped:
        print("ready", flush=True)
        await what(stopped)

asyncio.run(main(globals()[sys.argv[1]]))
"""


def stopped(what: str, number: int, patience: float) -> tuple[int, str, str]:
    """Exit code, output and errors of a process that is told to stop."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, what, str(patience)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    )
    with process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            process.send_signal(number)
            out, err = process.communicate(timeout=40)
            return process.returncode, out, err
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_stops_by_itself_is_left_to(number: int) -> None:
    assert stopped("orderly", number, 30) == (0, "stopping\n", "")


@pytest.mark.parametrize("what", ["held_up", "in_a_thread", "unstoppable"])
def test_what_does_not_stop_is_ended(what: str) -> None:
    code, out, err = stopped(what, signal.SIGTERM, 0.3)
    assert code == 7
    assert ("stopping" in out) == (what != "held_up")
    assert "not stopped after 0.3 s" in err
