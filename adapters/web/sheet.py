"""The frame of a gallery's page: its head, and what other services show of a link to it."""

from html import escape

from bot import texts
from bot.gallery.model import Share

ROOT = "/g/"
FILES = f"{ROOT}-/"
"""Where the style, the script and the neutral picture are; no gallery is called so."""
BLANK = f"{FILES}blank.jpg", 1200, 630
ICON = '<svg aria-hidden="true" viewBox="0 0 24 24"><use href="#{}"/></svg>'

_PATHS = (
    '<svg hidden><path id="heart" d="M12 20.3 4.3 12.6a4.8 4.8 0 0 1 6.8-6.8l.9.9.9-.9a4.8 4.8 0 0 1 6.8 6.8z"/>'
    '<path id="back" stroke-linecap="round" d="m14.5 5-7 7 7 7"/></svg>'
)


def meta(title: str, about: str, url: str, image: str, size: tuple[int, int], *, video: Share | None = None) -> str:
    """What other services need to know to show a link: Open Graph, and what Twitter made of it."""
    film = f"{url}.mp4"
    tags = [
        ("og:site_name", texts.gallery.HOUSE),
        ("og:title", title),
        ("og:description", about),
        ("og:type", "video.other" if video else "website"),
        ("og:url", url),
        ("og:image", image),
        ("og:image:type", "image/jpeg"),
        ("og:image:width", str(size[0])),
        ("og:image:height", str(size[1])),
    ]
    if video:
        tags += [
            ("og:image:alt", texts.gallery.label(video.prompt, video.name)),
            ("og:video", film),
            ("og:video:secure_url", film),
            ("og:video:type", "video/mp4"),
            ("og:video:width", str(video.clip.width)),
            ("og:video:height", str(video.clip.height)),
            ("video:duration", str(max(1, round(video.clip.seconds)))),
        ]
    # Not `player`: that wants a page of ours in other sites' frames, which our pages refuse.
    named = [("description", about), ("twitter:card", "summary_large_image")]
    return "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in tags) + "".join(
        f'<meta name="{name}" content="{escape(value)}">' for name, value in named
    )


def page(title: str, body: str, head: str = "", *, listed: bool = False) -> str:
    """The frame of all of them. `listed`: search engines may know it."""
    robots = "" if listed else '<meta name="robots" content="noindex">'
    script = f'<script type="module" src="{FILES}gallery.js"></script>' if "data-heart" in body else ""
    return (
        f'<!doctype html><html lang="{texts.chat.PAGE["lang"]}" prefix="og: https://ogp.me/ns#">'
        '<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title>{robots}{head}'
        f'<link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" '
        f'href="{FILES}gallery.css">{script}</head><body>{_PATHS}{body}</body></html>'
    )
