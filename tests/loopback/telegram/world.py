"""Actions of people: messages, edits, taps and reactions."""

from collections.abc import Sequence
from typing import Any

from tests.loopback.telegram.chats import Chats
from tests.loopback.telegram.model import JSON, MARKS, REACTIONS, Chat, Post, User, units


def _captioned(caption: str) -> JSON:
    return {"caption": caption, **_marked("caption_entities", caption)} if caption else {}


def _marked(key: str, text: str) -> JSON:
    """Entities of commands and mentions, as Telegram adds them."""
    marks = [
        {
            "type": "bot_command" if mark[0].startswith("/") else "mention",
            "offset": units(text[: mark.start()]),
            "length": units(mark[0]),
        }
        for mark in MARKS.finditer(text)
    ]
    return {key: marks} if marks else {}


class World(Chats):
    """Actions of people; each queues the update that the bot gets."""

    def say(self, user: User, chat: Chat, text: str, **where: Any) -> Post:
        """Send a text; `where`: reply_to, thread, forward."""
        return self._act(user, chat, {"text": text, **_marked("entities", text)}, **where)

    def photo(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        caption: str = "",
        *,
        spoiler: bool = False,
        media_group_id: str | None = None,
        size: int | None = None,
        **where: Any,
    ) -> Post:
        content = {"photo": self.keep_photo(data, size), **_captioned(caption)}
        content |= {"has_media_spoiler": True} if spoiler else {}
        content |= {"media_group_id": media_group_id} if media_group_id else {}
        return self._act(user, chat, content, **where)

    def document(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        file_name: str = "photo.jpg",
        mime_type: str = "image/jpeg",
        caption: str = "",
        *,
        size: int | None = None,
        **where: Any,
    ) -> Post:
        """`size`: a claimed size in bytes, other than that of `data`."""
        named = {"file_name": file_name, "mime_type": mime_type}
        content = {"document": self.keep("document", data, size, **named), **_captioned(caption)}
        return self._act(user, chat, content, **where)

    def video(
        self,
        user: User,
        chat: Chat,
        data: bytes = b"video",
        caption: str = "",
        *,
        size: int | None = None,
        **where: Any,
    ) -> Post:
        said: JSON = {"width": 640, "height": 480, "duration": 5, "mime_type": "video/mp4", "file_name": "video.mp4"}
        content = {"video": self.keep("video", data, size, **said), **_captioned(caption)}
        return self._act(user, chat, content, **where)

    def sticker(self, user: User, chat: Chat, data: bytes = b"sticker", **where: Any) -> Post:
        said: JSON = {
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": "👍",
        }
        return self._act(user, chat, {"sticker": self.keep("sticker", data, **said)}, **where)

    def voice(self, user: User, chat: Chat, data: bytes = b"voice", caption: str = "", **where: Any) -> Post:
        voice = self.keep("voice", data, duration=2, mime_type="audio/ogg")
        return self._act(user, chat, {"voice": voice, **_captioned(caption)}, **where)

    def album(
        self,
        user: User,
        chat: Chat,
        pictures: Sequence[bytes],
        caption: str = "",
        *,
        shuffled: bool = False,
        captions: Sequence[str] = (),
        **where: Any,
    ) -> list[Post]:
        """Send an album; the caption is on the first, or `captions` on all. Shuffled: updates in reverse order."""
        group = str(10**16 + next(self._numbers))
        content: list[JSON] = [{"photo": self.keep_photo(data), "media_group_id": group} for data in pictures]
        content[0] |= _captioned(caption)
        for one, words in zip(content, captions, strict=False):
            one |= _captioned(words)
        posts = [self._draw_up(user, chat, each, **where) for each in content]
        for post in reversed(posts) if shuffled else posts:
            self._tell("message", post)
        return posts

    def edit_text(self, message: Post, text: str) -> Post:
        return self._edit(message, "text", "entities", text)

    def edit_caption(self, message: Post, caption: str) -> Post:
        return self._edit(message, "caption", "caption_entities", caption)

    def react(self, user: User, message: Post, *reactions: str | JSON) -> None:
        """Set the reactions to a message: emoji, or reaction types. An admin bot gets an update."""
        chat = self.chats[message["chat"]["id"]]
        assert all(isinstance(each, dict) or each in REACTIONS for each in reactions), reactions
        new = [each if isinstance(each, dict) else {"type": "emoji", "emoji": each} for each in reactions]
        old = message.reactions.get(user.id, [])
        message.reactions[user.id] = new
        actor = {"actor_chat": chat.json()} if user.id in chat.anonymous else {"user": user.json()}
        change = {"chat": chat.json(), "message_id": message.id, "date": int(self.now()), **actor}
        status = chat.members.get(self.me.id)
        if status in ("administrator", "creator") and old != new and not user.is_bot:
            self.queue("message_reaction", change | {"old_reaction": old, "new_reaction": new})

    def delete(self, message: Post) -> None:
        """Delete a message; no update is sent."""
        message.deleted = True

    def delete_topic(self, chat: Chat, thread: int) -> None:
        """Delete a topic with its messages; no update is sent."""
        del chat.topics[thread]
        for post in chat.messages:
            if post.thread == thread:
                self.delete(post)

    def press(self, user: User, message: Post, button: str) -> JSON:
        """Tap the button with this label or data. Returns the callback query."""
        buttons = [each for row in message.buttons for each in row]
        pressed = next((each for each in buttons if button in (each["text"], each.get("callback_data"))), None)
        assert pressed, f"no button {button!r} among {message.labels}"
        query: JSON = {"id": str(next(self._numbers)), "from": user.json(), "data": pressed.get("callback_data")}
        query["chat_instance"] = str(message["chat"]["id"])
        query |= {"inline_message_id": message.inline_id} if message.inline_id else {"message": dict(message)}
        self.queries[query["id"]] = query
        self.queue("callback_query", query)
        return query

    def guest(
        self,
        user: User,
        text: str,
        *,
        photo: bytes | None = None,
        reply_to_photo: bytes | None = None,
        chat: Chat | None = None,
    ) -> Post:
        """Call the bot in a chat without it. The id of the query is in `guest_query_id`."""
        chat = chat or self._gather(Chat(-next(self._groups), "group", "Elsewhere"), (user,), None, with_bot=False)
        reply = self._write(chat, user, {"photo": self.keep_photo(reply_to_photo)}) if reply_to_photo else None
        said = {"photo": self.keep_photo(photo), **_captioned(text)} if photo else {}
        post = self._write(chat, user, said or {"text": text, **_marked("entities", text)}, reply_to=reply)
        post["guest_query_id"] = str(next(self._numbers))
        self.guests[post["guest_query_id"]] = post
        self.queue("guest_message", post)
        return post

    def _act(self, user: User, chat: Chat, content: JSON, **where: Any) -> Post:
        return self._tell("message", self._draw_up(user, chat, content, **where))

    def _draw_up(
        self,
        user: User,
        chat: Chat,
        content: JSON,
        reply_to: Post | None = None,
        thread: int | None = None,
        forward: bool = False,
    ) -> Post:
        if forward:
            origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": int(self.now()) - 60}
            content = {"forward_origin": origin, **content}
        return self._write(chat, user, content, reply_to, thread)

    def _edit(self, message: Post, key: str, marks: str, text: str) -> Post:
        message.history.append(dict(message))
        message.pop(marks, None)
        message |= {key: text, "edit_date": int(self.now()), **_marked(marks, text)}
        return self._tell("edited_message", message)
