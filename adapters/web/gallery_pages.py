"""Rendering of `templates/gallery/`: the index of galleries, a gallery's wall of clips, and a clip's page."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.web.templating import render
from bot import texts
from bot.gallery.model import Order, Share, WebGallery

ROOT = "/g/"
FILES = f"{ROOT}-/"
"""Path of the style, the script and the neutral picture; not a valid gallery name."""
LONG = 140
"""Characters above which a prompt is set as text, not as a headline."""
SMALL = 320
"""Pixels of a poster's longer side."""
LOWEST, HIGHEST = 20, 115
"""Minimum and maximum height of a clip on a wall, in 48ths of its width."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A page's visitor: form token and liked shares. `web`: our base URL, without a final slash."""

    web: str
    token: str
    liked: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Turns:
    """Pagination: the query of a page and of its neighbours, None if there is none."""

    order: Order
    here: str = ""
    begins: bool = True
    """It is the first page."""
    back: str | None = None
    on: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """Open Graph data of a link's preview: URL and picture, or the clip itself."""

    url: str
    image: str
    width: int = 1200
    height: int = 630
    video: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A shared clip on a page."""

    share: Share
    path: str
    liked: bool

    @property
    def width(self) -> int:
        """In pixels."""
        return self.share.clip.width

    @property
    def height(self) -> int:
        """In pixels."""
        return self.share.clip.height

    @property
    def small(self) -> int:
        """The width of its poster, in pixels."""
        return round(self.width * min(1.0, SMALL / max(self.width, self.height)))

    @property
    def seconds(self) -> int:
        """Length in seconds."""
        return max(1, round(self.share.clip.seconds))

    @property
    def shape(self) -> str:
        """CSS classes for its height."""
        high = self._rows()
        return f"t{high // 10} u{high % 10}"

    @property
    def cut(self) -> bool:
        """Whether it is cropped on the wall."""
        return self._rows() != self._height()

    @property
    def flat(self) -> bool:
        """Whether only one line of text fits over it."""
        return self.height < self.width * 0.7

    @property
    def label(self) -> str:
        """Label for screen readers."""
        return texts.gallery.label(self.share.prompt, self.share.name)

    @property
    def wordy(self) -> bool:
        """Whether its prompt is too long for a headline."""
        return len(self.share.prompt) > LONG

    @property
    def date(self) -> str:
        """Date of sharing, ISO 8601."""
        return f"{datetime.fromtimestamp(self.share.at, UTC):%Y-%m-%d}"

    def _height(self) -> int:
        return math.ceil(48 * self.height / max(self.width, 1))

    def _rows(self) -> int:
        return min(max(self._height(), LOWEST), HIGHEST)


def home(gallery: WebGallery) -> str:
    """Path of a gallery."""
    return f"{ROOT}{gallery.slug}"


def clip_path(gallery: WebGallery, share: Share) -> str:
    """Path of a clip; its files have suffixes."""
    return f"{ROOT}{gallery.slug}/{share.id}"


def index(galleries: Sequence[WebGallery], web: str) -> str:
    """The index of public galleries."""
    return render(
        "gallery/index.html",
        files=FILES,
        titles=(texts.gallery.INDEX,),
        about=texts.gallery.INDEX_LEAD,
        preview=Preview(f"{web}{ROOT}", f"{web}{FILES}blank.jpg"),
        listed=True,
        script=False,
        back=None,
        galleries=[(home(gallery), gallery.title) for gallery in galleries],
    )


def wall(gallery: WebGallery, shares: Sequence[Share], turns: Turns, reader: Reader) -> str:
    """A page of a gallery's wall."""
    path = home(gallery)
    starts = {order: "" if order == "newest" else f"?order={order}" for order in texts.gallery.ORDERS}
    ways = (
        (None if turns.begins else starts[turns.order], "", texts.gallery.FIRST),
        (turns.back, "prev", texts.gallery.PREVIOUS),
        (turns.on, "next", texts.gallery.NEXT),
    )
    links = (("canonical", turns.here), ("prev", turns.back), ("next", turns.on))
    uncovered = next((share for share in shares if not share.spoiler), None)
    return render(
        "gallery/wall.html",
        files=FILES,
        titles=(gallery.title,),
        about=texts.gallery.LEAD,
        preview=_preview(f"{reader.web}{path}", gallery, uncovered, reader),
        listed=gallery.public,
        script=bool(shares),
        back=(ROOT, texts.gallery.INDEX) if gallery.public else None,
        reader=reader,
        gallery=gallery,
        path=path,
        clips=_shown(gallery, shares, reader),
        begins=turns.begins,
        present=turns.order,
        starts=starts,
        ways=[way for way in ways if way[0] is not None],
        links=[(rel, f"{reader.web}{path}{query}") for rel, query in links if query is not None],
    )


def clip(gallery: WebGallery, share: Share, chain: Sequence[Share], remixes: Sequence[Share], reader: Reader) -> str:
    """A clip's page."""
    return render(
        "gallery/clip.html",
        files=FILES,
        titles=(texts.gallery.headline(share.prompt, share.name), gallery.title),
        about=texts.gallery.about(share.prompt, share.name, gallery.title),
        preview=_preview(f"{reader.web}{clip_path(gallery, share)}", gallery, share, reader, video=not share.spoiler),
        listed=gallery.public,
        script=True,
        back=(home(gallery), gallery.title),
        reader=reader,
        clip=_shown(gallery, [share], reader)[0],
        chain=_shown(gallery, chain, reader),
        remixes=_shown(gallery, remixes, reader),
        reasons={**texts.sharing.REASONS, "other": texts.sharing.OTHER},
    )


def _shown(gallery: WebGallery, shares: Sequence[Share], reader: Reader) -> list[Shown]:
    return [Shown(share, clip_path(gallery, share), share.id in reader.liked) for share in shares]


def _preview(url: str, gallery: WebGallery, share: Share | None, reader: Reader, *, video: bool = False) -> Preview:
    """The preview of a page; a spoiler stays covered."""
    if share is None or share.spoiler:
        return Preview(url, f"{reader.web}{FILES}blank.jpg")
    image = f"{reader.web}{clip_path(gallery, share)}.jpg?large"
    return Preview(url, image, share.clip.width, share.clip.height, video)
