"""Jobs and replies as JSON for the page, with expiring links."""

import base64
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot import texts
from bot.conversation import Inbound, Paper, Reply
from bot.core import Core
from bot.errors import StoreDown
from bot.jobs import status
from bot.jobs.machine import Cancelled, allows
from bot.media.signed_links import Links
from bot.model import Clip, Job, Photo
from bot.ordering import prompt

MEDIA = "media"
"""The namespace of links to photos and clips."""
_GONE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 3'%3E"
    "%3Crect width='4' height='3' fill='%23888'/%3E%3C/svg%3E"
)
"""Placeholder of a deleted photo."""
LINK = 12 * 3600.0
"""Validity of links to photos and clips, in seconds."""
_DELETED = re.compile(r"/delete ([\w-]{1,32}) yes", re.ASCII)
NAME = 60
"""Maximum characters of the prompt in the name of a download."""


class JobJson:
    """JSON for the person who owns the jobs."""

    def __init__(self, core: Core, links: Links) -> None:
        self._core = core
        self._links = links

    def link(self, name: str) -> str:
        """URL of a file of `Media`."""
        return f"/media/{self._links.sign(MEDIA, name, LINK)}"

    async def job(self, job: Job) -> dict[str, Any]:
        """All data of a job on the page."""
        core, order = self._core, job.order
        clip = job.clip if job.clip and core.context.media.has(job.clip.name) else None
        parts = await core.film(job) if clip else []
        rhythm = await core.context.history.rhythm(order, job.host)
        return {
            "id": job.id,
            "at": job.created_at,
            "prompt": order.prompt,
            "options": status.options(order),
            "picked": prompt.kept(order, core.context.offers()),
            "photo": self._photo(order.photo, f"/frame/{job.id}?first" if clip else _GONE),
            "end": self._photo(order.end) if order.end else None,
            # The balance after the order is relevant only until the clip is done.
            "price": texts.phrases.credits_(job.price) if job.state == "done" else status.price(job),
            "text": texts.chat.CLIP_GONE if job.clip and not clip else await core.state(job),
            "state": job.state,
            "outcome": job.outcome,
            "progress": {"elapsed": core.context.clock() - job.accepted_at, "usual": rhythm.usual}
            if job.accepted_at
            else None,
            "cancel": allows(job, Cancelled),
            "clip": self._clip(clip, file_name(order.prompt, job.created_at)) if clip else None,
            "joins": bool(parts or (clip and await core.joins(job))),
            "film": self._film(job, clip, parts) if clip and parts else None,
            "others": core.context.offers().several,
            "note": texts.jobs.MADE_BY_AI if clip else "",
            "alt": texts.page.alt(order.prompt),
        }

    def waiting(self, job: Job, asked: Reply) -> dict[str, Any]:
        """A parked order and its question."""
        return {
            "id": job.id,
            "at": job.created_at,
            "prompt": job.order.prompt,
            "photo": self._photo(job.order.photo),
            "end": self._photo(job.order.end) if job.order.end else None,
            "text": asked.text,
            "buttons": [(button.label, button.command) for button in asked.buttons],
        }

    async def reply(self, inbound: Inbound, reply: Reply) -> dict[str, Any]:
        """A reply to the person's message."""
        words = reply.text.worded(texts.on_page.WORDING)
        said: dict[str, Any] = {"text": words, "job": reply.job, "fine": not reply.refused}
        if reply.answered:
            said["answered"] = reply.answered
        if changed := reply.job or reply.cancelled:
            with suppress(StoreDown):  # the change is saved, and events will show it
                if job := await self._core.context.store.job(changed):
                    said["view"] = await self.job(job)
            return said
        found = [job for name in reply.repeats if (job := await self._core.context.store.job(name))]
        name = file_name(found[-1].order.prompt if found else "photoplay", self._core.context.clock())
        if reply.parked and (parked := await self._core.context.store.quotas.parked(reply.parked)):
            said["question"] = self.waiting(await self._core.context.store.quotas.read(parked.body), reply)
        elif reply.clip and len(found) > 1:
            said["film"] = await self.job(found[-1])
        elif reply.clip:
            said |= {"clip": self._clip(reply.clip.clip, name), "alt": texts.page.alt(found[-1].order.prompt)}
        elif found:
            said["jobs"] = [await self.job(job) for job in found]
        elif reply.buttons:
            said["buttons"] = [(button.label, button.command) for button in reply.buttons]
        if asked := self._core.question(reply):
            said["command"] = asked
        if reply.ask:
            said["ask"] = reply.ask
        if reply.file:
            save = _save(self.link(reply.file), name + suffix(reply.file))
            said["files"] = [{"name": texts.page.PAGE["download"], "save": save}]
        elif reply.papers:
            said["files"] = [
                {"name": paper.name, "save": _save(_inline(paper), paper.name), "picture": paper.picture}
                for paper in reply.papers
            ]
        command = reply.answered or inbound.text
        if not reply.refused and command.startswith("/forgetme yes"):
            said["forgotten"] = True
        if not reply.refused and (gone := _DELETED.fullmatch(command)):
            said["deleted"] = gone[1]
        return said

    def _clip(self, clip: Clip, name: str, src: str = "") -> dict[str, Any]:
        src = src or self.link(clip.name)
        return {
            "src": src,
            "save": _save(src, name + suffix(clip.name)),
            "width": clip.width,
            "height": clip.height,
            "seconds": clip.seconds,
            "sound": clip.sound,
        }

    def _film(self, job: Job, clip: Clip, parts: Sequence[Job]) -> dict[str, Any]:
        """A joined clip, made anew when it is looked at, as it is kept for a day only."""
        name = file_name(job.order.prompt, job.created_at)
        clip = replace(clip, sound=any(part.clip and part.clip.sound for part in parts))
        return {
            "text": texts.chat.joined(len(parts)),
            "clip": self._clip(clip, name, f"/film/{job.id}"),
            "alt": texts.page.alt(job.order.prompt),
            "of": " ".join(part.id for part in parts),
        }

    def _photo(self, photo: Photo, instead: str = _GONE) -> dict[str, Any]:
        kept = self._core.context.media.has(photo.name)
        return {"src": self.link(photo.name) if kept else instead, "width": photo.width, "height": photo.height}


def file_name(words: str, at: float) -> str:
    """Name of a download, without suffix: prompt and date, in letters, digits and hyphens."""
    name = "-".join(re.findall(r"\w+", words.lower()))[:NAME].strip("-_")
    return f"{name or 'photoplay'}-{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def suffix(name: str) -> str:
    """The suffix of a file of `Media`, with its dot."""
    return f".{name.rpartition('.')[2]}"


def _save(href: str, name: str) -> dict[str, str]:
    """A link and the name under which a browser saves the file: not in the URL, as proxies write URLs to their logs."""
    return {"href": href, "download": name}


def _inline(paper: Paper) -> str:
    kind = "image/png" if paper.picture else "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(paper.data).decode()}"
