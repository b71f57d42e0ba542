"""A guild with a gallery on Discord, and who is in it."""

from typing import Any

from bot import texts
from bot.gallery.model import Share
from bot.model import Address, Job
from tests.adapters.discord.discord_rig import Rig, ended
from tests.bookkeeping import rows
from tests.eventually import eventually
from tests.houses import picture
from tests.loopback.discord.guilds import Channel
from tests.loopback.discord.messages import Interaction, Message
from tests.loopback.discord.permissions import MANAGE_GUILD, USUAL_PERMISSIONS

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she *smiles* at @everyone"}
POST, EDIT = "POST /channels/{channel}/messages", "PATCH /channels/{channel}/messages/{message}"
DELETE = "DELETE /channels/{channel}/messages/{message}"


class Club:
    """A rig whose guild has a gallery and a place for reviews, and who is in it."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.api = rig, rig.api
        self.admin, self.bob, self.cat = (self.api.user(name) for name in ("boss", "bob", "cat"))
        rights = self.api.role(rig.guild, "admins", USUAL_PERMISSIONS | MANAGE_GUILD)
        self.api.member(self.admin, rig.guild, [rights])
        for one in (self.bob, self.cat):
            self.api.member(one, rig.guild)
        self.gallery = self.api.channel(rig.guild, "gallery")
        self.mods = self.api.channel(rig.guild, "mods")

    async def open(self, **more: Any) -> None:
        """The admin sets it up."""
        asked = self.rig.slash("gallery", {"set": "here"}, user=self.admin, channel=more.get("where", self.gallery))
        assert "posted here" in await heard(self.rig, asked)
        asked = self.rig.slash("gallery", {"set": "review", "channel": self.mods}, user=self.admin)
        assert "in #mods" in await heard(self.rig, asked)

    async def clip(self, channel: Channel | None = None, options: dict[str, Any] | None = None) -> Message:
        """Ann's clip."""
        self.rig.slash(options=options or SMILES, channel=channel or self.rig.channel)
        video = (await self.rig.clips(1, channel))[-1]
        await eventually(lambda: ended(self.rig))
        return video

    async def shared(self, video: Message, how: str = "name words", where: Channel | None = None) -> Message:
        """Ann shares it; its post."""
        before = len(self.rig.posts(where or self.gallery))
        asked = self.api.press(self.rig.ann, video, texts.sharing.SHARE)
        (question,) = await answers(self.rig, asked)
        if question.content == texts.sharing.HOW_TO_SHARE:
            said = self.api.press(self.rig.ann, question, texts.sharing.PREFERENCES[how])
            await heard(self.rig, said)
        post = (await self.rig.clips(before + 1, where or self.gallery))[-1]
        await self.share(post)
        return post

    async def share(self, post: Message) -> Share:
        found = await eventually(lambda: self.rig.house.store.gallery.at(address_of(post)))
        assert found
        return found

    async def job(self) -> Job:
        return (await self.rig.house.store.jobs(f"discord:{self.rig.ann.id}"))[0]

    async def says(self, post: Message, label: str) -> None:
        """Wait for a button."""
        await self.api.until(lambda: label in post.labels)

    def film_stays(self, post: Message, video: Message) -> bool:
        """The post shows the film of that message."""
        return self.api.plays(post) == self.api.plays(video) != []

    def uploads(self, channel: Channel) -> int:
        return sum(bool(one.files) for one in self.api.called(POST) if one.path.startswith(f"/channels/{channel.id}/"))


def address_of(post: Message) -> Address:
    return Address("discord", str(post.channel.id), str(post.id))


async def answers(rig: Rig, asked: Interaction) -> list[Message]:
    """What only the person was told, once there is something."""
    found: list[Message] = await rig.api.until(
        lambda: [one for one in asked.responses if one.ephemeral and one.content and not one.loading]
    )
    return found


async def heard(rig: Rig, asked: Interaction) -> str:
    return (await answers(rig, asked))[0].content


async def settled(rig: Rig) -> None:
    """Wait until no entry is left."""

    async def none_left() -> bool:
        return await rig.house.store.outbox.next_due(("discord",)) is None

    await eventually(none_left)


async def put_off(rig: Rig) -> None:
    """Wait until an entry that failed waits for its next try: what the clock is set to before would count for that."""
    await eventually(lambda: rows(rig.house.store, "SELECT 1 FROM outbox WHERE tries > 0"))
