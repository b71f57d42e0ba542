"""The Bot API's methods, with the real validation."""

import re

from tests.loopback.telegram.markup import checked_markup, checked_text
from tests.loopback.telegram.messages import Messages
from tests.loopback.telegram.model import JSON, Refusal, Upload, member_json, words

BIGGEST_DOWNLOAD = 20 * 2**20
_ACTIONS = words("typing upload_photo record_video upload_video upload_document choose_sticker")
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def _scope(p: JSON) -> tuple[str, str]:
    scope = p.get("scope") or {"type": "default"}
    return ":".join(str(scope[key]) for key in ("type", "chat_id", "user_id") if key in scope), p.get(
        "language_code", ""
    )


class Methods(Messages):
    """Methods named in snake case after an underscore; they take parameters and files, and return the result."""

    def __init__(self, username: str, can_read_all: bool) -> None:
        super().__init__(username, can_read_all)
        self.commands: dict[tuple[str, str], list[JSON]] = {}
        """By scope and language."""
        self.descriptions: dict[tuple[str, str], str] = {}

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
            content = checked_text(said | {"text": said.get("message_text", "")}, "text")
        elif result["type"] in ("video", "photo"):
            content = {result["type"]: self._media(result["type"], f"{result['type']}_file_id", result, {})}
            content |= checked_text(result, "caption")
        else:
            raise Refusal("can't parse inline query result")
        post = self._write(chat, self.me, content | checked_markup(result)[0], asked)
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
