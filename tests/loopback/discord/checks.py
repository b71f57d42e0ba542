"""Discord's validation of messages, modals and commands."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.loopback.discord.messages import COMPONENTS_V2, parts
from tests.loopback.discord.refusals import Json, Refused, invalid


def check_length(where: str, text: Any, most: int, least: int = 0) -> None:
    """Check the length of a text; Discord counts characters like Python."""
    if text is None:
        return
    if not isinstance(text, str):
        raise invalid(where, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
    if len(text) > most:
        raise invalid(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if len(text) < least:
        raise invalid(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def check_count(where: str, things: Sequence[Any], most: int, least: int = 0) -> None:
    if not least <= len(things) <= most:
        raise invalid(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def check_message(body: Json) -> None:
    """Refuse a message that Discord would not send."""
    check_length("content", body.get("content"), 2000)
    check_length("nonce", None if body.get("nonce") is None else str(body["nonce"]), 25)
    embeds = body.get("embeds") or []
    check_count("embeds", embeds, 10)
    for at, embed in enumerate(embeds):
        _check_embed(f"embeds.{at}", embed)
    if sum(map(_embed_length, embeds)) > 6000:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    for at, one in enumerate(body.get("attachments") or []):
        check_length(f"attachments.{at}.description", one.get("description"), 1024)
    v2 = bool((body.get("flags") or 0) & COMPONENTS_V2)
    if v2 and (body.get("content") or embeds):
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Not with components v2")
    _check_components(body.get("components") or [], v2)


def _check_embed(where: str, embed: Json) -> None:
    check_length(f"{where}.title", embed.get("title"), 256)
    check_length(f"{where}.description", embed.get("description"), 4096)
    check_length(f"{where}.footer.text", (embed.get("footer") or {}).get("text"), 2048)
    check_length(f"{where}.author.name", (embed.get("author") or {}).get("name"), 256)
    fields = embed.get("fields") or []
    check_count(f"{where}.fields", fields, 25)
    for at, one in enumerate(fields):
        check_length(f"{where}.fields.{at}.name", one.get("name"), 256, 1)
        check_length(f"{where}.fields.{at}.value", one.get("value"), 1024, 1)


def _embed_length(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [text for one in embed.get("fields") or [] for text in (one.get("name"), one.get("value"))]
    return sum(len(text or "") for text in texts)


def _check_components(components: list[Json], v2: bool) -> None:
    check_count("components", list(parts(components)) if v2 else components, 40 if v2 else 5)
    for at, row in enumerate(components):
        if not v2 and row.get("type") != 1:
            raise invalid(f"components.{at}.type", "UNION_TYPE_CHOICES", "Value of field must be 1")
        if row.get("type") == 1:
            inside = row.get("components") or []
            menus = any(one["type"] != 2 for one in inside)
            check_count(f"components.{at}.components", inside, 1 if menus else 5, 1)
    known: set[str] = set()
    for at, one in enumerate(parts(components)):
        _check_component(f"components.{at}", one)
        custom = one.get("custom_id")
        if custom in known:
            where = f"components.{at}.custom_id"
            raise invalid(where, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        known |= {custom} if custom else set()


def _check_component(where: str, one: Json) -> None:
    kind = one.get("type")
    check_length(f"{where}.custom_id", one.get("custom_id"), 100, 1)
    if kind == 2:
        check_length(f"{where}.label", one.get("label"), 80)
        if one.get("style") == 5:
            check_length(f"{where}.url", one.get("url"), 512, 1)
            if not re.match(r"(https?|discord)://", one.get("url") or ""):
                raise invalid(f"{where}.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of http, https, discord.")
        elif not one.get("custom_id") and one.get("style") != 6:
            raise invalid(f"{where}.custom_id", "BASE_TYPE_REQUIRED", "This field is required")
        if not one.get("label") and not one.get("emoji"):
            raise invalid(f"{where}.label", "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji")
    elif kind == 3:
        check_count(f"{where}.options", one.get("options") or [], 25, 1)
        check_length(f"{where}.placeholder", one.get("placeholder"), 150)
        for at, option in enumerate(one["options"]):
            for key in ("label", "value", "description"):
                check_length(f"{where}.options.{at}.{key}", option.get(key), 100, 1)
    elif kind == 10:
        check_length(f"{where}.content", one.get("content"), 4000, 1)


def check_modal(modal: Json) -> None:
    """Refuse a modal that Discord would not open."""
    check_length("data.title", modal.get("title"), 45, 1)
    check_length("data.custom_id", modal.get("custom_id"), 100, 1)
    check_count("data.components", modal.get("components") or [], 5, 1)
    for at, row in enumerate(modal["components"]):
        where = f"data.components.{at}"
        if row.get("type") not in (1, 10, 18):
            raise invalid(f"{where}.type", "UNION_TYPE_CHOICES", "Value of field must be one of (1, 10, 18)")
        if row["type"] == 18:
            check_length(f"{where}.label", row.get("label"), 45, 1)
            check_length(f"{where}.description", row.get("description"), 100)
            _check_field(f"{where}.component", row["component"])
        for one in row.get("components") or []:
            check_length(f"{where}.components.0.label", one.get("label"), 45, 1)
            _check_field(f"{where}.components.0", one)
    ids = [one["custom_id"] for one in parts(modal["components"]) if one.get("custom_id")]
    if len(ids) != len(set(ids)):
        raise invalid("data.components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _check_field(where: str, one: Json) -> None:
    check_length(f"{where}.custom_id", one.get("custom_id"), 100, 1)
    if one["type"] == 4:
        check_length(f"{where}.placeholder", one.get("placeholder"), 100)
        for key in ("min_length", "max_length"):
            if not 0 <= one.get(key, 1) <= 4000:
                raise invalid(f"{where}.{key}", "NUMBER_TYPE_MAX", "int value should be less than or equal to 4000.")
        check_length(f"{where}.value", one.get("value"), one.get("max_length", 4000))
    elif one["type"] == 19:
        low, high = one.get("min_values"), one.get("max_values")  # null: Discord's default
        if not (0 <= (low or 0) <= 10 and 1 <= (1 if high is None else high) <= 10):
            raise invalid(f"{where}.max_values", "NUMBER_TYPE_MAX", "int value should be less than or equal to 10.")
    elif one["type"] == 2:
        raise invalid(f"{where}.type", "UNION_TYPE_CHOICES", "A form has no buttons")
    else:
        _check_component(where, one)


def check_commands(commands: Sequence[Json]) -> None:
    """Refuse commands that Discord would not register."""
    kinds = Counter(one.get("type", 1) for one in commands)
    if kinds[1] > 100 or kinds[2] > 15 or kinds[3] > 15:
        raise Refused(400, 30032, "Maximum number of application commands reached (100)")
    names = Counter((one.get("type", 1), one["name"]) for one in commands)
    for at, one in enumerate(commands):
        if names[(one.get("type", 1), one["name"])] > 1:
            raise invalid(f"{at}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Commands must have unique names")
        _check_command(str(at), one)


def _check_command(where: str, one: Json) -> None:
    if one.get("type", 1) == 1:
        _check_named(where, one)
        _check_options(f"{where}.options", one.get("options") or [])
        return
    check_length(f"{where}.name", one["name"], 32, 1)
    if one.get("description") or one.get("options"):
        raise invalid(f"{where}.description", "APPLICATION_COMMAND_INVALID", "Context menus have no description")


def _check_named(where: str, one: Json) -> None:
    check_length(f"{where}.description", one.get("description", ""), 100, 1)
    for name in [one["name"], *(one.get("name_localizations") or {}).values()]:
        if not re.fullmatch(r"[-_'\w]{1,32}", name) or name != name.lower():
            raise invalid(f"{where}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    for text in (one.get("description_localizations") or {}).values():
        check_length(f"{where}.description_localizations", text, 100, 1)


def check_choices(where: str, choices: Sequence[Json]) -> None:
    """Refuse choices of an option that Discord would not show."""
    check_count(where, choices, 25)
    for number, choice in enumerate(choices):
        check_length(f"{where}.{number}.name", choice["name"], 100, 1)
        check_length(f"{where}.{number}.value", str(choice["value"]), 100)


def _check_options(where: str, options: list[Json]) -> None:
    check_count(where, options, 25)
    optional = False
    names = Counter(one["name"] for one in options)
    for at, one in enumerate(options):
        here = f"{where}.{at}"
        _check_named(here, one)
        if names[one["name"]] > 1:
            raise invalid(f"{here}.name", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
        if one.get("required") and optional:
            raise invalid(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required",
            )
        optional = optional or not one.get("required")
        choices = one.get("choices") or []
        check_choices(f"{here}.choices", choices)
        if choices and one.get("autocomplete"):
            raise invalid(
                f"{here}.choices", "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "Choices are fixed, or asked"
            )
        if not (0 <= one.get("min_length", 0) <= 6000 and 1 <= one.get("max_length", 1) <= 6000):
            raise invalid(f"{here}.max_length", "NUMBER_TYPE_MAX", "int value should be less than or equal to 6000.")
        _check_options(f"{here}.options", one.get("options") or [])
