"""/privacy: what people are told about what is kept of them."""

import re

import pytest

from bot import texts
from bot.context import Kept
from tests.bot.privacy.ann import ANN, ANNS_OTHER, DAY, HOUR, link, say
from tests.houses import House, configure
from tests.traces import a_past

pytestmark = pytest.mark.databases


async def test_privacy_says_what_is_set(house: House) -> None:
    configure(house.core, kept=Kept(12 * HOUR, 7 * DAY))
    said = (await say(house, "/privacy")).text
    for words in (
        "photos until 12 hours",
        "clips until 7 days",
        "Telegram",
        "stand-in",
        "/mydata",
        "/forgetme",
        "/sharing",
    ):
        assert words in said
    assert "Discord" in (await say(house, "/privacy", ANNS_OTHER)).text
    assert texts.privacy.span(24 * HOUR) == "24 hours"
    assert texts.privacy.span(HOUR) == "1 hour"
    assert texts.privacy.span(30 * DAY) == "30 days"
    assert texts.privacy.span(1.5 * HOUR) == "1.5 hours"


async def test_the_page_names_its_own_ways_and_leads_to_them(house: House) -> None:
    said = await say(house, "/privacy", "web:somebody")
    assert not re.search(r"(?<!\w)/\w", said.text)
    assert texts.page.PAGE["history"] in said.text
    assert texts.page.PAGE["mydata"] in said.text
    (button,) = said.buttons
    await a_past(house.store, house.media, "one", "web:somebody", house.clock())
    asked = await say(house, button.command, "web:somebody")
    assert [one.label for one in asked.buttons] == [texts.privacy.FORGET, texts.privacy.KEEP]
    assert not (await say(house, "/privacy")).buttons


async def test_whoever_left_nothing_is_told_so_at_once(house: House) -> None:
    asked = await say(house, "/forgetme")
    assert (asked.text, asked.buttons, asked.private) == (texts.privacy.MYDATA_NOTHING, (), True)
    await house.store.gallery.prefer(ANN, agreed_at=house.clock())
    assert (await say(house, "/forgetme")).buttons, "a consent is something"


async def test_a_page_with_the_stand_in_is_told_of_no_chat_and_no_service(house: House) -> None:
    person = "web:somebody"
    await a_past(house.store, house.media, "one", person, house.clock())
    told = [(await say(house, "/privacy", person)).text]
    asked = await say(house, "/forgetme", person)
    told += [asked.text, (await say(house, asked.buttons[0].command, person)).text]
    for text in told:
        for words in ("service", "called on", "; your name", "message", "rules of"):
            assert words not in text


async def test_whoever_is_linked_hears_on_the_page_of_messages_in_chats(house: House) -> None:
    await link(house, "web:somebody", ANN)
    asked = await say(house, "/forgetme", "web:somebody")
    assert "my messages with your clips" in asked.text
    said = await say(house, asked.buttons[0].command, "web:somebody")
    assert "your own messages and older messages that the chat no longer lets me delete." in said.text


@pytest.mark.parametrize(("platform", "hosts", "there"), [
    ("web", ["aimlapi"], [" what the video service keeps."]),
    ("telegram", ["local", "apilaplas"], ["your own messages, older", "delete and what the video service keeps."]),
])  # fmt: skip
def test_what_cannot_be_reached_is_named(platform: str, hosts: list[str], there: list[str]) -> None:
    said = texts.privacy.unreached(platform, 1, hosts)
    assert all(words in said for words in there), said
    assert "rules of their own" in texts.privacy.privacy(platform, hosts, HOUR, DAY)


async def test_an_operator_who_ordered_nothing_is_forgotten_with_the_session_of_the_page(house: House) -> None:
    configure(house.core, owners=frozenset({ANN}))
    token = "t" * 40
    await house.store.operator_sessions.offer(token, ANN, house.clock(), house.clock() + HOUR)
    session = await house.core.overview.enter(token)
    assert session
    assert await house.core.overview.whose(session) == ANN
    asked = await say(house, "/forgetme")
    assert asked.buttons
    await say(house, asked.buttons[0].command)
    assert await house.core.overview.whose(session) is None
    assert (await say(house, "/forgetme")).text == texts.privacy.MYDATA_NOTHING
