"""Pages from Jinja2 templates, all with autoescape."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from adapters.web import homescreen
from adapters.web.telling import dumps, language
from bot import texts
from bot.languages import tag
from bot.sentence import Sentence


@pass_context
def _told(context: Context, value: object) -> object:
    """A sentence in the language of the page."""
    return value.into(context["language"], value.wording) if isinstance(value, Sentence) else value


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_told,
)

_HEAD = {
    "title": texts.page.PAGE["title"],
    "light": homescreen.LIGHT,
    "dark": homescreen.DARK,
    "picture": homescreen.PICTURE,
    "picture_alt": texts.page.SAMPLES["lake"]["alt"],
}
_TEMPLATES.globals["texts"] = texts


def render(name: str, **values: Any) -> str:
    """Render a template with all `texts`, those of the chat page as `page`, in the language of the request.

    Raises for a missing value.
    """
    said = {"page": texts.page.PAGE, "language": language(), **_HEAD, **values}
    return _TEMPLATES.get_template(name).render(said, lang=tag(said["language"]))


def script_data(data: object) -> Markup:
    """JSON for a `<script>` block, with “<” escaped, so that it cannot end the block or begin a comment."""
    return Markup(dumps(data).replace("<", "\\u003c"))


def card(
    text: str, status: int, *, title: str = "", ask: bool = False, home: bool = False, address: str | None = None
) -> web.Response:
    """A small page with a sentence, and the password form if `ask`, or a link to the chat page if `home`."""
    links = [("/", texts.page.PAGE["to_start"])] if home else []
    body = card_page(text, title or texts.page.PAGE["title"], links, ask=ask, address=address)
    return web.Response(text=body, status=status, content_type="text/html")


def card_page(
    text: str, title: str, links: Iterable[tuple[str, str]] = (), *, ask: bool = False, address: str | None = None
) -> str:
    """The same as HTML text; `links`: path and label.

    `address`: public URL of the page, for a link preview with a picture.
    """
    return render("card.html", text=text, title=title, ask=ask, links=links, web=address)
