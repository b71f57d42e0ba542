"""The program that opens what strangers sent, started by `bot.decoder` as `python -m bot.darkroom`.

A request per line of JSON on stdin, an answer per line on stdout. When stdin closes, the bot is gone: leave at once.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue

import pillow_heif
from PIL import AvifImagePlugin

from bot import photos, texts
from bot.errors import BrokenClip, Refusal

_MEMORY = 4 * 1024**3  # bytes of address space: the header of a WebP alone may ask for two
_TOO_LONG = 120  # seconds; the bot gives up far earlier, this is for when the bot is gone
_CUT_TOO_LONG = 330  # the bot gives up after 300
_NICE = 0 if sys.platform == "win32" else os.nice(0)  # the bot's own


def _photo(source: str, target: str) -> list[int]:
    fitted = photos.fit_photo(Path(source).read_bytes())
    Path(target).write_bytes(fitted.data)
    return [*fitted.size, *fitted.original]


def _mask(source: str, target: str, original: list[int], size: list[int]) -> None:
    mask = photos.fit_mask(Path(source).read_bytes(), (original[0], original[1]), (size[0], size[1]))
    Path(target).write_bytes(mask)


def _still(source: str, target: str) -> list[int]:
    from bot import clips

    bitmap = BytesIO()  # which loses nothing, and takes no time
    try:
        clips.last_frame(Path(source), webm=True).save(bitmap, "BMP")
    except BrokenClip:
        raise Refusal(texts.NOT_A_VIDEO) from None
    fitted = photos.fit_photo(bitmap.getvalue())
    Path(target).write_bytes(fitted.data)
    return [*fitted.size, *fitted.original]


def _clip(source: str, poster: str | None, copy: str | None) -> list[float]:
    from bot import clips, cuts  # here, because most darkrooms see photos only and FFmpeg is large

    if copy:
        cuts.mark(Path(source), Path(copy))
    probe = clips.probe(Path(copy or source), Path(poster) if poster else None)
    return [probe.width, probe.height, probe.seconds, probe.sound]


def _frame(source: str, target: str) -> None:
    from bot import clips

    clips.last_frame(Path(source)).save(target, "JPEG", quality=95)


def _first(source: str, target: str) -> None:
    from bot import clips

    clips.first_frame(Path(source)).save(target, "JPEG", quality=95)


def _fit(source: str, target: str, limit: int) -> bool:
    from bot import cuts

    return cuts.fit(Path(source), Path(target), limit)


def _join(sources: list[str], target: str, poster: str) -> None:
    from bot import cuts

    cuts.join([Path(source) for source in sources], Path(target), Path(poster))


@dataclass(frozen=True, slots=True)
class _Work:
    """What one kind of request runs, the seconds it may take, and how far back it stands in the line for the cores."""

    run: Callable[..., object]
    too_long: int = _TOO_LONG
    nice: int = 5  # the bot's own loop goes first


_WORK = {
    "photo": _Work(_photo),
    "mask": _Work(_mask),
    "still": _Work(_still),
    "clip": _Work(_clip),
    "frame": _Work(_frame),
    "first": _Work(_first),
    "fit": _Work(_fit, _CUT_TOO_LONG, 15),
    "join": _Work(_join, _CUT_TOO_LONG, 15),
}


def _answer(line: bytes) -> tuple[str, object]:
    what, *rest = json.loads(line)
    work = _WORK[what]
    try:
        with _bounded(work):
            return "done", work.run(*rest)
    except Refusal as refusal:
        return "refused", str(refusal)
    except BrokenClip as broken:
        return "broken", str(broken)
    except OSError as error:
        return "disk", error.strerror or type(error).__name__


@contextmanager
def _bounded(work: _Work) -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    os.nice(max(0, _NICE + work.nice - os.nice(0)))  # there is no way back, so who cuts does nothing else
    signal.alarm(work.too_long)  # the kernel's, in case a decoder never lets `_listen` run again
    try:
        yield
    finally:
        signal.alarm(0)


def _listen(requests: "SimpleQueue[bytes]") -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)  # from a thread, so that it also ends a picture half way


def _restrain() -> None:
    # The number of darkrooms says how many cores pictures may take; and on a machine with many cores, a thread for each
    # would use up the address space.
    AvifImagePlugin.DEFAULT_MAX_THREADS = pillow_heif.options.DECODE_THREADS = 1
    # A stop or Ctrl-C meant for the bot reaches its children too; let the bot finish with what it started.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):  # a stricter limit stands already, or the system knows none
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def main() -> None:
    """Answer until stdin closes."""
    _restrain()
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a C library wants to say is not an answer
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        os.write(answers, json.dumps(_answer(requests.get())).encode() + b"\n")


if __name__ == "__main__":
    main()
