"""Messages as JSON, and the clips that people see in them."""

import hashlib
import hmac
import re
import struct

from tests.loopback.discord.guilds import stamp
from tests.loopback.discord.messages import SUPPRESS_EMBEDS, Attachment, Interaction, Message
from tests.loopback.discord.permissions import EMBED_LINKS
from tests.loopback.discord.refusals import Json
from tests.loopback.discord.state import State

_LINKS = re.compile(r"https?://[^/\s]+(/(?:ephemeral-)?attachments/\d+/(\d+)/[\w.-]+)\?ex=(\w+)&is=(\w+)&hm=(\w+)")


def dimensions(data: bytes) -> tuple[int, int] | tuple[None, None]:
    """The width and height of a PNG or JPEG."""
    if data.startswith(b"\x89PNG"):
        return struct.unpack(">II", data[16:24]) if len(data) >= 24 else (None, None)
    at = 2 if data.startswith(b"\xff\xd8") else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        if 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None, None


class Payloads(State):
    """Messages and files as JSON."""

    def message_payload(self, message: Message) -> Json:
        body: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel.id),
            "type": 19 if message.reference else (20 if message.interaction and message.interaction.type == 2 else 0),
            "author": message.author.payload(),
            "content": message.content,
            "timestamp": stamp(message.at),
            "edited_timestamp": stamp(message.edited) if message.edited else None,
            "tts": message.tts,
            "mention_everyone": False,
            "mentions": [self.users[one].payload() for one in self.mentioned(message)],
            "mention_roles": [one for one in re.findall(r"<@&(\d+)>", message.content) if self._is_role(message, one)],
            "attachments": [self.attachment_payload(one) for one in message.attachments],
            "embeds": message.embeds,
            "components": message.components,
            "pinned": False,
            "flags": message.flags,
        }
        if message.reactions:
            body["reactions"] = self._reactions(message)
        if message.nonce is not None:
            body["nonce"] = message.nonce
        if message.reference:
            body["message_reference"] = message.reference
            found = message.reply_to
            body["referenced_message"] = (
                self.message_payload(found) | {"referenced_message": None} if found and not found.deleted else None
            )
        if message.author is self.me and message.interaction:
            body |= self._because(message.interaction)
        return body

    def _because(self, interaction: Interaction) -> Json:
        meta = {
            "id": str(interaction.id),
            "type": interaction.type,
            "user": interaction.user.payload(),
            "authorizing_integration_owners": interaction.owners,
        }
        return {"application_id": str(self.application_id), "interaction_metadata": meta}

    def _reactions(self, message: Message) -> list[Json]:
        names = dict.fromkeys(emoji for emoji, _ in message.reactions)
        return [
            {
                "emoji": {"id": None, "name": name},
                "count": sum(emoji == name for emoji, _ in message.reactions),
                "count_details": {"burst": 0, "normal": 1},
                "me": (name, self.me.id) in message.reactions,
                "me_burst": False,
                "burst_colors": [],
            }
            for name in names
        ]

    def mentioned(self, message: Message) -> list[int]:
        """Ids of mentioned users, by name or by a reply."""
        found = [int(one) for one in re.findall(r"<@!?(\d+)>", message.content) if int(one) in self.users]
        silent = message.allowed_mentions is not None and not message.allowed_mentions.get("replied_user")
        if message.reply_to and not silent:
            found.append(message.reply_to.author.id)
        return list(dict.fromkeys(found))

    def _is_role(self, message: Message, number: str) -> bool:
        guild = message.channel.guild
        return guild is not None and any(role.id == int(number) for role in guild.roles)

    def attachment_payload(self, one: Attachment) -> Json:
        body: Json = {"id": str(one.id), "filename": one.name, "size": one.size}
        body["url"] = body["proxy_url"] = self.attachment_url(one)
        if one.content_type:
            body["content_type"] = one.content_type
        if one.description is not None:
            body["description"] = one.description
        if one.ephemeral:
            body["ephemeral"] = True
        width, height = dimensions(one.data or b"")
        return body | ({"width": width, "height": height} if width else {})

    def attachment_url(self, one: Attachment) -> str:
        """A signed URL, valid for `cdn_lifetime` seconds."""
        issued = int(self.clock())
        expires = int(issued + self.cdn_lifetime)
        origin = self.base.removesuffix("/api/v10")
        signed = self.signature(one.path, f"{expires:x}", f"{issued:x}")
        return f"{origin}{one.path}?ex={expires:x}&is={issued:x}&hm={signed}&"

    def plays(self, message: Message) -> list[Attachment]:
        """The clips that people see in a message: its attachments, and embedded links.

        Links in angle brackets are not embedded, nor any with suppressed embeds or without the bot's permission.
        """
        own = [one for one in message.attachments if (one.content_type or "").startswith("video/")]
        if message.flags & SUPPRESS_EMBEDS:
            return own
        asked = message.interaction
        held = self.app_permissions(asked.user if asked else message.author, message.channel)
        if message.channel.guild and not held & EMBED_LINKS:
            return own
        bare = re.sub(r"<https?://[^\s>]*>", "", message.content)
        linked = [self._linked(*found) for found in _LINKS.findall(bare)]
        return own + [one for one in linked if one]

    def _linked(self, path: str, number: str, expires: str, issued: str, mark: str) -> Attachment | None:
        """The target of a link. Discord's clients renew expired links, so only the file must exist."""
        found = self.attachments.get(int(number))
        if found is None or mark != self.signature(path, expires, issued):
            return None
        gone = [one for one in self.messages.values() if found in one.attachments and one.deleted]
        return None if gone else found

    def signature(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self._secret, f"{path} {expires} {issued}".encode(), hashlib.sha256).hexdigest()
