"""The pages of a gallery as HTML. Whatever people typed goes through `html.escape` here."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from adapters.web.sheet import BLANK, ICON, ROOT, meta, page
from bot import texts
from bot.gallery.model import Order, Share, WebGallery

LONG = 140
"""Characters from which on a prompt is set as text, not as a headline."""
EAGER = 5
"""Pictures that are loaded at once; the others when they come near."""

_HEART, _BACK = ICON.format("heart"), ICON.format("back")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a page: the token of their forms, and what of it they like. `web`: our address, without a slash."""

    web: str
    token: str
    liked: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Turns:
    """Where a page stands: its query, and those of the pages beside it, None where there is none."""

    order: Order
    here: str = ""
    begins: bool = True
    """Nothing is in front of it."""
    back: str | None = None
    on: str | None = None


def home(hall: WebGallery) -> str:
    """Where a gallery is."""
    return f"{ROOT}{hall.slug}"


def place(hall: WebGallery, share: Share) -> str:
    """Where a clip is; its files are beside it."""
    return f"{ROOT}{hall.slug}/{share.id}"


# ── Whole pages ──────────────────────────────────────────────────────────────────────────────────────────────────────


def index(halls: Sequence[WebGallery], web: str) -> str:
    """Those that are public."""
    items = "".join(
        f'<li><a href="{home(hall)}"><i aria-hidden="true">{escape(hall.title[:1].upper())}</i>'
        f'<span dir="auto">{escape(hall.title)}</span></a></li>'
        for hall in halls
    )
    found = f'<ul class="halls">{items}</ul>' if halls else f"<p>{texts.gallery.NO_GALLERIES}</p>"
    intro = f'<div><h1>{texts.gallery.INDEX}</h1><p class="soft">{texts.gallery.INDEX_LEAD}</p></div>'
    head = meta(texts.gallery.INDEX, texts.gallery.INDEX_LEAD, f"{web}{ROOT}", f"{web}{BLANK[0]}", BLANK[1:])
    body = f'{_top("", "")}<main id="main"><div class="intro">{intro}</div>{found}</main>'
    return page(texts.gallery.titled(texts.gallery.INDEX), body, head, listed=True)


def wall(hall: WebGallery, shares: Sequence[Share], turns: Turns, reader: Reader) -> str:
    """A page of a gallery."""
    path = home(hall)
    here = ' aria-current="page"'
    sorts = "".join(
        f'<a href="{path}{"" if order == "newest" else f"?order={order}"}"'
        f"{here if order == turns.order else ''}>{label}</a>"
        for order, label in texts.gallery.ORDERS.items()
    )
    nav = f'<nav class="orders" aria-label="{texts.gallery.ORDER}">{sorts}</nav>'
    lead = f'<div><h1 dir="auto">{escape(hall.title)}</h1><p class="soft">{texts.gallery.LEAD}</p></div>'
    body = (
        f"{_top(ROOT if hall.public else '', texts.gallery.INDEX if hall.public else '')}"
        f'<main id="main"><div class="intro">{lead}{nav if shares or not turns.begins else ""}</div>'
        f"{_cards(hall, shares, reader) if shares else _nothing(turns)}{_pages(path, turns)}</main>{_status()}"
    )
    image = _image(hall, next((share for share in shares if not share.spoiler), None), reader.web)
    links = "".join(
        f'<link rel="{rel}" href="{escape(f"{reader.web}{path}{query}")}">'
        for rel, query in (("canonical", turns.here), ("prev", turns.back), ("next", turns.on))
        if query is not None
    )
    head = meta(hall.title, texts.gallery.LEAD, f"{reader.web}{path}", *image) + links + _token(reader)
    return page(texts.gallery.titled(hall.title), body, head, listed=hall.public)


def leaf(hall: WebGallery, share: Share, chain: Sequence[Share], remixes: Sequence[Share], reader: Reader) -> str:
    """A clip on its own page."""
    label = texts.gallery.label(share.prompt, share.name)
    day = f'<time datetime="{datetime.fromtimestamp(share.at, UTC):%Y-%m-%d}">{texts.gallery.day(share.at)}</time>'
    whose = f'<span dir="auto">{escape(texts.gallery.by(share.name))}</span>' if share.name and share.prompt else ""
    facts = " · ".join(part for part in (whose, day, texts.gallery.AI) if part)
    long = ' class="long"' if len(share.prompt) > LONG else ""
    about = (
        f'<div class="about"><h1 dir="auto"{long}>{escape(share.prompt or label)}</h1><p class="soft">{facts}</p>'
        f"{_likes(hall, share, reader)}{_lineage(hall, share, chain)}{_how(share)}{_report(hall, share, reader)}</div>"
    )
    more = f'<section class="more"><h2>{texts.gallery.REMIXES}</h2>{_cards(hall, remixes, reader)}</section>'
    body = (
        f'{_top(home(hall), hall.title)}<main id="main"><article class="leaf">{_film(hall, share, label)}{about}'
        f"</article>{more if remixes else ''}</main>{_status()}"
    )
    title = texts.gallery.headline(share.prompt, share.name)
    address = f"{reader.web}{place(hall, share)}"
    head = (
        meta(
            title,
            texts.gallery.about(share.prompt, share.name, hall.title),
            address,
            *_image(hall, share, reader.web),
            video=None if share.spoiler else share,
        )
        + f'<link rel="canonical" href="{escape(address)}">'
        + _token(reader)
    )
    return page(texts.gallery.titled(title, hall.title), body, head, listed=hall.public)


# ── Pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cards(hall: WebGallery, shares: Sequence[Share], reader: Reader) -> str:
    """Clips side by side."""
    items = "".join(_card(hall, share, reader, eager=n < EAGER) for n, share in enumerate(shares))
    return f'<div class="wall"><ul class="grid" aria-label="{texts.gallery.CLIPS}">{items}</ul></div>'


def _card(hall: WebGallery, share: Share, reader: Reader, *, eager: bool) -> str:
    path, width, height = place(hall, share), share.clip.width, share.clip.height
    shape, fits = _shape(share)
    small = min(1.0, 320 / max(width, height))
    words = f'<span dir="auto" aria-hidden="true">{escape(texts.chat.shorten(share.prompt, 120))}</span>'
    name = escape(texts.gallery.by(share.name) if share.prompt else texts.gallery.label("", share.name))
    hidden = "" if share.prompt else ' aria-hidden="true"'  # then it is what the picture is called already
    flat = " flat" if height < width * 0.7 else ""
    who = f'<span class="who" dir="auto"{hidden}>{name}</span>'
    line = f'<span class="line{flat}">{words if share.prompt else ""}{who}</span>'
    badge = f'<span class="badge">{texts.gallery.COVERED}</span>' if share.spoiler else ""
    alt = escape(texts.gallery.label(share.prompt, share.name))
    return (
        f'<li class="card {shape}"><div class="frame{"" if fits else " odd"}">'
        f'<a class="stage{" covered" if share.spoiler else ""}" href="{path}" data-clip="{path}.mp4">'
        f'<img src="{path}.jpg" srcset="{path}.jpg {round(width * small)}w, {path}.jpg?large {width}w" '
        'sizes="(min-width:76rem) 16rem, (min-width:58rem) 25vw, (min-width:40rem) 33vw, 50vw" '
        f'width="{width}" height="{height}" alt="{alt}"{"" if eager else " loading=lazy"} decoding="async">'
        f"{badge}{line}</a>{_likes(hall, share, reader)}</div></li>"
    )


def _shape(share: Share) -> tuple[str, bool]:
    """Classes that say how high a clip is, in 48ths of its width; False if it is cut to keep the wall together."""
    high = math.ceil(48 * share.clip.height / max(share.clip.width, 1))
    kept = min(max(high, 20), 115)
    return f"t{kept // 10} u{kept % 10}", kept == high


def _likes(hall: WebGallery, share: Share, reader: Reader) -> str:
    """How many like it; with a script it is a button."""
    count = share.hearts or ""
    word = f'<span class="unseen">{texts.gallery.hearts(share.hearts)}</span>'
    plain = f'<span class="likes">{_HEART}{count} {word}</span>' if count else ""
    return (
        f'{plain}<button class="likes" type="button" hidden data-heart="{place(hall, share)}/heart" '
        f'aria-pressed="{"true" if share.id in reader.liked else "false"}">{_HEART}'
        f'<span class="unseen">{texts.gallery.HEART}</span><span class="count">{count}</span></button>'
    )


def _film(hall: WebGallery, share: Share, label: str) -> str:
    path, shape = place(hall, share), _shape(share)[0]
    size = f'width="{share.clip.width}" height="{share.clip.height}"'
    poster = "" if share.spoiler else f' poster="{path}.jpg?large"'
    video = (
        f'<video controls loop playsinline preload="none" src="{path}.mp4"{poster} {size} '
        f'aria-label="{escape(label)}">{texts.gallery.NO_VIDEO}</video>'
    )
    if share.spoiler:
        video = (
            f'<details><summary class="covered"><img src="{path}.jpg" {size} alt="">'
            f'<span class="badge">{texts.gallery.UNCOVER}</span></summary>{video}</details>'
        )
    return f'<div class="show {shape}">{video}</div>'


def _lineage(hall: WebGallery, share: Share, chain: Sequence[Share]) -> str:
    if not share.remix_of:
        return ""
    gone = "" if chain and chain[0].id == share.remix_of else f'<p class="soft">{texts.gallery.CHAIN_GONE}</p>'
    items = "".join(
        f'<li><a href="{place(hall, one)}">'
        + ("" if one.spoiler else f'<img src="{place(hall, one)}.jpg" width="52" height="52" alt="" loading="lazy">')
        + f'<span><span class="soft" dir="auto">{escape(texts.sharing.remix_of(one.name))}</span>'
        f'<span class="clamp" dir="auto">{escape(one.prompt or texts.gallery.WORDLESS)}</span></span></a></li>'
        for one in chain
    )
    found = f'<ol class="chain">{items}</ol>' if chain else ""
    return f"<section><h2>{texts.gallery.CHAIN}</h2>{gone}{found}</section>"


def _how(share: Share) -> str:
    how = texts.gallery.remix_how(share.id, bool(share.place.chat)) if share.remixes else texts.gallery.NO_REMIX
    return f'<section><h2>{texts.gallery.HOW_TO_REMIX}</h2><p class="soft">{how}</p></section>'


def _report(hall: WebGallery, share: Share, reader: Reader) -> str:
    radio = '<label><input type="radio" name="reason" value="{}" required>{}</label>'
    reasons = "".join(radio.format(word, escape(label)) for word, label in texts.sharing.REASONS.items())
    return (
        f'<details class="report"><summary>{texts.gallery.REPORT}</summary>'
        f'<form method="post" action="{place(hall, share)}/report">'
        f'<input type="hidden" name="token" value="{reader.token}">'
        f"<fieldset><legend>{texts.gallery.REPORT_WHY}</legend>{reasons}{radio.format('other', texts.sharing.OTHER)}"
        f'<label>{texts.gallery.REPORT_WORDS}<input type="text" name="words" maxlength="{texts.sharing.REASON}" '
        f'autocomplete="off"></label></fieldset><p class="soft">{texts.gallery.REPORT_WHO}</p>'
        f'<button class="button main">{texts.gallery.SEND}</button></form></details>'
    )


def _nothing(turns: Turns) -> str:
    if turns.begins:
        return f'<div class="said"><h2>{texts.gallery.EMPTY}</h2><p class="soft">{texts.gallery.EMPTY_LEAD}</p></div>'
    return f'<div class="said"><p>{texts.gallery.NO_MORE}</p></div>'


def _pages(path: str, turns: Turns) -> str:
    start = "" if turns.order == "newest" else f"?order={turns.order}"
    ways = (
        (None if turns.begins else start, "", texts.gallery.FIRST),
        (turns.back, ' rel="prev"', texts.gallery.PREVIOUS),
        (turns.on, ' rel="next"', texts.gallery.NEXT),
    )
    links = "".join(
        f'<a class="button" href="{path}{escape(query)}"{rel}>{label}</a>'
        for query, rel, label in ways
        if query is not None
    )
    return f'<nav class="pages" aria-label="{texts.gallery.PAGES}">{links}</nav>' if links else ""


def _top(back: str, label: str) -> str:
    """Where it belongs to: the page above, or the house."""
    icon = '<img src="/static/icon.svg" width="28" height="28" alt="">'
    if not back:
        return f'<header class="top">{icon}<b>{texts.gallery.HOUSE}</b></header>'
    return f'<header class="top"><a href="{back}">{icon}{_BACK}<b dir="auto">{escape(label)}</b></a></header>'


def _status() -> str:
    return f'<p class="notice" role="status" data-failed="{texts.gallery.FAILED}"></p>'


def _image(hall: WebGallery, share: Share | None, web: str) -> tuple[str, tuple[int, int]]:
    """What a link shows before it plays; a covered clip stays covered there."""
    if share is None or share.spoiler:
        return f"{web}{BLANK[0]}", BLANK[1:]
    return f"{web}{place(hall, share)}.jpg?large", (share.clip.width, share.clip.height)


def _token(reader: Reader) -> str:
    return f'<meta name="token" content="{reader.token}">'
