"""A reply is offered for as long as it makes sense, and a file fetched as often as that does."""

import math
from collections.abc import Sequence

import pytest

from adapters.shared.fetching import TRIES, Fetching
from adapters.shared.telling import LONGEST_PAUSE, PATIENCE, Telling
from bot import texts
from bot.conversation import Posted, Reply, ShownClip
from bot.errors import ChatError, Flood, Gone, Refusal, TooLarge, Unconfirmed, Unshowable
from bot.model import Address
from bot.sentence import verbatim
from tests.fakes import RecordingChat
from tests.houses import Clock, House
from tests.strange import english

PLACE = Address("telegram", "7", "8")


class FailingChat:
    """A chat that raises these errors first, and a clock that its sleeps move on."""

    def __init__(self, house: House, clock: Clock, errors: Sequence[Exception]) -> None:
        self.clock = clock
        self.errors = list(errors)
        self.slept: list[float] = []
        self.said: list[str] = []
        self.chat = RecordingChat()
        self.telling = Telling(house.core, self.chat, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.tick(seconds)

    async def send(self, reply: Reply) -> Posted:
        if self.errors:
            raise self.errors.pop(0)
        self.said.append("\n".join([reply.text, *(button.label for button in reply.buttons)]))
        return Posted("9")

    async def tell(self, reply: Reply | None = None, *, once: bool = False) -> Posted | None:
        return await self.telling.tell(reply or Reply(verbatim("hello")), self.send, lambda _: once)


async def test_haste_is_waited_for_and_other_trouble_ever_longer(house: House, clock: Clock) -> None:
    failing = FailingChat(house, clock, [Flood(7), ChatError("x"), ChatError("x"), Unconfirmed("x")])
    assert await failing.tell() == Posted("9")
    assert failing.said == ["hello"]
    assert failing.slept == [7, 2, 4, 8]


async def test_what_may_be_there_is_not_said_twice_where_that_is_in_the_way(house: House, clock: Clock) -> None:
    failing = FailingChat(house, clock, [Unconfirmed("x")])
    assert await failing.tell(once=True) is None
    assert not failing.said


@pytest.mark.parametrize("trouble", [TooLarge(1), Unshowable("x")])
async def test_what_is_said_instead_of_a_clip_is_in_the_language_of_the_reply(
    house: House, clock: Clock, strange: str, trouble: ChatError
) -> None:
    failing, job = FailingChat(house, clock, [trouble]), await house.finish(await house.order())
    assert job.clip
    shown = ShownClip(house.media.stored(job.clip.name), job.clip)
    assert await failing.tell(Reply(texts.jobs.DONE, clip=shown, job=job.id).into(strange))
    assert len(failing.said[0].splitlines()) > 1
    assert english(failing.said[0]) == []


async def test_whom_nobody_finds_is_told_nothing(house: House, clock: Clock) -> None:
    failing = FailingChat(house, clock, [Gone("x")])
    assert await failing.tell() is None
    assert not failing.slept


async def test_patience_has_an_end(house: House, clock: Clock) -> None:
    failing = FailingChat(house, clock, [ChatError("x")] * 1000)
    assert await failing.tell() is None
    assert PATIENCE - LONGEST_PAUSE <= sum(failing.slept) <= PATIENCE
    late = FailingChat(house, clock, [Flood(PATIENCE + 1)])
    assert await late.tell() is None
    assert not late.slept


async def test_a_message_that_cannot_be_taken_away_is_no_mistake(house: House, clock: Clock) -> None:
    failing = FailingChat(house, clock, [])
    failing.chat.trouble = [ChatError("x")]
    await failing.telling.take_away(PLACE)
    assert failing.chat.removed == []
    await failing.telling.take_away(PLACE)
    assert failing.chat.removed == ["8"]


@pytest.mark.parametrize("failures", [0, TRIES - 1, math.inf])
async def test_a_hiccup_is_not_the_persons_to_see(house: House, clock: Clock, failures: float) -> None:
    failing, tries = FailingChat(house, clock, []), 0

    async def read() -> bytes:
        nonlocal tries
        tries += 1
        if tries <= failures:
            raise Flood(9) if tries == 1 else ChatError("x")
        return b"photo"

    attachment = Fetching(lambda error: isinstance(error, ChatError), failing.sleep).attachment(read, "end", video=True)
    assert (attachment.role, attachment.video, tries) == ("end", True, 0)
    if failures < TRIES:
        assert [piece async for piece in attachment.fetch()] == [b"photo"]
    else:
        with pytest.raises(ChatError):
            await anext(attachment.fetch())
    assert tries == min(failures + 1, TRIES)
    assert failing.slept == [9, 2, 3][: tries - 1]


async def test_what_is_no_hiccup_is_said_at_once(house: House, clock: Clock) -> None:
    failing = FailingChat(house, clock, [])

    async def read() -> bytes:
        raise Refusal("too large")

    with pytest.raises(Refusal):
        await anext(Fetching(lambda _: False, failing.sleep).attachment(read, video=False).fetch())
    assert not failing.slept
