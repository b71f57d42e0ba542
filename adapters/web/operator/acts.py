"""What is done on the operator's page: each form becomes a command, and the core answers as it does in a chat."""

import base64
from collections.abc import Mapping

from adapters.web.telling import language
from bot.conversation import MENTION, SHELL, Inbound, Named, Reply
from bot.model import PERSON, Address

VERBS = frozenset(
    {"operator", "quota set", "grant", "revoke", "ban", "unban", "limits", "tier", "refund", "wordlist", "undo"}
)
"""Commands that forms of the page may say; the core decides who may."""
LONGEST = 500
"""Characters of what is typed."""


def command(operator: str, verb: str, words: str = "", *, key: str = "", person: str = "", scope: str = "") -> Inbound:
    """A command of an operator's, about a person or a community.

    The asker is known by the session alone; that they operate is checked by the command, as everywhere.
    """
    platform, _, user = operator.partition(":")
    plain = " ".join(words.replace(MENTION, "").split())
    text = " ".join(part for part in (f"/{verb}", MENTION if person else "", plain) if part)
    return Inbound(
        Address(platform, SHELL),
        user,
        f"operator:{key}",
        text,
        scope=scope,
        named=(Named("person", person, person),) if person else (),
        language=language(),
    )


def said(operator: str, form: Mapping[str, str]) -> Inbound | None:
    """The command that a form says; None for one that no form of ours has."""
    words = [form.get(name, "").strip() for name in ("words", "typed")]
    because = form.get("because", "").strip()
    line = " ".join(part for part in (*words, f"because {because}" if because else "") if part)
    if form.get("verb") not in VERBS or not form.get("key") or len(line) > LONGEST:
        return None
    about = {name: form.get(name, "") for name in ("person", "scope")}
    if not form["key"].isprintable() or not all(PERSON.fullmatch(id) for id in about.values() if id):
        return None
    return command(operator, form["verb"], line, key=form["key"], **about)


def pictures(reply: Reply) -> list[str]:
    """The pictures of a reply as addresses that need no request."""
    return [f"data:image/png;base64,{base64.b64encode(paper.data).decode()}" for paper in reply.papers if paper.picture]
