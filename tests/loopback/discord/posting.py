"""The REST API of messages."""

import re
from collections.abc import Sequence

from tests.loopback.discord.application import Application
from tests.loopback.discord.checks import check_message
from tests.loopback.discord.faults import Call, File
from tests.loopback.discord.guilds import FORUM, Channel
from tests.loopback.discord.http import kind_of, numbered
from tests.loopback.discord.messages import EPHEMERAL, LOADING, Attachment, Interaction, Message
from tests.loopback.discord.permissions import (
    ADD_REACTIONS,
    ATTACH_FILES,
    EMBED_LINKS,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
)
from tests.loopback.discord.refusals import Json, Refused, invalid

NONCE_LIVES = 300.0
"""Seconds for which a repeated nonce creates no second message; Discord documents “a few minutes”."""


class Posting(Application):
    """Messages of the bot."""

    def _message(self, channel: str, message: str) -> Message:
        where = self._seen(channel)
        found = self.messages.get(int(message))
        if found is None or found.deleted or found.ephemeral or found.channel is not where:
            raise Refused(404, 10008, "Unknown Message")
        return found

    def _shown(self, message: Message) -> Json:
        """A message over REST, without content if the application may not see it."""
        body = self.message_payload(message)
        return body if self.content_allowed or not message.channel.guild else self._without_content(body)

    def _get_message(self, call: Call, channel: str, message: str) -> Json:
        found = self._message(channel, message)
        self._need(found.channel, READ_MESSAGE_HISTORY)
        return self._shown(found)

    def _history(self, call: Call, channel: str) -> list[Json]:
        where = self._seen(channel)
        if not self.permissions(self.me, where) & READ_MESSAGE_HISTORY:
            return []
        found = where.messages
        if "before" in call.query:
            found = [one for one in found if one.id < int(call.query["before"])]
        if "after" in call.query:
            found = [one for one in found if one.id > int(call.query["after"])]
        return [self._shown(one) for one in reversed(found[-int(call.query.get("limit", 50)) :])]

    def _post(self, call: Call, channel: str) -> Json:
        where = self._may_post(self._seen(channel), call)
        message = self._written(where, call.body, call.files, self.upload_limit(where))
        nonce = call.body.get("nonce")
        key = (where.id, str(nonce))
        known = self._nonces.get(key)
        if call.body.get("enforce_nonce") and known and self.clock() - known.at < NONCE_LIVES:
            if known.deleted:
                raise Refused(404, 10008, "Unknown Message")  # discord.py: “explicitly deleted shortly earlier”
            return self.message_payload(known)
        self._refer(message, call.body.get("message_reference"))
        if nonce is not None:
            self._nonces[key] = message
        if where.archived:
            self.archive(where, archived=False)
        self.put(message)
        return self.message_payload(message)

    def _may_post(self, where: Channel, call: Call) -> Channel:
        if where.type == FORUM:
            raise Refused(400, 50008, "Cannot send messages in a non-text channel")
        if where.guild is None:
            if any(not one.takes_dms for one in where.people):
                raise Refused(403, 50007, "Cannot send messages to this user")
            return where
        self._need(where, SEND_MESSAGES_IN_THREADS if where.is_thread else SEND_MESSAGES)
        if call.files:
            self._need(where, ATTACH_FILES)
        if call.body.get("embeds"):
            self._need(where, EMBED_LINKS)
        if where.archived and where.locked and not self.permissions(self.me, where) & MANAGE_THREADS:
            self._need_open(where)
        return where

    def _refer(self, message: Message, reference: Json | None) -> None:
        if not reference:
            return
        found = self.messages.get(int(reference["message_id"]))
        if found is None or found.deleted or found.ephemeral or found.channel is not message.channel:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
            return
        if not self.permissions(self.me, message.channel) & READ_MESSAGE_HISTORY:
            raise Refused(403, 160002, "Cannot reply without permission to read message history")
        message.reply_to, message.reference = found, {**reference, "type": 0, "channel_id": str(found.channel.id)}

    def _written(
        self, where: Channel, body: Json, files: Sequence[File], limit: int, interaction: Interaction | None = None
    ) -> Message:
        """A message of the bot, not yet posted."""
        if self.strict:
            check_message(body)
        if not (body.get("content") or body.get("embeds") or files or body.get("components") or body.get("poll")):
            raise Refused(400, 50006, "Cannot send an empty message")
        message = Message(self.snowflake(), where, self.me, body.get("content") or "", at=self.clock())
        message.flags = body.get("flags") or 0
        message.nonce, message.allowed_mentions = body.get("nonce"), body.get("allowed_mentions")
        message.tts, message.interaction = bool(body.get("tts")), interaction
        message.embeds, message.components = body.get("embeds") or [], numbered(body.get("components"))
        message.attachments = self._attached(message, body, files, limit)
        return message

    def _attached(self, message: Message, body: Json, files: Sequence[File], limit: int) -> list[Attachment]:
        """Attachments of a message: kept earlier ones, and new files."""
        if any(one.size > limit for one in files):
            raise Refused(413, 40005, "Request entity too large")
        described = {str(one.get("id")): one for one in body.get("attachments") or []}
        kept = message.attachments
        if body.get("attachments") is not None:
            kept = [one for one in kept if str(one.id) in described]
        if len(kept) + len(files) > 10:
            raise Refused(400, 30015, "Maximum number of attachments in a message reached (10)")
        made = [self._stored_file(message, one, described.get(str(at), {})) for at, one in enumerate(files)]
        return [*kept, *made]

    def _stored_file(self, message: Message, file: File, described: Json) -> Attachment:
        name = described.get("filename") or file.name
        made = Attachment(self.snowflake(), re.sub(r"[^\w.-]", "_", name), file.size, message.channel.id, file.data)
        made.description, made.spoiler = described.get("description"), name.startswith("SPOILER_")
        made.ephemeral = message.ephemeral
        made.content_type = kind_of(name)
        self.attachments[made.id] = made
        return made

    def _patch(self, call: Call, channel: str, message: str) -> Json:
        found = self._message(channel, message)
        if found.author is not self.me:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        self._need_open(found.channel)
        if call.files:
            self._need(found.channel, ATTACH_FILES)
        self._altered(found, call.body, call.files, self.upload_limit(found.channel))
        return self.message_payload(found)

    def _altered(self, message: Message, body: Json, files: Sequence[File], limit: int) -> None:
        if self.strict:
            check_message(body | {"flags": message.flags | (body.get("flags") or 0)})
        was = message.now()
        message.attachments = self._attached(message, body, files, limit)
        if "content" in body:
            message.content = body["content"] or ""
        if "embeds" in body:
            message.embeds = body["embeds"] or []
        if "components" in body:
            message.components = numbered(body["components"])
        if "allowed_mentions" in body:
            message.allowed_mentions = body["allowed_mentions"]
        message.flags = (message.flags & ~LOADING) | ((body.get("flags") or 0) & ~EPHEMERAL)
        message.history.append(was)
        message.edited = self.clock()
        if message.ephemeral:
            self.changed()
        else:
            self.tell_message("MESSAGE_UPDATE", message)

    def _delete(self, call: Call, channel: str, message: str) -> None:
        found = self._message(channel, message)
        if found.author is not self.me:
            if found.channel.guild is None:
                raise Refused(403, 50003, "Cannot execute action on a DM channel")
            self._need(found.channel, MANAGE_MESSAGES)
        self._need_open(found.channel)
        self.delete(found)

    def _add_reaction(self, call: Call, channel: str, message: str, emoji: str) -> None:
        found = self._message(channel, message)
        self._need(found.channel, READ_MESSAGE_HISTORY)
        self._need_open(found.channel)
        if emoji not in [name for name, _ in found.reactions]:
            self._need(found.channel, ADD_REACTIONS)
        if (emoji, self.me.id) not in found.reactions:
            self.react(self.me, found, emoji)

    def _remove_reaction(self, call: Call, channel: str, message: str, emoji: str) -> None:
        found = self._message(channel, message)
        if (emoji, self.me.id) in found.reactions:
            found.reactions.remove((emoji, self.me.id))

    def _type(self, call: Call, channel: str) -> None:
        where = self._seen(channel)
        if where.guild:
            self._need(where, SEND_MESSAGES_IN_THREADS if where.is_thread else SEND_MESSAGES)
        where.typing.append(self.clock())

    def _refresh(self, call: Call) -> Json:
        return {
            "refreshed_urls": [
                {"original": url, "refreshed": self.attachment_url(self.attachments[int(url.split("/")[-2])])}
                for url in call.body["attachment_urls"]
            ]
        }
