"""What the Bot API's methods do to the world, as strictly as the real ones."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.loopback.telegram.world import BIGGEST_DOWNLOAD, GONE, JSON, Chat, Post, Refusal, World, member_json, units

BIGGEST_THUMBNAIL = 200 * 2**10
DELETABLE = 48 * 3600
"""Seconds for which a message can be deleted."""


def words(names: str) -> frozenset[str]:
    return frozenset(names.split())


_ACTIONS = words("typing upload_photo record_video upload_video upload_document choose_sticker")
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
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass(frozen=True)
class Upload:
    file_name: str
    size: int
    data: bytes | None


class Methods(World):
    """A method's name in snake case, behind an underscore; it takes parameters and files, and gives the result."""

    def __init__(self, username: str, can_read_all: bool) -> None:
        super().__init__(username, can_read_all)
        self.commands: dict[tuple[str, str], list[JSON]] = {}
        """By scope and language."""
        self.descriptions: dict[tuple[str, str], str] = {}

    # The bot itself

    def _get_me(self, p: JSON, files: dict[str, Upload]) -> JSON:
        told = self.me.json() | {"can_join_groups": True, "can_read_all_group_messages": self.can_read_all}
        told |= {"supports_inline_queries": False, "supports_guest_queries": True, "can_connect_to_business": False}
        return told | {"has_main_web_app": False}

    def _set_my_commands(self, p: JSON, files: dict[str, Upload]) -> bool:
        if len(p["commands"]) > 100:
            raise Refusal("BOT_COMMANDS_TOO_MUCH")
        for each in p["commands"]:
            if not re.fullmatch("[a-z0-9_]{1,32}", each["command"]):
                raise Refusal("BOT_COMMAND_INVALID")
            if not 1 <= len(each["description"]) <= 256:
                raise Refusal("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_scope(p)] = p["commands"]
        return True

    def _get_my_commands(self, p: JSON, files: dict[str, Upload]) -> list[JSON]:
        return self.commands.get(_scope(p), [])

    def _delete_my_commands(self, p: JSON, files: dict[str, Upload]) -> bool:
        self.commands.pop(_scope(p), None)
        return True

    def _set_my_description(self, p: JSON, files: dict[str, Upload]) -> bool:
        return self._describe("description", p, 512)

    def _set_my_short_description(self, p: JSON, files: dict[str, Upload]) -> bool:
        return self._describe("short_description", p, 120)

    def _describe(self, key: str, p: JSON, longest: int) -> bool:
        if len(p.get(key, "")) > longest:
            raise Refusal("DESCRIPTION_TOO_LONG")
        self.descriptions[key, p.get("language_code", "")] = p.get(key, "")
        return True

    # Chats

    def _chat(self, p: JSON) -> Chat:
        """The chat, if the bot may do anything there."""
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
        """Whether somebody is in a group with the bot, who has never begun a conversation with it."""
        return any(user in chat.members and self.me.id in chat.members for chat in self.chats.values())

    def _is_admin(self, chat: Chat) -> bool:
        return chat.members.get(self.me.id) in ("administrator", "creator")

    def _get_chat(self, p: JSON, files: dict[str, Upload]) -> JSON:
        gifts = words("unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels")
        told = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
        chat = self._chat(p)
        kinds = words("messages audios documents photos videos video_notes voice_notes polls other_messages")
        allowed = {f"can_send_{kind}": kind != "videos" or chat.films for kind in kinds}
        return chat.json() | told | ({} if chat.is_private else {"permissions": allowed})

    def _get_chat_member(self, p: JSON, files: dict[str, Upload]) -> JSON:
        chat, who = self._chat(p), self.users.get(p.get("user_id", 0))
        if not who:
            raise Refusal("PARTICIPANT_ID_INVALID")
        return member_json(who, chat.members.get(who.id, "left"), who.id in chat.anonymous)

    def _get_chat_administrators(self, p: JSON, files: dict[str, Upload]) -> list[JSON]:
        chat = self._chat(p)
        if chat.is_private:
            raise Refusal("there are no administrators in the private chat")
        return [
            member_json(self.users[id], status, id in chat.anonymous)
            for id, status in chat.members.items()
            if status in ("administrator", "creator")
        ]

    def _send_chat_action(self, p: JSON, files: dict[str, Upload]) -> bool:
        if p.get("action") not in _ACTIONS:
            raise Refusal("wrong parameter action in request")
        self._open_thread(self._chat(p), p.get("message_thread_id"))
        return True

    # Messages

    def _send_message(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send(p, lambda: _text(p, "text"))

    def _send_video(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send_media("video", p, files)

    def _send_photo(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send_media("photo", p, files)

    def _send_document(self, p: JSON, files: dict[str, Upload]) -> Post:
        return self._send_media("document", p, files)

    def _send_media(self, kind: str, p: JSON, files: dict[str, Upload]) -> Post:
        post = self._send(p, lambda: {kind: self._media(kind, kind, p, files), **_text(p, "caption")})
        self._film(post, kind, p, files)
        return post

    def _film(self, post: Post, key: str, p: JSON, files: dict[str, Upload]) -> None:
        if upload := _upload(key, p, files):
            post.film = upload.data
        elif stored := self.files.get(p.get(key, "")):
            post.film = stored.data
        if thumbnail := _upload("thumbnail", p, files):
            post.thumbnail = thumbnail.data

    def _send(self, p: JSON, content: Callable[[], JSON]) -> Post:
        chat = self._chat(p)
        markup, force_reply = _markup(p)
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
        """What a message says of the file: a new one, or one that Telegram knows."""
        upload = _upload(key, p, files)
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
        if thumbnail := _upload("thumbnail", p, files):
            if thumbnail.size > BIGGEST_THUMBNAIL:
                raise Refusal(f'File "thumbnail" of size {thumbnail.size} bytes is too big for a thumbnail')
            said["thumbnail"] = self.keep("thumbnail", thumbnail.data, thumbnail.size, width=320, height=240)
        return self.keep(kind, upload.data, upload.size, **said)

    def _edit_message_text(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        post = self._editable(p)
        if "text" not in post:
            raise Refusal("there is no text in the message to edit")
        return self._change(post, {"text", "entities"}, _text(p, "text"), p)

    def _edit_message_caption(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        post = self._editable(p)
        if not post.keys() & {"video", "photo", "document"}:
            raise Refusal("there is no caption in the message to edit")
        return self._change(post, {"caption", "caption_entities"}, _text(p, "caption"), p)

    def _edit_message_reply_markup(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        return self._change(self._editable(p), set(), {}, p)

    def _edit_message_media(self, p: JSON, files: dict[str, Upload]) -> Post | bool:
        post, media = self._editable(p), p.get("media") or {}
        kind = media.get("type")
        if kind not in ("video", "photo"):
            raise Refusal("can't parse InputMedia: media not found")
        new = self._media(kind, "media", media, files, may_upload=not post.inline_id)
        said = {"text", "entities", "caption", "caption_entities", "video", "photo", "document"}
        result = self._change(post, said, {kind: new, **_text(media, "caption")}, p)
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
        """Buttons that are not said again go."""
        changed = {key: post[key] for key in post if key not in old and key != "reply_markup"} | new | _markup(p)[0]
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

    # Queries and files

    def _answer_callback_query(self, p: JSON, files: dict[str, Upload]) -> bool:
        if p.get("callback_query_id") not in self.queries:
            raise Refusal(_TOO_OLD)
        if len(p.get("text", "")) > 200:
            raise Refusal("MESSAGE_TOO_LONG")
        self.answers[p["callback_query_id"]] = p
        return True

    def _answer_guest_query(self, p: JSON, files: dict[str, Upload]) -> JSON:
        asked = self.guests.get(p.get("guest_query_id", ""))
        if not asked:
            raise Refusal(_TOO_OLD)
        result, chat = p["result"], self.chats[asked["chat"]["id"]]
        said = result.get("input_message_content")
        if said:
            content = _text(said | {"text": said.get("message_text", "")}, "text")
        elif result["type"] in ("video", "photo"):
            content = {result["type"]: self._media(result["type"], f"{result['type']}_file_id", result, {})}
            content |= _text(result, "caption")
        else:
            raise Refusal("can't parse inline query result")
        post = self._write(chat, self.me, content | _markup(result)[0], asked)
        post["guest_bot_caller_user"] = asked["from"]
        post.inline_id = f"inline-{p['guest_query_id']}"
        self.inline[post.inline_id] = post
        del self.guests[p["guest_query_id"]]
        return {"inline_message_id": post.inline_id}

    def _get_file(self, p: JSON, files: dict[str, Upload]) -> JSON:
        stored = self.files.get(p.get("file_id", ""))
        if not stored:
            raise Refusal("invalid file_id")
        if stored.size > BIGGEST_DOWNLOAD:
            raise Refusal("file is too big")
        named = {"file_id": p["file_id"], "file_unique_id": p["file_id"].replace(stored.kind, "unique")}
        return {**named, "file_size": stored.size, "file_path": stored.path}


def _upload(key: str, p: JSON, files: dict[str, Upload]) -> Upload | None:
    value = p.get(key)
    if isinstance(value, str) and value.startswith("attach://"):
        return files.get(value.removeprefix("attach://"))
    return files.get(key)


def _scope(p: JSON) -> tuple[str, str]:
    scope = p.get("scope") or {"type": "default"}
    return ":".join(str(scope[key]) for key in ("type", "chat_id", "user_id") if key in scope), p.get(
        "language_code", ""
    )


def _markup(p: JSON) -> tuple[JSON, JSON | None]:
    """What the message shows, and the `force_reply` that it does not show."""
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


def _text(p: JSON, key: Literal["text", "caption"]) -> JSON:
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
