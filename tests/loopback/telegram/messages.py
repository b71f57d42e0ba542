"""The methods that send, edit and delete messages."""

import re
from collections.abc import Callable
from typing import Any

from tests.loopback.telegram.markup import checked_markup, checked_text
from tests.loopback.telegram.model import GONE, JSON, Chat, Post, Refusal, Upload
from tests.loopback.telegram.world import World

BIGGEST_THUMBNAIL = 200 * 2**10
DELETABLE = 48 * 3600
"""Seconds for which a message can be deleted."""
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)


def uploaded(key: str, p: JSON, files: dict[str, Upload]) -> Upload | None:
    value = p.get(key)
    if isinstance(value, str) and value.startswith("attach://"):
        return files.get(value.removeprefix("attach://"))
    return files.get(key)


class Messages(World):
    """As `Methods`: those about messages."""

    def _chat(self, p: JSON) -> Chat:
        """The chat, if the bot may act there."""
        if "chat_id" not in p:
            raise Refusal("chat_id is empty")
        chat = self.chats.get(p["chat_id"])
        if not chat and p["chat_id"] in self.users and p["chat_id"] != self.me.id and self._meets(p["chat_id"]):
            raise Refusal("bot can't initiate conversation with a user", 403)
        if not chat:
            raise Refusal("chat not found")
        if chat.moved_to:
            reason = "group chat was upgraded to a supergroup chat"
            raise Refusal(reason, 400, migrate_to_chat_id=chat.moved_to.id)
        status = chat.members.get(self.me.id, "left")
        if status in GONE and chat.is_private:
            raise Refusal("bot was blocked by the user", 403)
        if status == "kicked":
            raise Refusal(f"bot was kicked from the {chat.type} chat", 403)
        if status == "left":
            raise Refusal(f"bot is not a member of the {chat.type} chat", 403)
        return chat

    def _meets(self, user: int) -> bool:
        """Whether a user shares a group with the bot without having started a private chat."""
        return any(user in chat.members and self.me.id in chat.members for chat in self.chats.values())

    def _is_admin(self, chat: Chat) -> bool:
        return chat.members.get(self.me.id) in ("administrator", "creator")

    def _send_message(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send(p, lambda: checked_text(p, "text"))

    def _send_video(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send_media("video", p, files)

    def _send_photo(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send_media("photo", p, files)

    def _send_document(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send_media("document", p, files)

    def _send_media(self, kind: str, p: JSON, files: dict[str, Upload]) -> Post:
        post = self._send(p, lambda: {kind: self._media(kind, kind, p, files), **checked_text(p, "caption")})
        self._film(post, kind, p, files)
        return post

    def _film(self, post: Post, key: str, p: JSON, files: dict[str, Upload]) -> None:
        if upload := uploaded(key, p, files):
            post.clip = upload.data
        elif stored := self.files.get(p.get(key, "")):
            post.clip = stored.data
        if thumbnail := uploaded("thumbnail", p, files):
            post.thumbnail = thumbnail.data

    def _send(self, p: JSON, content: Callable[[], JSON]) -> Post:
        chat = self._chat(p)
        markup, force_reply = checked_markup(p)
        reply_to = self._replied(chat, p)
        thread = p.get("message_thread_id") or (reply_to.thread if reply_to and chat.is_forum else None)
        self._open_thread(chat, thread)
        post = self._write(chat, self.me, content() | markup, reply_to, thread)
        post.force_reply = force_reply
        post.options = {key: p[key] for key in ("disable_notification", "protect_content", "parse_mode") if key in p}
        return post

    def _replied(self, chat: Chat, p: JSON) -> Post | None:
        asked = p.get("reply_parameters") or {"message_id": p.get("reply_to_message_id")}
        if not asked.get("message_id"):
            return None
        post = chat.posts.get(asked["message_id"])
        if post and not post.deleted:
            return post
        if str(asked.get("allow_sending_without_reply", p.get("allow_sending_without_reply"))).lower() == "true":
            return None
        raise Refusal("message to be replied not found")

    def _open_thread(self, chat: Chat, thread: int | None) -> None:
        if thread is None:
            return
        if thread not in chat.topics:
            raise Refusal("message thread not found")
        if not chat.topics[thread] and not self._is_admin(chat):
            raise Refusal("TOPIC_CLOSED")

    def _media(self, kind: str, key: str, p: JSON, files: dict[str, Upload], *, may_upload: bool = True) -> Any:
        """The file object of a message, for an upload or a known file id."""
        upload = uploaded(key, p, files)
        if upload and not may_upload:
            raise Refusal("can't upload new files to an inline message")
        if not upload:
            stored = self.files.get(p.get(key, ""))
            if not p.get(key):
                raise Refusal(f"there is no {kind} in the request")
            if not stored and re.fullmatch(r"[\w-]+", p[key], re.ASCII):
                raise Refusal("wrong remote file identifier specified: can't unserialize it")
            if not stored:
                raise Refusal("wrong file identifier/HTTP URL specified")
            if stored.kind != kind:
                raise Refusal(f"can't use file of type {stored.kind.title()} as {kind.title()}")
            return stored.media
        if not upload.size:
            raise Refusal("file must be non-empty")
        if kind == "photo":
            return self.keep_photo(upload.data or b"", upload.size)
        if kind == "document":
            return self.keep(kind, upload.data, upload.size, file_name=upload.file_name)
        said = {"width": p.get("width", 0), "height": p.get("height", 0), "duration": p.get("duration", 0)}
        said |= {"mime_type": "video/mp4", "file_name": upload.file_name}
        if thumbnail := uploaded("thumbnail", p, files):
            if thumbnail.size > BIGGEST_THUMBNAIL:
                raise Refusal(f'File "thumbnail" of size {thumbnail.size} bytes is too big for a thumbnail')
            said["thumbnail"] = self.keep("thumbnail", thumbnail.data, thumbnail.size, width=320, height=240)
        return self.keep(kind, upload.data, upload.size, **said)

    def _edit_message_text(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        post = self._editable(p)
        if "text" not in post:
            raise Refusal("there is no text in the message to edit")
        return self._change(post, {"text", "entities"}, checked_text(p, "text"), p)

    def _edit_message_caption(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        post = self._editable(p)
        if not post.keys() & {"video", "photo", "document"}:
            raise Refusal("there is no caption in the message to edit")
        return self._change(post, {"caption", "caption_entities"}, checked_text(p, "caption"), p)

    def _edit_message_reply_markup(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        return self._change(self._editable(p), set(), {}, p)

    def _edit_message_media(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        post, media = self._editable(p), p.get("media") or {}
        kind = media.get("type")
        if kind not in ("video", "photo"):
            raise Refusal("can't parse InputMedia: media not found")
        new = self._media(kind, "media", media, files, may_upload=not post.inline_id)
        said = {"text", "entities", "caption", "caption_entities", "video", "photo", "document"}
        result = self._change(post, said, {kind: new, **checked_text(media, "caption")}, p)
        self._film(post, "media", media, files)
        return result

    def _editable(self, p: JSON) -> Post:
        if p.get("inline_message_id"):
            if p["inline_message_id"] not in self.inline:
                raise Refusal("MESSAGE_ID_INVALID")
            return self.inline[p["inline_message_id"]]
        chat = self._chat(p)
        if not p.get("message_id"):
            raise Refusal("message identifier is not specified")
        post = chat.posts.get(p["message_id"])
        if not post or post.deleted:
            raise Refusal("message to edit not found")
        if not post.by_bot or post.force_reply:
            raise Refusal("message can't be edited")
        return post

    def _change(self, post: Post, old: set[str], new: JSON, p: JSON) -> Post | bool:
        """Apply an edit; omitted buttons are removed."""
        kept = {key: post[key] for key in post if key not in old and key != "reply_markup"}
        changed = kept | new | checked_markup(p)[0]
        if changed == post:
            raise Refusal(_NOT_MODIFIED)
        post.history.append(dict(post))
        post.clear()
        post |= changed | {"edit_date": int(self.now())}
        return True if post.inline_id else post

    def _delete_message(self, p: JSON, files: dict[str, Upload]) -> bool:
        chat = self._chat(p)
        post = chat.posts.get(p.get("message_id", 0))
        if not post or post.deleted:
            raise Refusal("message to delete not found")
        if not (post.by_bot or chat.is_private or self._is_admin(chat)):
            raise Refusal("message can't be deleted")
        if self.now() >= post["date"] + DELETABLE:
            group = chat.type == "supergroup"
            raise Refusal("message can't be deleted" if group else "message can't be deleted for everyone")
        post.deleted = True
        return True
