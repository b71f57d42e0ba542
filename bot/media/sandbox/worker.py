"""The worker program that opens untrusted files, started by the client as `python -m … MODULE`.

Requests are lines of JSON on stdin, answers lines of JSON on stdout. Each request runs in a fork of this process, which
has loaded everything and reads no untrusted byte: files never meet, and limits start afresh. When stdin closes the bot
is gone, and the worker exits.
"""

import json
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from typing import Any

from bot.errors import BrokenClip, Refusal
from bot.media.sandbox import confine
from bot.media.sandbox.confine import HELD, Task

_LONGEST = 4096  # bytes of an answer; a compromised decoder may write without end


def main() -> None:
    """Answer requests until stdin closes."""
    # SIGTERM and Ctrl-C for the bot reach its children, too; the bot finishes its running requests.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    confine.sacrifice()
    confine.hide()
    tasks: Mapping[str, Task] = import_module(sys.argv[1]).TASKS
    answers = os.dup(1)
    os.dup2(2, 1)  # output of libraries is not an answer
    while line := sys.stdin.buffer.readline():
        os.write(answers, _answer(answers, tasks, *json.loads(line)) + b"\n")


def _answer(
    answers: int, tasks: Mapping[str, Task], name: str, sources: list[str], targets: list[str | None], rest: list[Any]
) -> bytes:
    with ExitStack() as files:
        try:
            read = [files.enter_context(open(path, "rb", buffering=0)) for path in sources]
            written = [path and files.enter_context(open(path, "w+b")) for path in targets]
        except FileNotFoundError:
            return b'["failed", "the file is gone"]'
        except OSError as error:
            return json.dumps(["disk", error.strerror]).encode()
        work = partial(_outcome, name, tasks[name], (read, written, *rest))
        return _forked(answers, work) if hasattr(os, "fork") else json.dumps(work()).encode()
    raise AssertionError


def _forked(answers: int, work: Callable[[], object]) -> bytes:
    """Run `work` in a fork; `null` if it died before its answer was complete."""
    mine, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(answers)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):  # untrusted code must not write to the bot's log
                os.dup2(nothing, stream)
            os.write(theirs, json.dumps(work()).encode() + b"\n")
        finally:
            os._exit(0)
    os.close(theirs)
    try:
        answer, _, more = _read_answer(mine).partition(b"\n")
        return b"null" if more or not answer else answer
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(mine)


def _read_answer(answer: int) -> bytes:
    """A fork's answer, truncated at the limit. Exits if stdin is readable first: the bot is gone."""
    heard = b""
    while len(heard) < _LONGEST:
        ready, _, _ = select.select([answer, 0], [], [])
        if 0 in ready:
            sys.exit()  # through the `finally` that ends the fork
        part = os.read(answer, _LONGEST)
        if not part:
            break
        heard += part
    return heard if len(heard) < _LONGEST else b""


def _outcome(name: str, task: Task, files: tuple[Any, ...]) -> tuple[str, object]:
    """Enter all restrictions, then run the task."""
    try:
        held = confine.enter(task)
        result = held if name == HELD else task.run(*files)
        for file in filter(None, files[1]):
            file.flush()
        return "done", result
    except Refusal as refusal:
        return "refused", str(refusal)
    except BrokenClip as broken:
        return "broken", str(broken)
    except OSError as error:
        return "disk", error.strerror or type(error).__name__
    except Exception as error:
        return "failed", type(error).__name__


if __name__ == "__main__":
    main()
