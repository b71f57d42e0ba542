"""Messages, reactions and uploads of people."""

import mimetypes
import re
from collections.abc import Sequence
from typing import Any

from tests.loopback.discord.guilds import Channel, User
from tests.loopback.discord.messages import Attachment, Interaction, Message
from tests.loopback.discord.places import Places
from tests.loopback.discord.refusals import Impossible, Json


class Speech(Places):
    """Messages of people."""

    def say(
        self,
        user: User,
        channel: Channel,
        text: str = "",
        attachments: Sequence[tuple[Any, ...]] = (),
        reply_to: Message | None = None,
        mention_bot: bool = False,
        id: int | None = None,
    ) -> Message:
        """A message of a person; an attachment is (name, bytes) or (name, bytes, spoiler)."""
        if channel.guild:
            self.member(user, channel.guild)
        said = f"{self.me.mention} {text}".strip() if mention_bot else text
        message = Message(id or self.snowflake(), channel, user, said, at=self.clock(), reply_to=reply_to)
        if reply_to:
            message.reference = {"message_id": str(reply_to.id), "channel_id": str(channel.id), "type": 0}
        message.attachments = [self.upload(channel, *one) for one in attachments]
        self.put(message)
        return message

    def post(
        self, user: User, forum: Channel, title: str, text: str, attachments: Sequence[tuple[Any, ...]] = ()
    ) -> Message:
        """A forum post: a thread whose first message has the id of the thread."""
        thread = self.thread(user, forum, title)
        return self.say(user, thread, text, attachments, id=thread.id)

    def edit(self, message: Message, text: str) -> None:
        """Edit a person's message."""
        message.history.append(message.now())
        message.content, message.edited = text, self.clock()
        self.tell_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Delete a message, as its author or a moderator."""
        message.deleted = True
        for one in message.attachments:
            one.data = None  # the CDN deletes files with their message
        if message in message.channel.messages:
            message.channel.messages.remove(message)
        if not message.ephemeral:
            body = {"id": str(message.id), "channel_id": str(message.channel.id)}
            self._tell_channel("MESSAGE_DELETE", body, message.channel)
        self.changed()

    def react(self, user: User, message: Message, emoji: str) -> None:
        if message.deleted or message.channel.archived:
            raise Impossible("nobody can react to that")
        if (emoji, user.id) in message.reactions:
            raise Impossible("the same reaction is there already")
        message.reactions.append((emoji, user.id))
        body = self._reaction(user, message, emoji) | {"message_author_id": str(message.author.id)}
        guild = message.channel.guild
        if guild:
            body["member"] = self.member(user, guild).payload()
        self._tell_channel("MESSAGE_REACTION_ADD", body, message.channel)

    def unreact(self, user: User, message: Message, emoji: str) -> None:
        """Remove a reaction. The event has neither the message's author nor the member."""
        message.reactions.remove((emoji, user.id))
        self._tell_channel("MESSAGE_REACTION_REMOVE", self._reaction(user, message, emoji), message.channel)

    def _reaction(self, user: User, message: Message, emoji: str) -> Json:
        body: Json = {"user_id": str(user.id), "channel_id": str(message.channel.id), "message_id": str(message.id)}
        return body | {"emoji": {"id": None, "name": emoji}, "burst": False, "type": 0}

    def again(self, what: Message | Interaction) -> None:
        """Send the same event again."""
        if isinstance(what, Interaction):
            self.dispatch("INTERACTION_CREATE", what.event, what.channel.guild_id)
        else:
            self.tell_message("MESSAGE_CREATE", what)

    def upload(
        self, channel: Channel, name: str, data: bytes, spoiler: bool = False, ephemeral: bool = False
    ) -> Attachment:
        """A person's file, served by the CDN."""
        stored = re.sub(r"[^\w.-]", "_", f"SPOILER_{name}" if spoiler and not name.startswith("SPOILER_") else name)
        made = Attachment(self.snowflake(), stored, len(data), channel.id, data, spoiler=spoiler, ephemeral=ephemeral)
        made.content_type = mimetypes.guess_type(name)[0]
        self.attachments[made.id] = made
        return made
