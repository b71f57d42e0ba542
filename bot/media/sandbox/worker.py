"""The worker program that opens untrusted files, started by the client as `python -m … MODULE`.

Requests are lines of JSON on stdin, answers lines of JSON on stdout. Each request runs in a fork of this process, which
has loaded everything and reads no untrusted byte: files never meet, and limits start afresh. When stdin closes the bot
is gone, and the worker exits.

What a fork costs is mostly the memory that it changes, copied page by page; objects that are only looked at count, as
their references are counted. So it should run little Python, and what can be done before is done in the worker: it
opens the files, and has run the task before, on a file of our own.
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
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from bot.errors import BrokenClip, Refusal
from bot.media.sandbox import confine, heap, opening
from bot.media.sandbox.confine import HELD, Held, Task
from bot.media.sandbox.opening import Files, FileSpec, Moved

_LONGEST = 4096  # bytes of an answer; a compromised decoder may write without end
_REHEARSALS = 10  # after which Python has adapted its bytecode


def main() -> None:
    """Answer requests until stdin closes."""
    # SIGTERM and Ctrl-C for the bot reach its children, too; the bot finishes its running requests.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    confine.sacrifice()
    confine.hide()
    module = import_module(sys.argv[1])
    worker = Worker(module.TASKS)
    if sys.platform == "linux":
        for name, data, targets in getattr(module, "REHEARSALS", ()):
            worker.rehearse(name, data, targets)
        heap.give_back()
        if getattr(module, "LARGE", False):
            heap.begin_at_large_page()
    gc.disable()  # a collection would write to all memory, and so copy it, in each fork
    gc.freeze()  # nor are new objects linked with old ones
    while line := worker.requests.readline():
        worker.serve(*json.loads(line))


class Worker:
    """Answers requests for these tasks. Takes stdin and stdout, and leaves nothing in their place."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self._tasks = tasks
        self.requests, self._answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(2):  # output of libraries is not an answer
            os.dup2(nothing, stream)
        os.close(nothing)

    def serve(self, name: str, sources: list[FileSpec], targets: list[FileSpec | None], rest: list[Any]) -> None:
        """Answer a request."""
        task = self._tasks[name]
        try:
            files = Files(sources, targets)
        except FileNotFoundError:
            return self._say(_line(["failed", "the file is gone"]))
        except OSError as error:
            return self._say(_line(["disk", error.strerror]))
        try:
            enter = confine.prepared(task)
            if hasattr(os, "fork"):
                self._fork(lambda: _done(name, task, enter, files, rest))
            else:
                self._say(_done(name, task, enter, files, rest))
        finally:
            files.close()

    def rehearse(self, name: str, data: bytes, targets: int) -> None:
        """Run a task on a file of our own, unconfined, as often as Python takes to fill its caches."""
        with suppress(OSError):  # without /proc forks are dearer, and that is all
            for _ in range(_REHEARSALS):
                files = opening.own_files(data, targets)
                _done(name, self._tasks[name], list, files, [])
                files.close()

    def _fork(self, work: Callable[[], bytes]) -> None:
        """Answer what a fork says, and end it."""
        heard, said = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:  # too many processes, or too little memory: no file is to blame
            os.close(heard)
            os.close(said)
            return self._say(_line(["disk", error.strerror]))
        if pid == 0:
            try:
                os.close(self.requests.fileno())
                os.close(self._answers)
                os.dup2(0, 2)  # untrusted code must not write to the bot's log
                os.write(said, work())
            finally:
                os._exit(0)
        os.close(said)
        try:
            self._say(self._heard(heard))
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(heard)

    def _heard(self, fork: int) -> bytes:
        """A fork's answer; its end is not waited for. `null` if it died before that was complete, or says more.

        Exits if there is something to be read from the bot: it is gone.
        """
        heard = b""
        while b"\n" not in heard and len(heard) < _LONGEST:
            ready, _, _ = select.select([fork, self.requests.fileno()], [], [])
            if self.requests.fileno() in ready:
                sys.exit()  # through the `finally` that ends the fork
            part = os.read(fork, _LONGEST)
            if not part:
                break
            heard += part
        line, end, more = heard.partition(b"\n")
        return b"null\n" if more or not end or not line or len(heard) >= _LONGEST else heard

    def _say(self, line: bytes) -> None:
        os.write(self._answers, line)


def _line(answer: object) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def _done(name: str, task: Task, enter: Callable[[], list[Held]], files: Files, rest: list[Any]) -> bytes:
    """Enter all restrictions, then run the task; returns its answer."""
    try:
        held = enter()
        result = held if name == HELD else task.run(files.read(), files.written(), *rest)
        files.complete()
        return _line(["done", result])
    except Refusal as refusal:
        return _line(["refused", refusal.sentence.packed])
    except BrokenClip as broken:
        return _line(["broken", str(broken)])
    except Moved:
        return _line(["moved"])
    except OSError as error:
        return _line(["disk", error.strerror or type(error).__name__])
    except Exception as error:
        return _line(["failed", type(error).__name__])


if __name__ == "__main__":
    main()
