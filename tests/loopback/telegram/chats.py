"""Groups, topics and members."""

from tests.loopback.telegram.model import GONE, Chat, Post, User, member_json
from tests.loopback.telegram.state import State


class Chats(State):
    """Actions of people on chats."""

    def group(self, *people: User, title: str = "Group", creator: User | None = None) -> Chat:
        return self._gather(Chat(-next(self._groups), "group", title), people, creator)

    def supergroup(
        self, *people: User, title: str = "Supergroup", creator: User | None = None, is_forum: bool = False
    ) -> Chat:
        chat = Chat(-1_000_000_000_000 - next(self._groups), "supergroup", title, is_forum)
        return self._gather(chat, people, creator)

    def topic(self, user: User, chat: Chat, name: str = "Topic") -> int:
        """Open a topic of a forum. Returns its thread."""
        post = self._write(chat, user, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
        chat.topics[post.id] = True
        post.update(message_thread_id=post.id, is_topic_message=True)
        self._tell("message", post)
        return post.id

    def close_topic(self, user: User, chat: Chat, thread: int) -> Post:
        post = self._write(chat, user, {"forum_topic_closed": {}}, thread=thread)
        chat.topics[thread] = False
        return self._tell("message", post)

    def set_member(self, who: User, chat: Chat, status: str, by: User | None = None, anonymous: bool = False) -> None:
        """Change a membership: update `my_chat_member` for the bot, `chat_member` for others if requested."""
        old, chat.members[who.id] = chat.members.get(who.id, "left"), status
        (chat.anonymous.add if anonymous else chat.anonymous.discard)(who.id)
        actor = by or chat.person or (who if who is not self.me else self.user("Admin"))
        change = {"chat": chat.json(), "from": actor.json(), "date": int(self.now())}
        change["old_chat_member"] = member_json(who, old)
        change["new_chat_member"] = member_json(who, status, anonymous)
        self.queue("my_chat_member" if who is self.me else "chat_member", change)
        if old in GONE and status not in GONE and not chat.is_private:
            self._tell("message", self._write(chat, actor, {"new_chat_members": [who.json()]}))

    def migrate(self, chat: Chat) -> Chat:
        """Turn the group into a supergroup, with new ids."""
        new = Chat(-1_000_000_000_000 - next(self._groups), "supergroup", chat.title, members=dict(chat.members))
        new.anonymous = set(chat.anonymous)
        self.chats[new.id] = new
        actor = next(self.users[id] for id in chat.members if id != self.me.id)
        left = self._write(chat, actor, {"migrate_to_chat_id": new.id})
        chat.moved_to = new
        arrived = self._write(new, actor, {"migrate_from_chat_id": chat.id})
        self.queue("message", left)
        self.queue("message", arrived)
        return new
