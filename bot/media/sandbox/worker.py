"""The worker program that opens untrusted files, started by the client as `python -m … MODULE`.

Requests are lines of JSON on stdin, answers lines of JSON on stdout. Each request runs in a fork of this process, which
has loaded everything and reads no untrusted byte: files never meet, and limits start afresh. The fork is made ahead,
as nobody should wait for it. When stdin closes the bot is gone, and the worker exits.

What a fork costs is mostly the memory that it changes, copied page by page; objects that are only looked at count, as
their references are counted. So it should run little Python, and what can be done once is done in the worker.
"""

import os

# The hooks of `logging`, `threading` and `random` change two hundred pages in each fork, to free locks that other
# threads hold and to seed anew. Here is one thread, and nothing is random.
vars(os)["register_at_fork"] = lambda **hooks: None

# ruff: noqa: E402
import gc
import json
import select
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from bot.errors import BrokenClip, Refusal
from bot.media.sandbox import confine, opening
from bot.media.sandbox.confine import HELD, Task
from bot.media.sandbox.opening import Files, Moved, Place

_LONGEST = 4096  # bytes of an answer; a compromised decoder may write without end


def main() -> None:
    """Answer requests until stdin closes."""
    # SIGTERM and Ctrl-C for the bot reach its children, too; the bot finishes its running requests.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    confine.sacrifice()
    confine.hide()
    module = import_module(sys.argv[1])
    tasks: Mapping[str, Task] = module.TASKS
    answers = os.dup(1)
    os.dup2(2, 1)  # output of libraries is not an answer
    if not hasattr(os, "fork"):
        for line in sys.stdin.buffer:
            os.write(answers, _answer(tasks, *json.loads(line)) + b"\n")
        return
    opening.rehearse()
    getattr(module, "rehearse", object)()
    gc.disable()  # a collection would write to all memory, and so copy it, in each fork
    fork = Fork(answers, tasks)
    try:
        while line := sys.stdin.buffer.readline():
            if fork.is_over():  # it died idle, which is no file's fault
                fork.end()
                fork = Fork(answers, tasks)
            os.write(answers, fork.ask(line) + b"\n")
            fork.end()
            fork = Fork(answers, tasks)
    finally:
        fork.end()


class Fork:
    """A process for one request, which waits for it: it has done all that can be done before a file is known."""

    def __init__(self, answers: int, tasks: Mapping[str, Task]) -> None:
        request, self._request = os.pipe()
        self._answer, answer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                for file in (answers, self._request, self._answer):  # it must notice when the worker is gone
                    os.close(file)
                nothing = os.open(os.devnull, os.O_RDWR)
                for stream in range(3):  # untrusted code must not write to the bot's log
                    os.dup2(nothing, stream)
                with open(request, "rb") as lines:
                    line = lines.readline()
                if line:
                    os.write(answer, _answer(tasks, *json.loads(line)) + b"\n")
            finally:
                os._exit(0)
        os.close(request)
        os.close(answer)

    def is_over(self) -> bool:
        """Whether it ended before it was asked anything."""
        return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def ask(self, line: bytes) -> bytes:
        """Its answer; `null` if it died before that was complete."""
        with suppress(BrokenPipeError):
            os.write(self._request, line)
        answer, _, more = _read_answer(self._answer).partition(b"\n")
        return b"null" if more or not answer else answer

    def end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._request)
        os.close(self._answer)


def _answer(
    tasks: Mapping[str, Task], name: str, sources: list[Place], targets: list[Place | None], rest: list[Any]
) -> bytes:
    """Open the files, enter all restrictions, then run the task."""
    files = Files()
    try:
        read = [files.source(place) for place in sources]
        written = [place and files.target(place) for place in targets]
        said: object = _outcome(name, tasks[name], files, (read, written, *rest))
    except FileNotFoundError:
        said = ["failed", "the file is gone"]
    except Moved:
        said = ["moved"]
    except OSError as error:
        said = ["disk", error.strerror]
    files.close()
    return json.dumps(said).encode()


def _read_answer(answer: int) -> bytes:
    """A fork's answer, truncated at the limit; its end is not waited for. Exits if stdin is readable first: the bot is
    gone."""
    heard = b""
    while len(heard) < _LONGEST:
        ready, _, _ = select.select([answer, 0], [], [])
        if 0 in ready:
            sys.exit()  # through the `finally` that ends the fork
        part = os.read(answer, _LONGEST)
        heard += part
        if not part or b"\n" in part:
            break
    return heard if len(heard) < _LONGEST else b""


def _outcome(name: str, task: Task, files: Files, arguments: tuple[Any, ...]) -> tuple[str, object]:
    try:
        held = confine.enter(task)
        result = held if name == HELD else task.run(*arguments)
        files.complete()
        return "done", result
    except Refusal as refusal:
        return "refused", refusal.sentence.packed
    except BrokenClip as broken:
        return "broken", str(broken)
    except OSError as error:
        return "disk", error.strerror or type(error).__name__
    except Exception as error:
        return "failed", type(error).__name__


if __name__ == "__main__":
    main()
