"""Quotas and admins on Telegram: who is meant, who may, what is heard; through the real library."""

import time
from dataclasses import replace

import pytest

from adapters.telegram import people as people_module
from bot import texts
from bot.conversation import MENTION, Inbound, Paper, Reply
from bot.model import Address
from bot.operator_notices import to_operators
from bot.quotas import pricing
from bot.sentence import verbatim
from tests.adapters.telegram.telegram_town import ME, Town
from tests.houses import configure, picture
from tests.loopback.telegram.faults import Refuse

# ── What admins say ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_member_is_refused_in_words_and_once_a_minute(town: Town) -> None:
    set_ = await town.hears(town.ann, "/quota set default 7 a day", "everyone: 7 credits a day from now on.")
    assert set_.labels == [texts.admin.UNDO]
    await town.orders(town.bob, "5 credits, 2 left today")
    denied = await town.orders(
        town.bob, "That clip costs 5 credits, and you have 2 left today. You get new ones at midnight UTC"
    )
    assert "Ask an admin here." in denied.words
    count = len(town.api.sent(town.group))
    town.api.photo(town.bob, town.group, picture(), f"/animate@{ME} once more")
    await town.hears(town.bob, f"/quota@{ME}", "You have 2 credits left today")
    assert len(town.api.sent(town.group)) == count + 1
    await town.orders(town.cem, "5 credits, 2 left today")


async def test_a_tap_that_is_refused_again_says_so_to_whoever_tapped_alone(town: Town) -> None:
    status = await town.orders(town.bob, "25 left today")
    job_id = status.buttons[0][0]["callback_data"].split()[1]
    town.rig.go_on()
    clip = await town.rig.clip(town.group)
    await town.hears(town.ann, "/quota set default 5 a day", "everyone")
    again = next(button["callback_data"] for row in clip.buttons for button in row if f"/again {job_id}" in str(button))
    assert "That clip costs 5 credits" in await town.taps(town.bob, clip, again)
    clip.buttons[0].append({"text": "the same for the fake", "callback_data": again + " she waves"})
    count = len(town.api.sent(town.group))
    assert await town.taps(town.bob, clip, again + " she waves") == texts.chat.TOLD
    assert len(town.api.sent(town.group)) == count


@pytest.mark.parametrize(
    "said",
    ["/quota set default 500 a day", "/grant 50", "/ban", "/limits flight 9", "/usage", "/export", "/audit", "/unban"],
)
async def test_what_admins_say_is_refused_to_members(town: Town, said: str) -> None:
    theirs = town.api.say(town.cem, town.group, "hello")
    await town.hears(town.bob, said, texts.admin.NOT_ADMIN, reply_to=theirs)
    assert not await town.rig.house.store.figures.audit(town.scope, 9)


async def test_whom_a_grant_is_for(town: Town) -> None:
    theirs = town.api.say(town.bob, town.group, "hello")
    await town.hears(
        town.ann, "/grant 50 because they won", "@Bob got 50 credits, without end. The reason:", reply_to=theirs
    )
    await town.mentions(town.ann, "/grant {} 20", town.cem, "@Cem 🎬 got 20 credits")
    await town.hears(town.ann, "/grant @dora_77 10", texts.admin.WHOSE_NAME)
    await town.hears(town.dora, f"/quota@{ME}", "30 credits left today")
    await town.hears(town.ann, f"/grant@{ME} @dora_77 10 until Friday", "@dora_77 got 10 credits until")
    await town.hears(town.ann, f"/grant {MENTION} 10", texts.admin.WHOSE)
    own = town.api.sent(town.group)[-1]
    await town.hears(town.ann, "/grant 10", texts.admin.WHOSE, reply_to=own)
    await town.hears(town.bob, f"/quota@{ME}", "50 credits that you were given")
    await town.hears(town.dora, f"/quota@{ME}", "10 credits that you were given")
    grants = [(act.about, act.name) for act in await town.rig.house.store.figures.audit(town.scope, 9)]
    assert sorted(grants) == sorted((f"person:telegram:{user.id}", "Ann") for user in (town.bob, town.cem, town.dora))


async def test_a_command_behind_a_mark_of_direction_names_people_as_well(town: Town) -> None:
    await town.mentions(town.ann, "\u200f/quota: set {} 7 a day", town.bob, "7 credits a day")


async def test_a_username_that_somebody_gave_up_names_nobody(town: Town) -> None:
    await town.hears(town.dora, f"/quota@{ME}", "30 credits")
    town.dora.username = None
    await town.hears(town.ann, "/ban @dora_77", texts.admin.WHOSE_NAME)


async def test_a_username_is_noted_once_a_day_and_known_after_a_restart(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    inbox = town.rig.house.store.inbox
    real = inbox.remember

    async def remember(platform: str, chat: str, name: str, value: str, until: float, about: list[str]) -> None:
        noted.append(name)
        assert until - time.time() == pytest.approx(people_module.KEPT, abs=60)
        await real(platform, chat, name, value, until, about)

    monkeypatch.setattr(inbox, "remember", remember)
    for _ in range(3):
        await town.hears(town.dora, f"/quota@{ME}", "30 credits")
    assert noted == ["name:dora_77"]
    town.rig.telegram._messages._people._noted.clear()
    await town.hears(town.ann, "/ban @dora_77", "@dora_77 can't order clips here any more.")


async def test_a_topics_first_message_is_nobodys_answer(town: Town) -> None:
    forum = town.api.supergroup(town.ann, town.bob, creator=town.ann, is_forum=True)
    town.group = forum
    thread = town.api.topic(town.bob, forum)
    await town.hears(town.ann, "/ban", texts.admin.WHOSE, thread=thread)
    await town.hears(town.ann, "/limits channels here", "Orders are taken here.", thread=thread)
    await town.orders(town.bob, "I don't take orders in this channel.")
    town.api.photo(town.bob, forum, picture(), f"/animate@{ME} she smiles", thread=thread)
    assert (await town.rig.told(forum, "25 left today")).thread == thread
    theirs = town.api.say(town.bob, forum, "hello", thread=thread)
    await town.hears(town.ann, "/ban", "@Bob can't order clips here", thread=thread, reply_to=theirs)


async def test_a_ban_and_its_undo(town: Town) -> None:
    theirs = town.api.say(town.bob, town.group, "hello")
    banned = await town.hears(
        town.ann, "/ban for 2 weeks because of spam", "can't order clips here until", reply_to=theirs
    )
    await town.orders(town.bob, "The reason: spam")
    assert await town.taps(town.bob, banned, texts.admin.UNDO) == texts.admin.NOT_ADMIN
    assert await town.taps(town.ann, banned, texts.admin.UNDO) == texts.admin.UNDONE
    await town.orders(town.bob, "25 left today")


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_of_one_group_has_no_say_in_another(town: Town) -> None:
    other = town.api.supergroup(town.bob, town.ann, title="Others", creator=town.bob)
    set_ = await town.hears(town.ann, "/quota set default 7 a day", "everyone")
    home, town.group = town.group, other
    await town.hears(town.ann, "/quota set default 500 a day", texts.admin.NOT_ADMIN)
    mine = await town.hears(town.bob, "/quota set default 9 a day", "everyone: 9")
    mine["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = set_.buttons[0][0]["callback_data"]
    assert await town.taps(town.bob, mine, texts.admin.UNDO) == texts.admin.NOT_HERE
    town.group = home
    await town.hears(town.cem, f"/quota@{ME}", "7 credits left today")


async def test_an_admin_who_was_one_a_second_ago(town: Town) -> None:
    town.api.set_member(town.bob, town.group, "administrator")
    await town.hears(town.bob, "/quota set default 7 a day", "everyone")
    town.api.set_member(town.bob, town.group, "member")
    await town.hears(town.bob, "/quota set default 500 a day", texts.admin.NOT_ADMIN)


async def test_when_telegram_does_not_answer_nobody_is_an_admin(town: Town) -> None:
    town.api.trouble["getChatMember"] = [Refuse(400, "Bad Request: member list is inaccessible"), Refuse(502)]
    for _ in range(2):
        await town.hears(town.ann, "/quota set default 500 a day", texts.admin.NOT_ADMIN)
    await town.hears(town.ann, "/quota set default 500 a day", "everyone: 500")


async def test_an_anonymous_admin_speaks_for_the_group(town: Town) -> None:
    town.api.set_member(town.bob, town.group, "administrator", anonymous=True)
    set_ = await town.hears(town.bob, "/quota set default 7 a day", "everyone: 7")
    (act,) = await town.rig.house.store.figures.audit(town.scope, 9)
    assert (act.actor, act.name) == (town.scope, "Friends")
    assert await town.taps(town.bob, set_, texts.admin.UNDO) == texts.admin.UNDONE


# ── Papers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_usage_is_a_picture_and_export_two_documents(town: Town) -> None:
    await town.orders(town.bob, "25 left today")
    await town.hears(town.ann, "/usage", texts.chat.SENT_ALONE)
    (usage,) = town.api.sent(town.rig.private)
    assert "photo" in usage
    assert "The last 7 days" in usage.words
    assert "Bob" in usage.words
    await town.hears(town.ann, "/export", texts.chat.SENT_ALONE)
    _, first, second = town.api.sent(town.rig.private)
    assert not {"photo", "document"} & {key for post in town.api.sent(town.group) for key in post}
    assert (first["document"]["file_name"], second["document"]["file_name"]) == ("ledger.csv", "audit.csv")
    assert first.words == texts.reports.EXPORTED
    assert first.clip
    assert f"telegram:{town.bob.id}".encode() in first.clip


async def test_what_is_for_the_asker_alone_stays_out_of_the_group_if_it_cannot_be_told(town: Town) -> None:
    town.api.set_member(town.bob, town.group, "administrator")
    await town.orders(town.cem, "25 left today")
    away = await town.hears(town.bob, "/usage", "Write to me in private first")
    assert f"https://t.me/{ME}" in away.words
    assert town.api.called("sendPhoto")[-1].code == 403
    town.api.private(town.bob)
    await town.hears(town.bob, "/usage", texts.chat.SENT_ALONE)
    assert "photo" in town.api.sent(town.api.private(town.bob))[0]
    town.api.set_member(town.bob, town.group, "administrator", anonymous=True)
    await town.hears(town.bob, "/usage", texts.chat.NOT_FOR_ANONYMOUS)
    assert not {"photo", "document"} & {key for post in town.api.sent(town.group) for key in post}


async def test_a_table_too_long_for_a_caption_comes_before_its_picture(town: Town) -> None:
    table = "🎬" * 513  # Telegram counts each twice
    papers = (Paper("a.png", picture(kind="PNG"), picture=True), Paper("b.csv", b"1,2"))
    await town.rig.telegram._messages._replies.tell(
        Address("telegram", str(town.group.id)), Reply(verbatim(table), papers=papers)
    )
    first, second, third = town.api.sent(town.group)
    assert (first["text"], second.words, third.words) == (table, "", "")
    assert "photo" in second
    assert (third["document"]["file_name"], third.clip) == ("b.csv", b"1,2")


# ── Above and beside ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_operator_hears_first_that_buying_has_stopped(town: Town) -> None:
    core = town.rig.house.core
    configure(core, policy=pricing.Policy(30, day=7))
    configure(core, owners=frozenset({f"telegram:{town.dora.id}"}))
    configure(core, tell=to_operators([f"telegram:{town.dora.id}"], {"telegram": town.rig.chat}))
    private = town.api.private(town.dora)
    await town.orders(town.bob, "25 left today")
    await town.orders(town.bob, "No clips can be made right now")
    (alarm,) = town.api.sent(private)
    assert alarm.words.startswith("Buying has stopped for everybody")
    await town.orders(town.cem, "No clips can be made right now")
    assert len(town.api.sent(private)) == 1
    await town.hears(town.dora, "/quota set default 3 a day", "everyone: 3")
    town.api.say(town.dora, private, "/operator")
    await town.rig.told(private, "Credits today: 5 of 7")


async def test_rules_and_books_move_with_a_group(town: Town) -> None:
    town.group = town.api.group(town.ann, town.bob, creator=town.ann)
    await town.hears(town.ann, "/quota set default 7 a day", "everyone: 7")
    await town.hears(town.ann, "/limits channels here", "Orders are taken")
    await town.orders(town.bob, "5 credits, 2 left today")
    town.group = town.api.migrate(town.group)
    await town.api.until(lambda: not town.api.pending)
    await town.rig.settled()
    await town.hears(town.bob, f"/quota@{ME}", "You have 2 credits left today")
    await town.orders(town.bob, "you have 2 left today")
    await town.hears(town.ann, "/audit", "Ann · quota set everyone")


async def test_a_code_from_telegram_is_entered_on_discord(town: Town) -> None:
    rig, core = town.rig, town.rig.house.core
    await town.hears(town.ann, f"/link@{ME}", texts.credits.LINK_ALONE)
    rig.api.say(rig.ann, rig.private, "/link")
    code = (await rig.told(rig.private, "/link ")).words.split("/link ")[1].split()[0]
    said = Inbound(Address("discord", "dm", "1"), "42", "discord:1", f"/link {code}")
    assert (await core.handle(said)).text == texts.credits.LINKED
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.told(rig.private, "25 left today")
    mine = await core.handle(replace(said, key="discord:2", text="/quota"))
    assert mine.text.startswith("You have 25 credits left today")
    assert "1." in (await core.handle(replace(said, key="discord:3", text="/jobs"))).text


async def test_a_guest_who_is_refused_again_is_not_left_waiting(town: Town) -> None:
    configure(town.rig.house.core, policy=pricing.Policy(3))
    for words in ("That clip costs 5 credits", texts.chat.TOLD):
        post = town.api.guest(town.bob, f"@{ME} she smiles", photo=picture())
        where = f"inline-{post['guest_query_id']}"
        await town.api.until(lambda where=where, words=words: words in getattr(town.api.inline.get(where), "words", ""))
