"""A community with a gallery on a house: people who share, admins who judge, and a chat that shows all of it."""

from dataclasses import dataclass, field, replace
from typing import Any

from bot import texts
from bot.conversation import Button, Inbound, Named, Posted, Reply
from bot.errors import PhotoplayError
from bot.gallery.model import OutboxEntry, Share
from bot.gallery.outbox import Runner
from bot.model import Address, Job
from bot.sentence import verbatim
from tests.fakes import RecordingChat
from tests.houses import House, attached, configure

TOWN, OTHER = "telegram:-1", "telegram:-2"
WALL, OFFICE = "-1/5", "-1/9"
"""The topics of the gallery and of its reviewers."""
WEB = "https://clips.example"


class Wall(RecordingChat):
    """A chat as people see it: what it shows now, by message. Has its own names for films."""

    def __init__(self, *, once: bool = True) -> None:
        super().__init__()
        self.once = once
        self.stands: dict[str, tuple[Address, Reply]] = {}
        self.nonces: dict[str, str] = {}
        self.after: list[PhotoplayError] = []
        """Raised once a message has arrived, one a send."""
        self.limit: int | None = None

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        self._fail()
        assert len(nonce) <= 25
        message = self.nonces.get(nonce) if self.once else None
        if message is None:
            message = f"m{len(self.sent) + 1}"
            self.sent.append((address, reply))
            self.stands[message] = address, reply
            self.nonces[nonce] = message
        if self.after:
            raise self.after.pop(0)
        return Posted(message, f"copy-{message}" if reply.clip else None)

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        await super().edit(address, message, reply)
        self.stands[message] = self.stands[message][0], reply

    async def remove(self, address: Address, message: str) -> None:
        await super().remove(address, message)
        self.stands.pop(message, None)

    def at(self, place: str) -> list[Reply]:
        """What `chat/thread` shows."""
        return [reply for where, reply in self.stands.values() if f"{where.chat}/{where.thread}" == place]


@dataclass
class Square:
    """A community on a house: 1 is its admin, everybody else is not."""

    house: House
    wall: Wall
    runner: Runner = field(init=False)

    def __post_init__(self) -> None:
        core = self.house.core
        configure(core, web=WEB)
        self.runner = self.another_runner()
        configure(core, outbox=self.runner.poke)

    def another_runner(self) -> Runner:
        """One more on the same store, as after a restart."""
        house = self.house
        return Runner(house.store, house.media, {"telegram": self.wall}, clock=house.clock, web=WEB)

    async def say(
        self,
        text: str,
        *named: Named,
        user: str = "7",
        scope: str = TOWN,
        platform: str = "telegram",
        photo: bool = False,
        **changes: Any,
    ) -> Reply:
        return await self.house.core.handle(
            self.inbound(text, *named, user=user, scope=scope, platform=platform, photo=photo, **changes)
        )

    def inbound(
        self,
        text: str,
        *named: Named,
        user: str = "7",
        scope: str = TOWN,
        platform: str = "telegram",
        photo: bool = False,
        where: Address | None = None,
        **changes: Any,
    ) -> Inbound:
        self.house.sent += 1

        async def administers() -> bool:
            return (scope, user) in ((TOWN, "1"), (OTHER, "2"))

        chat = scope.partition(":")[2] or user
        said = Inbound(
            where or Address(platform, chat, f"s{self.house.sent}"),
            user,
            f"{platform}:g{self.house.sent}",
            text,
            (attached(),) if photo else (),
            scope=scope,
            label=f"User {user}",
            community="Lake Town",
            named=named,
            administers=administers,
            moderates=administers,
            shared=bool(scope),
        )
        return replace(said, **changes)

    async def open(self, *more: str) -> None:
        """Give the community its gallery, and say `/gallery …` besides."""
        where = Address("telegram", "-1", "set", "5")
        assert not (await self.say("/gallery here", user="1", where=where)).refused
        for words in more:
            reply = await self.say(f"/gallery {words}", user="1")
            assert not reply.refused, reply.text

    async def reviewed(self) -> None:
        """Have reports and what waits posted in the office."""
        where = Address("telegram", "-1", "set", "9")
        assert not (await self.say("/gallery review here", user="1", where=where)).refused

    async def clip(self, text: str = "she smiles", **changes: Any) -> Job:
        """A finished clip of somebody's, ordered in the community."""
        reply = await self.say(text, photo=True, **changes)
        assert reply.job, reply.text
        return await self.house.finish(await self.house.job(reply.job))

    async def shared(self, how: str = "name words", *, posted: bool = True, **changes: Any) -> Share:
        """A clip that somebody made and shared."""
        job = await self.clip(**changes)
        said = {name: value for name, value in changes.items() if name != "text"}
        reply = await self.say(f"/share {job.id} {how}", **said)
        assert not reply.refused, reply.text
        if posted:
            await self.work()
        return (await self.house.store.gallery.of_job(job.id))[0]

    async def share(self, share: Share) -> Share:
        """As it is now."""
        found = await self.house.store.gallery.share(share.id)
        assert found
        return found

    async def work(self, runner: Runner | None = None) -> int:
        """Do all that is due; how many entries that was."""
        runner, count = runner or self.runner, 0
        while taken := await runner.round():
            count += taken
            await runner.idle()
        return count

    async def show(self, share: Share, user: str = "8") -> Reply:
        """What is shown there to a request for a shared clip."""
        reply = await self.say(f"/show {share.id}", user=user)
        assert reply.text == texts.sharing.COMING
        await self.work()
        return self.here()[-1]

    def here(self) -> list[Reply]:
        """What the common chat shows, but for people's own clips."""
        return [
            reply for reply in self.wall.at("-1/") if reply.clip and any("/heart" in b.command for b in reply.buttons)
        ]

    def posts(self) -> list[Reply]:
        """What the gallery shows."""
        return self.wall.at(WALL)

    def notices(self) -> list[Reply]:
        """What the review channel shows."""
        return self.wall.at(OFFICE)


def commands(reply: Reply) -> dict[str, str]:
    """Buttons by label; each says what fits into one."""
    assert all(len(button.command.encode()) <= 64 for button in reply.buttons)
    return {button.label: button.command for button in reply.buttons}


async def later(square: Square, seconds: float) -> int:
    square.house.clock.tick(seconds)
    return await square.work()


def tell(square: Square, name: str = "hello", **changes: Any) -> OutboxEntry:
    place = Address("telegram", "-1", thread="9")
    buttons = (Button(verbatim("Best"), "/best"),)
    entry = OutboxEntry(name, "tell", place, square.house.clock(), text=verbatim("Hello"), buttons=buttons)
    return replace(entry, **changes)


async def parked(square: Square, share: Share) -> str:
    """A remix that waits for a yes."""
    configure(square.house.core, ask_consent=True)
    square.house.provider.stand_in = False
    asked = await square.say(f"/remix {share.id} she waves", user="8")
    return asked.buttons[0].command
