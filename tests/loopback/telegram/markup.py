"""Validation of texts, entities and keyboards, like Telegram's."""

import re
from typing import Literal

from tests.loopback.telegram.model import JSON, Refusal, units

_TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **{"a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-spoiler": "spoiler"},
    **{"span": "spoiler", "tg-emoji": "custom_emoji"},
}
_HTML = re.compile(r"<(/?)([a-zA-Z-]*)([^<>]*)(>?)|&(lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def checked_markup(p: JSON) -> tuple[JSON, JSON | None]:
    """The visible keyboard, and an invisible `force_reply`."""
    markup = p.get("reply_markup") or {}
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if not button.get("text"):
                raise Refusal("can't parse inline keyboard button: text must be non-empty")
            if len(button) < 2:
                raise Refusal("text buttons are unallowed in the inline keyboard")
            if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise Refusal("BUTTON_DATA_INVALID")
    shown = {"reply_markup": markup} if markup.get("inline_keyboard") else {}
    return shown, markup if markup.get("force_reply") else None


def checked_text(p: JSON, key: Literal["text", "caption"]) -> JSON:
    """A text or caption with its entities."""
    marks = "entities" if key == "text" else "caption_entities"
    mode = p.get("parse_mode", "")
    if mode and mode.upper() != "HTML":
        raise Refusal("unsupported parse_mode")
    text, entities = _html(p.get(key, "")) if mode else (p.get(key, ""), p.get(marks) or [])
    text = text.rstrip()
    if key == "text" and not text.strip():
        raise Refusal("message text is empty")
    if units(text) > (4096 if key == "text" else 1024):
        raise Refusal("message is too long" if key == "text" else "message caption is too long")
    if any(entity["offset"] < 0 or entity["offset"] + entity["length"] > units(text) for entity in entities):
        raise Refusal("can't parse entities: entity ends after the end of the text")
    return ({key: text} if text else {}) | ({marks: entities} if entities else {})


def _html(source: str) -> tuple[str, list[JSON]]:
    text, at = "", 0
    entities: list[JSON] = []
    open_tags: list[tuple[str, JSON]] = []
    for found in _HTML.finditer(source):
        text += source[at : found.start()]
        at = found.end()
        where = f"at byte offset {len(source[: found.start()].encode())}"
        if found[5]:
            text += _character(found[5])
        elif found[1]:
            if not open_tags:
                raise Refusal(f"can't parse entities: Unexpected end tag {where}")
            tag, entity = open_tags.pop()
            if found[2].lower() not in ("", tag):
                names = f'expected "</{tag}>", found "</{found[2].lower()}>"'
                raise Refusal(f"can't parse entities: Unmatched end tag {where}, {names}")
            entity["length"] = units(text) - entity["offset"]
            entities += [entity] if entity["length"] else []
        else:
            open_tags.append(_opened(found, where, units(text)))
    if open_tags:
        raise Refusal(f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1][0]}\"")
    return text + source[at:], sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _opened(found: re.Match[str], where: str, offset: int) -> tuple[str, JSON]:
    tag = found[2].lower()
    if tag not in _TAGS:
        raise Refusal(f'can\'t parse entities: Unsupported start tag "{tag}" {where}')
    if not found[4]:
        raise Refusal(f"can't parse entities: Unclosed start tag {where}")
    entity = {"type": _TAGS[tag], "offset": offset, "length": 0}
    if tag == "a" and (link := re.search(r'href="?([^"\s]+)', found[3])):
        entity["url"] = link[1]
    return tag, entity


def _character(name: str) -> str:
    if name in _ENTITIES:
        return _ENTITIES[name]
    return chr(int(name[2:], 16) if name[1] == "x" else int(name[1:]))
