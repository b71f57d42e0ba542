"""The shell's commands about one's own clips."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from adapters import console
from bot import catalogue, texts
from bot.app import App
from bot.commands.clips import LISTED
from bot.errors import Misconfigured, Refusal
from bot.ids import new_id
from bot.media.stored import StoredFile
from bot.model import Job
from bot.sentence import EMPTY, sentences
from bot.shell import QUIET, err, out, plainly, say, with_app

cli = typer.Typer()

Output = Annotated[Path, typer.Option("-o", "--output", help="where the clip goes")]
_LENGTHS = f"seconds: {' or '.join(map(str, catalogue.DEFAULT.seconds))}; other models have other lengths"
_WHICH = "its id, or its number in photoplay jobs without words"
Made = tuple[Job, StoredFile]
"""A finished job and its clip's file."""


@cli.command()
def animate(
    photo: Annotated[Path, typer.Argument(help="the photo")],
    prompt: Annotated[str, typer.Argument(help="what should happen in it")],
    output: Output = Path("clip.mp4"),
    duration: Annotated[str | None, typer.Option(help=_LENGTHS, metavar="SECONDS")] = None,
    model: Annotated[
        str | None, typer.Option(help="what makes it: quick, best, sound, or a model's name", metavar="NAME")
    ] = None,
    sound: Annotated[
        str | None, typer.Option(help="with sound, made by With sound unless a model is named", metavar="on|off")
    ] = None,
    negative: Annotated[str | None, typer.Option("--negative", "--no", help="what to avoid")] = None,
    cfg: Annotated[str | None, typer.Option(help="how strictly to follow the words", metavar="0..1")] = None,
    end: Annotated[Path | None, typer.Option(help="the photo to end on", metavar="PHOTO")] = None,
    static_mask: Annotated[Path | None, typer.Option(help="white stays still", metavar="PNG")] = None,
    brush: Annotated[
        list[str] | None, typer.Option(help="white moves along the points", metavar="MASK.png:x,y;x,y;…")
    ] = None,
    crop: Annotated[bool, typer.Option("--crop", help="of a photo that is too long, take the middle")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="say at the end what happened when")] = False,
) -> None:
    """Make one clip.

    For example:

    photoplay animate photo.jpg "she puts on her glasses" -o clip.mp4

    photoplay animate photo.jpg "day turns to night" --end night.jpg

    photoplay animate photo.jpg "she sings" --model sound --duration 10
    """

    async def order(app: App, stopped: asyncio.Event) -> Made:
        options = {"duration": duration, "no": negative, "cfg": cfg, "model": model, "sound": sound}
        attachments = [
            console.picture(photo),
            *([console.picture(end, "end")] if end else []),
            *([console.picture(static_mask, "static_mask")] if static_mask else []),
            *map(console.brush, brush or []),
        ]
        masks = [Path(value.rpartition(":")[0]) for value in brush or []]
        console.check_place(output, [photo, *filter(None, (end, static_mask)), *masks])
        if stopped.is_set():
            raise Refusal(texts.shell.STOPPED)
        said = {name: value for name, value in options.items() if value is not None}
        async with _photos_served(app):
            asked = replace(console.inbound(new_id(), prompt, attachments, said), crop=crop)
            reply = await app.core.handle(asked)
            if reply.job is None:
                raise Refusal(reply.text)
            out.print(reply.text, markup=False)
            return await _finish(app, reply.job, stopped, reply.text)

    job = _save(with_app(order, QUIET), output)
    if timeline:
        for at, what in console.timeline(job):
            out.print(f"{at - job.created_at:6.1f} s  {what}", markup=False)


@cli.command()
def jobs(
    words: Annotated[list[str] | None, typer.Argument(help="words that a clip was made with", metavar="WORDS")] = None,
) -> None:
    """List your last ten clips, or the last with these words.

    For example: photoplay jobs lake
    """
    say(f"/jobs {' '.join(words or [])}".strip())


@cli.command()
def quota() -> None:
    """Say what you may still spend."""
    say("/quota")


@cli.command()
def model(
    name: Annotated[str, typer.Argument(help="a model, its number in the list, more, or default", metavar="NAME")] = "",
) -> None:
    """Say what makes your clips and what else could, with prices, or choose another.

    For example: photoplay model best
    """
    say(f"/model {name}".strip())


@cli.command()
def cancel(
    job: Annotated[str, typer.Argument(metavar="ID", help="its id, or its number in the list without one")] = "",
) -> None:
    """Take back a clip that is still in line: the only one, or one of a list.

    For example: photoplay cancel k7m2p9q4xw
    """
    say(f"/cancel {job}".strip())


@cli.command()
def fetch(job: Annotated[str, typer.Argument(metavar="ID", help=_WHICH)], output: Output = Path("clip.mp4")) -> None:
    """Save a clip as a file, and wait for it if it is not ready.

    For example: photoplay fetch k7m2p9q4xw -o clip.mp4
    """

    async def get(app: App, stopped: asyncio.Event) -> Made:
        mine = console.inbound("", "").person
        listed = await app.store.jobs(mine, LISTED)
        numbered = {str(number): one for number, one in enumerate(listed, 1)}
        found = numbered.get(job) or await app.store.job(job)
        if found is None or found.person != mine:
            raise Refusal(texts.chat.UNKNOWN_JOB)
        console.check_place(output)
        if job in numbered:  # which moves as clips come
            out.print(texts.shell.of_number(job, found.order.prompt), markup=False)
        return await _finish(app, found.id, stopped)

    _save(with_app(get, QUIET), output)


@asynccontextmanager
async def _photos_served(app: App) -> AsyncIterator[None]:
    """With a public URL the provider downloads photos from here: from this process or a running `photoplay run`."""
    settings = app.settings
    async with AsyncExitStack() as stack:
        if settings.public_url:
            try:
                await stack.enter_async_context(app.listening())
            except Misconfigured:
                if await app.providers.installation(app.settings.own_address) != app.mark:
                    raise
        yield


async def _finish(app: App, job_id: str, stopped: asyncio.Event, said: str = "") -> Made:
    with console.bar(err, said) as show:
        job = await console.finish(app.core, app.worker, job_id, stopped, show)
    if job is None or job.outcome is None:
        raise Refusal(texts.shell.left_alone(job_id))
    if job.clip is None:
        hint = texts.shell.SEE_CHECK if job.reason == "unavailable" else EMPTY
        raise Refusal(sentences(texts.jobs.failed(job.reason or "failed", job.price), hint))
    return job, app.media.stored(job.clip.name)


def _save(made: Made, output: Path) -> Job:
    """Write the clip. Here Ctrl-C interrupts, as a pipe may never be read."""
    job, file = made
    with plainly():
        if job.clip is None or not file.exists():
            raise Refusal(texts.chat.CLIP_GONE)
        try:
            console.save(file, output)
        except OSError as error:
            raise Refusal(texts.shell.not_saved(str(output), error.strerror or str(error), job.id)) from None
        out.print(texts.shell.saved(str(output), job.clip.width, job.clip.height, job.clip.seconds), markup=False)
    return job
