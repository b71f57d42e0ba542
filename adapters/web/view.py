"""A job as the page shows it: plain JSON, with links that work for a while."""

from typing import Any

from bot import status, texts
from bot.core import Core
from bot.links import Links
from bot.machine import Cancelled, allows
from bot.model import Job, Photo

MEDIA = "media"
"""The namespace of links to photos and clips."""
_GONE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 3'%3E"
    "%3Crect width='4' height='3' fill='%23888'/%3E%3C/svg%3E"
)
"""Stands for a photo whose time was over."""
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
        core, order = self._core, job.order
        clip = job.clip if job.clip and core.media.path(job.clip.name).is_file() else None
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
            "text": texts.CLIP_GONE
            if job.clip and not clip
            else status.state(job, rhythm, core.clock(), ahead=ahead, slots=core.history.slots),
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
        kept = self._core.media.path(photo.name).is_file()
        return {"src": self.link(photo.name) if kept else _GONE, "width": photo.width, "height": photo.height}
