"""Answers in a language in which every letter of a sentence is another one."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from bot import languages, texts
from bot.admin import chart
from bot.commands import table
from bot.conversation import Inbound, Reply
from bot.model import UNREADABLE, Address, Incident
from bot.quotas.pricing import Policy
from bot.sentence import Sentence
from bot.texts import phrases
from tests.houses import House, attached, configure
from tests.strange import english, english_in


async def yes() -> bool:
    return True


@pytest.mark.parametrize("private", [True, False])
async def test_every_command_answers_in_the_language_it_was_asked_in(house: House, strange: str, private: bool) -> None:
    where = Address("telegram", "7" if private else "-1", "m")
    asker = Inbound(where, "7", "k", label="Ann", language=strange, shared=not private, administers=yes)
    if not private:
        asker = replace(asker, scope="telegram:-1", community="Lake Town", moderates=yes)
    ordered = await house.core.handle(replace(asker, key="order", text="she smiles", attachments=(attached(),)))
    assert ordered.job
    assert english_in(ordered) == []
    await house.finish(await house.job(ordered.job))
    left = {}
    for number, row in enumerate(table.TABLE.values()):
        for more in ("", " nosuch", f" {ordered.job}"):
            key = f"{number}{more}"
            reply = await house.core.handle(replace(asker, key=key, text=f"/{row.name}{more}"))
            if found := english_in(reply):
                left[f"/{row.name}{more}"] = found
    assert left == {}


async def test_refusals_of_orders_and_of_decoders_are_told_in_it(house: House, strange: str) -> None:
    asker = Inbound(Address("telegram", "7", "m"), "7", "k", language=strange)
    for number, (words, pictures) in enumerate(
        [
            ("she smiles", ()),
            ("", (attached(),)),
            ("she smiles", (attached(b"garbage"),)),
            ("she smiles", (attached(b""),)),
            ("she smiles --duration 7", (attached(),)),
            ("she smiles --nosuch", (attached(),)),
            ("she smiles", (attached(), attached(), attached())),
            ("/nosuch", ()),
            ("x" * 9000, (attached(),)),
        ]
    ):
        reply = await house.core.handle(replace(asker, key=str(number), text=words, attachments=pictures))
        assert reply.text
        assert english_in(reply) == [], words


async def test_words_that_cannot_be_decrypted_are_told_in_it(house: House, strange: str) -> None:
    job = await house.order("she smiles")
    await house.finish(job)
    await house.core.context.store._db.write(
        lambda tx: tx.all("UPDATE jobs SET wording = 'sealed:1:' WHERE id = $1", job.id)
    )
    asker = Inbound(Address("telegram", "7", "m"), "7", "k", language=strange)
    for line in ("/jobs", "/delete", f"/new {job.id}", f"/again {job.id}"):
        reply = await house.core.handle(replace(asker, key=line, text=line))
        assert english_in(reply) == [], line
    assert phrases.UNREADABLE == UNREADABLE
    assert UNREADABLE.into(strange) != UNREADABLE
    assert phrases.shorten(UNREADABLE, 9) == UNREADABLE


async def test_a_status_line_and_a_result_go_through_the_worker_as_ids_and_arguments(
    house: House, strange: str
) -> None:
    job = await house.order("she smiles --10s")
    status = await house.core.status(await house.job(job.id))
    assert await house.core.track(job.id, "status", status.text)
    assert (await house.job(job.id)).shown == await house.store.digest(status.text.packed)
    await house.finish(job)
    assert house.chat.sent
    for _, reply in house.chat.sent:
        assert english_in(reply.into(strange)) == []


COMMANDS = (
    r"Europe/Paris|telegram:-?\d+|local|wordlist add|quota set|limits \w+|gallery \w+|\b(pause|resume|cap|ban|hide)\b"
)
"""What acts are called by, and names."""


def labels(reply: Reply) -> list[Sentence]:
    return [button.label for button in reply.buttons]


def here(strange: str, user: str, text: str, **more: Any) -> Inbound:
    """Said in a group, whose admin is 7."""
    address = Address("telegram", "-1", f"m{user}{text}")
    asked = {"label": "Ann", "shared": True, "scope": "telegram:-1", "community": "Lake Town", "language": strange}
    if user == "7":
        asked |= {"administers": yes, "moderates": yes}
    return Inbound(address, user, f"{user}{text}", text, **(asked | more))


async def test_what_happens_to_a_shared_clip_is_told_in_it(house: House, strange: str) -> None:
    said: dict[str, Reply] = {}
    left: dict[str, list[str]] = {}

    async def say(user: str, text: str, **more: Any) -> Reply:
        said[f"{user} {text}"] = reply = await house.core.handle(here(strange, user, text, **more))
        assert reply.text
        return reply

    await say("7", "/gallery here")
    await say("7", "/gallery review here")
    await say("7", "/gallery best week")
    ordered = await say("8", "she smiles", attachments=(attached(),))
    assert ordered.job
    await house.finish(await house.job(ordered.job))
    await say("8", f"/share {ordered.job}")
    await say("8", f"/share {ordered.job} plain")
    (share,) = await house.store.gallery.mine("telegram:8")
    for user, text in (
        *(("9", f"/report {share.id}"), ("9", f"/report {share.id} spam"), ("9", f"/report {share.id} spam")),
        *(("10", f"/report {share.id} other"), ("10", f"/report {share.id} she waves"), ("7", "/review")),
        *(
            ("9", f"/heart {share.id}"),
            ("9", f"/remix {share.id}"),
            ("7", "/best"),
            ("8", "/unshare"),
            ("8", "/sharing"),
        ),
        *(("7", f"/banish {share.id}"), ("7", "/audit"), ("7", "/gallery")),
    ):
        await say(user, text)
    refused = await say("8", "she smiles again", attachments=(attached(),))
    assert texts.phrases.BANNED_BECAUSE.into(strange) in refused.text
    assert texts.sharing.REASONS["spam"].into(strange) in said["7 /review"].text
    assert texts.phrases.THE_MAKER.into(strange) in said["7 /audit"].text
    for entry in await house.store.outbox.claim(house.clock() + 9e9, 1.0, 99, ["telegram"]):
        assert english(entry.text.into(strange)) == [], entry
    for what, reply in said.items():
        if found := english(re.sub(f"{share.id}|{COMMANDS}", "", "\n".join([reply.text, *labels(reply)]))):
            left[what] = found
    assert left == {}


async def test_what_admins_set_and_see_is_told_in_it(house: House, strange: str) -> None:
    configure(house.core, owners=frozenset({"telegram:7"}), policy=Policy(30, price=0.25, money_day=9_000_000))
    ordered = await house.core.handle(here(strange, "7", "she smiles", attachments=(attached(),)))
    assert ordered.job
    await house.finish(await house.job(ordered.job))
    await house.store.note(Incident(house.clock(), texts.incidents.out_of_use("Telegram", texts.incidents.USED_UP, 10)))
    left, papers = {}, []
    for text in (
        *(
            "/quota set default 3 a week",
            "/limits flight 1",
            "/limits longest 5",
            "/limits confirm 4",
            "/limits channels here",
        ),
        *("/limits zone Europe/Paris", "/wordlist add nosuch", "/wordlist", "/limits", "/usage", "/audit", "/export"),
        *("/operator", "/operator pause", "/operator resume", "/operator cap 9", "/operator nosuch"),
    ):
        reply = await house.core.handle(here(strange, "7", text))
        assert reply.text, text
        papers += reply.papers
        if found := english(re.sub(COMMANDS, "", "\n".join([reply.text, *labels(reply)]))):
            left[text] = found
    assert left == {}
    assert [paper.name for paper in papers] == ["usage.png", "ledger.csv", "audit.csv"]


async def test_refusals_for_credits_are_told_in_it(house: House, strange: str) -> None:
    configure(house.core, policy=Policy(7, price=0.25))
    for number, (text, changes) in enumerate(
        [
            ("she smiles", {}),
            ("she waves", {}),
            ("she smiles --10s", {}),
            ("she smiles", {"policy": Policy(30, day=1)}),
            ("she smiles", {"policy": Policy(30, month=1)}),
            ("she smiles", {"policy": Policy(30, price=0.25, money_day=1)}),
        ]
    ):
        configure(house.core, **changes)
        asker = replace(here(strange, f"{8 + number // 2}", text, attachments=(attached(),)), key=f"key{number}")
        reply = await house.core.handle(asker)
        assert reply.refused is (number > 0), text
        assert english_in(reply) == [], text


async def test_the_file_about_an_export_is_in_it(house: House, strange: str) -> None:
    asker = Inbound(Address("telegram", "7", "m"), "7", "k", "she smiles", (attached(),), language=strange)
    assert (await house.core.handle(asker)).job
    reply = await house.core.handle(replace(asker, key="data", text="/mydata", attachments=()))
    with zipfile.ZipFile(io.BytesIO(reply.papers[0].data)) as bundle:
        about = bundle.read("about.txt").decode()
    names = r"photos/|clips/|\w+\.(json|csv)|telegram:7"
    assert english(re.sub(names, "", about)) == []


def test_a_chart_is_drawn_in_letters_that_its_font_has(strange: str) -> None:
    """Wide letters would be boxes; those of other Latin languages are there."""
    days = [chart.Day(texts.reports.chart_day(n * 86_400.0, UTC), n, n, 0, 0.5) for n in range(3)]
    head, sums = texts.reports.last_days(3), texts.reports.CHART["sums"].fill(clips=1, credits=2, refunds=3)
    in_english = chart.draw(head, sums, days, languages.ENGLISH)
    assert chart.draw(head, sums, days, strange) == in_english
    assert chart.draw(head, sums, days, "de") != in_english  # 2. Jan.


@pytest.mark.parametrize("language", ["xx_YY", "", "../../etc/passwd", "x" * 9000])
async def test_a_language_that_does_not_exist_breaks_no_answer(house: House, language: str) -> None:
    asker = Inbound(Address("telegram", "7", "m"), "7", "k", "she smiles", (attached(),), language=language)
    reply = await house.core.handle(asker)
    assert reply.job
    assert "5 credits, 25 left today" in reply.text


async def test_english_is_the_default(house: House) -> None:
    reply = await house.core.handle(Inbound(Address("telegram", "7", "m"), "7", "k", "/nosuch"))
    assert reply.text == texts.chat.unknown_command("nosuch")
