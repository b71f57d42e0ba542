"""Interactions of people: commands, buttons and modals."""

import hmac
import time
from collections.abc import Sequence

from tests.loopback.discord.guilds import Channel, Role, User
from tests.loopback.discord.messages import Interaction, Message, Modal, parts
from tests.loopback.discord.refusals import Impossible, Json
from tests.loopback.discord.speech import Speech

IN_GUILD, WITH_BOT, PRIVATE = 0, 1, 2
"""The contexts of an interaction."""


def _or(given: int | None, default: int) -> int:
    """The default for a null, which discord.py sends for unset values."""
    return default if given is None else given


def _below(options: list[Json], path: list[str]) -> list[Json]:
    """The options of a subcommand."""
    for name in path:
        options = next((one.get("options", []) for one in options if one["name"] == name), [])
    return options


def _command_data(known: Json, channel: Channel) -> Json:
    data = {"id": known["id"], "name": known["name"], "type": known.get("type", 1)}
    return data | ({"guild_id": str(channel.guild_id)} if known.get("guild_id") else {})


Upload = bytes | tuple[str, bytes]


class World(Speech):
    """The state of Discord with all actions of people."""

    def slash(
        self, user: User, channel: Channel, command: str, options: Json | None = None, *, locale: str | None = None
    ) -> Interaction:
        """A slash command; `command` may name a group and a subcommand, a file is bytes or (name, bytes)."""
        name, *below = command.split()
        known = self._command(user, channel, name, 1)
        interaction = self._interaction(2, user, channel, locale)
        resolved: Json = {}
        inner = _below(known.get("options", []), below)
        given = [self._option(one, (options or {}), channel, resolved) for one in inner]
        unknown = set(options or {}) - {one["name"] for one in inner}
        if unknown:
            raise Impossible(f"/{command} has no option {sorted(unknown)}")
        chosen = [one for one in given if one is not None]
        for part in reversed(below):
            chosen = [{"name": part, "type": 1 if part == below[-1] else 2, "options": chosen}]
        data = _command_data(known, channel) | ({"options": chosen} if chosen else {})
        return self._ask(interaction, data | ({"resolved": resolved} if resolved else {}))

    def complete(
        self, user: User, channel: Channel, command: str, option: str, typed: str = "", options: Json | None = None
    ) -> Interaction:
        """Begin to type an option, with others filled in before; `Interaction.choices` has what is offered."""
        known = self._command(user, channel, command, 1)
        interaction, filled = self._interaction(4, user, channel), options or {}
        chosen: list[Json] = []
        resolved: Json = {}
        for one in known.get("options", []):
            if one["name"] == option and one.get("autocomplete"):
                chosen.append({"name": option, "type": one["type"], "value": typed, "focused": True})
            elif given := self._option(one, filled, channel, resolved):
                chosen.append(given)
        if not any(one.get("focused") for one in chosen):
            raise Impossible(f"/{command} {option} offers nothing")
        data = _command_data(known, channel) | {"options": chosen}
        return self._ask(interaction, data | ({"resolved": resolved} if resolved else {}))

    def menu(self, user: User, target: Message | User, command: str, channel: Channel | None = None) -> Interaction:
        """A command of the context menu of a message or user."""
        at = target.channel if isinstance(target, Message) else channel
        if at is None:
            raise Impossible("the menu of a user needs a channel")
        known = self._command(user, at, command, 3 if isinstance(target, Message) else 2)
        interaction = self._interaction(2, user, at)
        resolved = (
            {"messages": {str(target.id): self.message_payload(target)}}
            if isinstance(target, Message)
            else {"users": {str(target.id): target.payload()}}
        )
        data = _command_data(known, at) | {"target_id": str(target.id), "resolved": resolved}
        return self._ask(interaction, data)

    def press(
        self, user: User, message: Message | None, button: str, values: Sequence[str] | None = None
    ) -> Interaction:
        """A button by its label or custom id, or a choice (`values`) of a menu by its custom id."""
        if message is None:
            raise Impossible("there is no message")
        found = next(
            (one for one in parts(message.components) if button in (one.get("label"), one.get("custom_id"))), None
        )
        if found is None or found.get("disabled") or not found.get("custom_id") or message.deleted:
            raise Impossible(f"nobody can press {button!r} of {message.labels}")
        interaction = self._interaction(3, user, message.channel)
        interaction.message = message
        data: Json = {"custom_id": found["custom_id"], "component_type": found["type"], "id": found.get("id", 1)}
        return self._ask(interaction, data | ({"values": list(values)} if values is not None else {}))

    def submit(self, modal: Modal | None, fields: Json, user: User | None = None) -> Interaction:
        """Submit a modal; fields by custom id or label; a file is bytes, (name, bytes), or a list of those."""
        if modal is None:
            raise Impossible("no form was opened")
        opened = modal.interaction
        interaction = self._interaction(5, user or opened.user, opened.channel)
        interaction.message = opened.message
        unknown = set(fields) - {key for one in modal.fields for key in (one["custom_id"], one.get("label"))}
        if unknown:
            raise Impossible(f"the form has no field {sorted(unknown)}")
        resolved: Json = {}
        rows = [self._row(row, fields, opened.channel, resolved) for row in modal.components]
        data: Json = {"custom_id": modal.custom_id, "components": rows}
        return self._ask(interaction, data | ({"resolved": resolved} if resolved else {}))

    def _row(self, row: Json, fields: Json, channel: Channel, resolved: Json) -> Json:
        if row["type"] == 18:
            return row | {"component": self._filled(row["component"], row["label"], fields, channel, resolved)}
        if row["type"] == 1:
            filled = [self._filled(one, one.get("label"), fields, channel, resolved) for one in row["components"]]
            return {"type": 1, "components": filled}
        return row

    def _filled(self, field: Json, label: str | None, fields: Json, channel: Channel, resolved: Json) -> Json:
        given = fields.get(field["custom_id"], fields.get(label) if label else None)
        body: Json = {"type": field["type"], "custom_id": field["custom_id"], "id": field.get("id", 1)}
        if field["type"] == 4:
            text = field.get("value", "") if given is None else str(given)
            low, high = field.get("min_length", 0), field.get("max_length", 4000)
            if (field.get("required", True) and not text) or (text and not low <= len(text) <= high):
                raise Impossible(f"{label!r} does not take {len(text)} characters")
            return body | {"value": text}
        if field["type"] == 19:
            files = [] if given is None else given if isinstance(given, list) else [given]
            low = _or(field.get("min_values"), 1) if field.get("required", True) or files else 0
            if not low <= len(files) <= _or(field.get("max_values"), 1):
                raise Impossible(f"{label!r} does not take {len(files)} files")
            return body | {"values": [self._resolve(one, channel, resolved) for one in files]}
        if field["type"] in (21, 23):
            return body | {"value": given}
        return body | {"values": [] if given is None else given if isinstance(given, list) else [given]}

    def _resolve(self, file: Upload, channel: Channel, resolved: Json) -> str:
        name, data = file if isinstance(file, tuple) else ("photo.jpg", file)
        made = self.upload(channel, name, data, ephemeral=True)
        resolved.setdefault("attachments", {})[str(made.id)] = self.attachment_payload(made)
        return str(made.id)

    def _option(self, option: Json, given: Json, channel: Channel, resolved: Json) -> Json | None:
        """One option as filled in by a person; None if omitted."""
        name, kind = option["name"], option["type"]
        if name not in given:
            if option.get("required"):
                raise Impossible(f"{name!r} is required")
            return None
        value = given[name]
        if kind == 3 and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000):
            raise Impossible(f"{name!r} does not take {len(value)} characters")
        if option.get("choices") and value not in [one["value"] for one in option["choices"]]:
            raise Impossible(f"{value!r} is no choice of {name!r}")
        if kind == 11:
            value = self._resolve(value, channel, resolved)
        elif kind in (6, 7, 8, 9):
            key = "channels" if kind == 7 else "roles" if isinstance(value, Role) else "users"
            body = value.payload(0) if isinstance(value, Channel) else value.payload()
            resolved.setdefault(key, {})[str(value.id)] = body
            value = str(value.id)
        return {"name": name, "type": kind, "value": value}

    def _command(self, user: User, channel: Channel, name: str, kind: int) -> Json:
        """The command as visible to the person. Raises `Impossible`."""
        owners = self._owners(user, channel)
        context = self._context(channel)
        for known in [*self.commands.get(channel.guild_id, []), *self.commands[None]]:
            if known["name"] != name or known.get("type", 1) != kind:
                continue
            contexts, installs = known.get("contexts"), known.get("integration_types") or [0]
            if contexts is not None and context not in contexts:
                continue
            if contexts is None and context != IN_GUILD and known.get("dm_permission") is False:
                continue
            needed = int(known.get("default_member_permissions") or 0)
            if channel.guild and needed & ~self.permissions(user, channel):
                continue
            if any(str(one) in owners for one in installs):
                return known
        names = [one["name"] for group in self.commands.values() for one in group]
        raise Impossible(f"{user.name} finds no {name!r} there; registered: {names}")

    def _owners(self, user: User, channel: Channel) -> dict[str, str]:
        owners: dict[str, str] = {}
        if channel.guild and channel.guild.has_bot:
            owners["0"] = str(channel.guild.id)
        elif channel.guild is None and self.me in channel.people:
            owners["0"] = "0"
        if user.installed:
            owners["1"] = str(user.id)
        return owners

    def _context(self, channel: Channel) -> int:
        if channel.guild:
            return IN_GUILD
        return WITH_BOT if self.me in channel.people else PRIVATE

    def _interaction(self, type: int, user: User, channel: Channel, locale: str | None = None) -> Interaction:
        number = self.snowflake()
        if channel.guild:
            self.member(user, channel.guild)
        owners = self._owners(user, channel)
        if not owners:
            raise Impossible(f"the app is not there for {user.name}")
        token = f"interaction:{number}:{hmac.new(self._secret, b'%d' % number, 'sha256').hexdigest()}"
        made = Interaction(number, token, type, user, channel, self.clock(), time.monotonic(), owners)
        made.event = {
            "id": str(number),
            "application_id": str(self.application_id),
            "type": type,
            "token": token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": channel.payload(self.permissions(user, channel)),
            "locale": locale or user.locale,
            "app_permissions": str(self.app_permissions(user, channel)),
            "entitlements": [],
            "authorizing_integration_owners": owners,
            "context": self._context(channel),
            "attachment_size_limit": max(self.upload_limit(channel), user.upload_limit),
        }
        if channel.guild:
            member = channel.guild.members[user.id].payload(self.permissions(user, channel))
            made.event |= {"guild_id": str(channel.guild.id), "guild": channel.guild.partial(), "member": member}
            made.event["guild_locale"] = channel.guild.locale
        else:
            made.event["user"] = user.payload()
        return made

    def _ask(self, interaction: Interaction, data: Json) -> Interaction:
        interaction.event["data"] = data
        if interaction.message:
            interaction.event["message"] = self.message_payload(interaction.message)
        self.interactions.append(interaction)
        self.by_token[interaction.token] = interaction
        self.dispatch("INTERACTION_CREATE", interaction.event, interaction.channel.guild_id)
        return interaction
