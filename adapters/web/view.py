"""A job as the page shows it: plain JSON, with links that work for a while."""

from typing import Any

from bot import status, texts
from bot.core import Core
from bot.links import Links
from bot.machine import Cancelled, allows
from bot.model import Job, Photo

MEDIA = "media"
"""The namespace of links to photos and clips."""
LINK = 12 * 3600.0
"""Seconds for which the page may load a photo or clip by its link."""


class View:
    """Shows jobs to the person whose they are."""

    def __init__(self, core: Core, links: Links) -> None:
        self._core = core
        self._links = links

    def link(self, name: str) -> str:
        """Where the page finds a file of `Media`."""
        return f"/media/{self._links.sign(MEDIA, name, LINK)}"

    async def job(self, job: Job) -> dict[str, Any]:
        """Everything that the page says of a job."""
        core, order, clip = self._core, job.order, job.clip
        rhythm = await core.history.rhythm(order, job.host)
        ahead = await core.store.ahead(job) if job.state == "queued" else 0
        stand_in = core.provider.terms(job.host).stand_in
        return {
            "id": job.id,
            "at": job.created_at,
            "prompt": order.prompt,
            "options": status.options(order),
            "photo": self._photo(order.photo),
            "end": self._photo(order.end) if order.end else None,
            "price": status.price(job),
            "text": status.state(job, rhythm, core.clock(), ahead=ahead, slots=core.history.slots),
            "state": job.state,
            "outcome": job.outcome,
            "progress": {"elapsed": core.clock() - job.accepted_at, "usual": rhythm.usual} if job.accepted_at else None,
            "cancel": allows(job, Cancelled),
            "clip": {
                "src": self.link(clip.name),
                "download": f"{self.link(clip.name)}?download",
                "width": clip.width,
                "height": clip.height,
                "seconds": clip.seconds,
                "sound": clip.sound,
            }
            if clip
            else None,
            "note": texts.STAND_IN if stand_in else texts.MADE_BY_AI if clip else "",
            "alt": texts.alt(order.prompt),
        }

    def _photo(self, photo: Photo) -> dict[str, Any]:
        return {"src": self.link(photo.name), "width": photo.width, "height": photo.height}
