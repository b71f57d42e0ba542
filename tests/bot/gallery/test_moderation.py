"""Reports, and what admins make of them: who may, what they are told, and what becomes of the clip."""

import asyncio

import pytest

from bot import texts
from bot.errors import Flood
from bot.gallery.model import Share
from tests.bot.gallery.gallery_house import OTHER, TOWN, Square, Wall, commands


@pytest.fixture
def walls() -> dict[str, Wall]:
    return {"telegram": Wall(), "discord": Wall()}


async def report(square: Square, share: Share, *users: str, reason: str = "spam") -> list[str]:
    """What each is told."""
    return [(await square.say(f"/report {share.id} {reason}", user=user)).text for user in users]


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_report_has_a_reason_by_button_and_reaches_the_office_without_a_name(square: Square) -> None:
    await square.reviewed()
    share = await square.shared()
    asked = await square.say(f"/report {share.id}", user="8")
    assert asked.text == texts.sharing.REPORT_WHY
    assert asked.private
    buttons = commands(asked)
    assert len(buttons) == len(texts.sharing.REASONS) + 1
    assert await square.house.store.gallery.reports(share.id) == []
    told = await square.say(buttons["Violent or cruel"], user="8", label="Secret Reporter")
    assert (told.text, told.private) == (texts.sharing.REPORTED, True)
    await square.work()
    (notice,) = square.notices()
    assert notice.text == "Somebody reported this clip: Violent or cruel.\n“she smiles” · by User 7"
    assert notice.clip
    assert commands(notice) == {
        "Hide": f"/hide {share.id}",
        "Keep": f"/keep {share.id}",
        "Ban": f"/banish {share.id}",
    }
    everything = [reply.text for _, reply in square.wall.sent] + [str(notice)]
    assert not any("Secret" in text or "telegram:8" in text for text in everything)
    assert len(square.posts()) == 1  # one report hides nothing


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("1", "Someone didn't agree"),
        (str(len(texts.sharing.REASONS)), list(texts.sharing.REASONS.values())[-1]),
        (str(len(texts.sharing.REASONS) + 1), str(len(texts.sharing.REASONS) + 1)),
        ("STOLEN", "Not theirs to share"),
        ("other it is\nmy cat", "it is my cat"),
        ("it is my cat", "it is my cat"),
        ("99", "99"),
        ("²", "²"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
async def test_a_reason_is_a_word_a_number_or_ones_own(square: Square, said: str, kept: str) -> None:
    share = await square.shared()
    assert await report(square, share, "8", reason=said) == [texts.sharing.REPORTED]
    assert [one.reason for one in await square.house.store.gallery.reports(share.id)] == [kept]


async def test_something_else_is_asked_about(square: Square) -> None:
    share = await square.shared()
    asked = await square.say(commands(await square.say(f"/report {share.id}", user="8"))["Something else"], user="8")
    assert (asked.text, asked.ask) == (texts.sharing.REPORT_OTHER, f"/report {share.id} other")
    assert await report(square, share, "8", reason="other my cat") == [texts.sharing.REPORTED]


@pytest.mark.databases
async def test_three_people_hide_a_clip_and_one_alone_never(square: Square) -> None:
    await square.reviewed()
    share = await square.shared()
    assert await report(square, share, "8", "8", "8") == [
        texts.sharing.REPORTED,
        texts.sharing.REPORTED_ALREADY,
        texts.sharing.REPORTED_ALREADY,
    ]
    assert (await square.share(share)).state == "up"
    told = await asyncio.gather(*(report(square, share, user) for user in ("9", "10")))
    assert sorted(text for told_to in told for text in told_to) == [
        texts.sharing.REPORTED_HIDDEN,
        texts.sharing.REPORTED,
    ]
    assert (await square.share(share)).state == "hidden"
    await square.work()
    assert square.posts() == []
    assert any("It is hidden until one of you decides." in notice.text for notice in square.notices())
    assert await report(square, share, "11") == [texts.sharing.UNKNOWN_SHARE]


async def test_ones_own_clip_is_taken_back_not_reported(square: Square) -> None:
    share = await square.shared()
    reply = await square.say(f"/report {share.id} spam")
    assert (reply.text, commands(reply)) == (texts.sharing.REPORT_OWN, {"Unshare": f"/unshare {share.job}"})
    assert await square.house.store.gallery.reports(share.id) == []


@pytest.mark.parametrize("said", ["/report", "/keep", "/hide", "/banish"])
async def test_a_verb_without_a_clip_says_where_they_are(square: Square, said: str) -> None:
    heard = texts.sharing.REPORT_HOW if said == "/report" else texts.sharing.WHICH_SHARE
    assert (await square.say(said, user="1")).text == heard
    assert (await square.say(f"{said} nosuchclip", user="1")).text == texts.sharing.UNKNOWN_SHARE


# ── What admins decide ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_keep_closes_the_reports_and_takes_the_notices_away(square: Square) -> None:
    await square.reviewed()
    share = await square.shared()
    await report(square, share, "8", "9")
    await square.work()
    assert len(square.notices()) == 2
    kept = await square.say(f"/keep {share.id}", user="1")
    assert (kept.text, commands(kept)) == (texts.sharing.KEPT, {"Hide": f"/hide {share.id}"})
    await square.work()
    assert square.notices() == []
    assert len(square.posts()) == 1
    assert await square.house.store.gallery.reports(share.id) == []
    assert await report(square, share, "8", "10") == [texts.sharing.REPORTED_ALREADY, texts.sharing.REPORTED]
    assert (await square.share(share)).state == "up"


async def test_hide_and_show_again(square: Square) -> None:
    share = await square.shared()
    hidden = await square.say(f"/hide {share.id}", user="1")
    assert (hidden.text, commands(hidden)) == (texts.sharing.HIDDEN, {"Show it again": f"/keep {share.id}"})
    await square.work()
    assert square.posts() == []
    assert (await square.say(f"/share {share.job}")).text == texts.sharing.SHARED_ALREADY["hidden"]
    assert (await square.say(f"/keep {share.id}", user="1")).text == texts.sharing.LET_IN
    await square.work()
    assert len(square.posts()) == 1
    audit = (await square.say("/audit", user="1")).text
    assert f"hide {share.id}" in audit
    assert f"keep {share.id}" in audit


async def test_what_was_hidden_does_not_come_back_by_sharing_it_again(square: Square) -> None:
    await square.reviewed()
    share = await square.shared()
    for user in ("8", "9", "10"):
        await report(square, share, user)
    for by_an_admin in (False, True):
        if by_an_admin:
            (share,) = await square.house.store.gallery.of_job(share.job)
            assert (await square.say(f"/hide {share.id}", user="1")).text == texts.sharing.REFUSED
        assert (await square.say(f"/unshare {share.job}")).text == texts.sharing.UNSHARED
        assert (await square.say(f"/share {share.job}")).text == texts.sharing.WAITS
        await square.work()
        assert square.posts() == []
        assert len(square.notices()) == 1
    (share,) = await square.house.store.gallery.of_job(share.job)
    assert (await square.say(f"/keep {share.id}", user="1")).text == texts.sharing.LET_IN
    await square.say(f"/unshare {share.job}")
    square.house.clock.tick(86_401)  # so often a day is too often
    assert (await square.say(f"/share {share.job}")).text.startswith("Shared in")
    await square.work()
    assert len(square.posts()) == 1


async def test_unsharing_takes_the_notices_away_too(square: Square) -> None:
    await square.reviewed()
    share = await square.shared()
    await report(square, share, "8")
    await square.work()
    await report(square, share, "9")  # its notice is not out yet
    await square.say(f"/unshare {share.job}")
    await square.work()
    assert (square.posts(), square.notices()) == ([], [])


@pytest.mark.parametrize("told", [True, False])
async def test_whoever_is_forgotten_has_said_nothing(square: Square, told: bool) -> None:
    await square.reviewed()
    share, other = [await square.shared() for _ in range(2)]
    await report(square, share, "8", reason="other it shows my door")
    await report(square, share, "9", reason="spam")
    await report(square, other, "8", reason="other it shows my cat")
    if told:
        await square.work()
    asked = await square.say("/forgetme", user="8")
    await square.say(asked.buttons[0].command, user="8")
    await square.work()
    assert [notice.text.splitlines()[0] for notice in square.notices()] == ["Somebody reported this clip: Spam."]
    assert (await square.say("/review", user="1")).text.splitlines()[0].startswith("1. reported: Spam ·")


async def test_each_notice_goes_however_often_a_clip_is_reported_and_kept(square: Square) -> None:
    await square.reviewed()
    share = await square.shared()
    for user in ("8", "9", "10"):
        await report(square, share, user)
        await square.work()
        square.wall.trouble = [Flood(1000)]  # the removal waits
        await square.say(f"/keep {share.id}", user="1")
        await square.work()
    assert len(square.notices()) == 3
    square.house.clock.tick(1001)
    await square.work()
    assert square.notices() == []


async def test_nothing_appears_before_an_admin_said_yes(square: Square) -> None:
    await square.reviewed()
    await square.open("approve on")
    job = await square.clip()
    assert (await square.say(f"/share {job.id} name words")).text == texts.sharing.WAITS
    (share,) = await square.house.store.gallery.of_job(job.id)
    await square.work()
    assert square.posts() == []
    (notice,) = square.notices()
    assert notice.text == "This clip waits for a yes.\n“she smiles” · by User 7"
    assert notice.clip
    assert commands(notice) == {
        "Show": f"/keep {share.id}",
        "Refuse": f"/hide {share.id}",
        "Ban": f"/banish {share.id}",
    }
    for verb in ("heart", "show", "report", "remix"):
        assert (await square.say(f"/{verb} {share.id}", user="8")).text == texts.sharing.UNKNOWN_SHARE
    assert (await square.say(f"/keep {share.id}", user="1")).text == texts.sharing.LET_IN
    await square.work()
    assert (len(square.posts()), square.notices()) == (1, [])


async def test_refused_it_never_appears(square: Square) -> None:
    await square.open("approve on")
    share = await square.shared()
    assert (await square.say(f"/hide {share.id}", user="1")).text == texts.sharing.REFUSED
    await square.work()
    assert square.posts() == []
    assert (await square.share(share)).state == "hidden"


async def test_ban_hides_the_clip_and_its_maker_orders_and_shares_no_more(square: Square) -> None:
    share, later = await square.shared("plain"), await square.clip()
    told = await square.say(f"/banish {share.id}", user="1")
    assert told.text == "Hidden, and the person who shared it can no longer order or share clips here."
    await square.work()
    assert square.posts() == []
    assert "The reason: a clip that was shared" in (await square.say("she runs", photo=True)).text
    assert (await square.say(f"/share {later.id}")).text == texts.sharing.MAY_NOT_SHARE
    assert "ban the person who shared it" in (await square.say("/audit", user="1")).text
    assert (await square.say(commands(told)["Undo"], user="1")).text == texts.admin.UNDONE
    assert (await square.say(f"/share {later.id}")).text.startswith("Shared")


async def test_a_ban_finds_the_member_behind_an_account_of_another_platform(square: Square) -> None:
    store, now = square.house.store, square.house.clock()
    await store.accounts.offer("discord:70", "code", now + 60)
    await store.accounts.join("telegram:7", "code", now, 5)
    job = await square.clip(user="70", scope="", platform="discord")
    assert (await square.say(f"/share {job.id} plain")).text.startswith("Shared")
    (share,) = await store.gallery.of_job(job.id)
    assert (share.person, share.copy_id) == ("discord:70", None)
    await square.say(f"/banish {share.id}", user="1")
    assert "person:telegram:7" in await store.quotas.rules(TOWN)
    assert "The reason: a clip that was shared" in (await square.say("she runs", photo=True)).text


@pytest.mark.parametrize("verb", ["keep", "hide", "banish"])
async def test_only_admins_of_that_community_judge(square: Square, verb: str) -> None:
    share = await square.shared()
    for user, scope, heard in (
        ("8", TOWN, texts.admin.NOT_ADMIN),
        ("7", TOWN, texts.admin.NOT_ADMIN),  # nor its maker
        ("2", TOWN, texts.admin.NOT_ADMIN),  # an admin of another one
        ("2", OTHER, texts.sharing.UNKNOWN_SHARE),  # who says it at home
        ("1", OTHER, texts.admin.NOT_ADMIN),
        ("1", "", texts.admin.NOT_IN_PRIVATE),
    ):
        assert (await square.say(f"/{verb} {share.id}", user=user, scope=scope)).text == heard
    await square.work()
    assert (await square.share(share)).state == "up"
    assert len(square.posts()) == 1
    assert not any(name.startswith("person:") for name in await square.house.store.quotas.rules(TOWN))


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_an_office_admins_find_it_under_review(square: Square) -> None:
    assert (await square.say("/review", user="1")).text == texts.sharing.NOTHING_TO_REVIEW
    assert (await square.say("/review", user="1", scope="")).text == texts.sharing.REVIEW_WHERE
    bad = await square.shared(text="she shouts")
    await report(square, bad, "8", reason="hateful")
    square.house.clock.tick(1)
    await square.open("approve on")
    new = await square.shared("plain", text="she waits")
    await square.work()
    listed = await square.say("/review", user="1")
    assert listed.private
    assert listed.text.split("\n") == [
        "1. reported: Hateful · “she shouts” · by User 7",
        "2. waits for a yes · shared without words · shared without a name",
    ]
    assert list(commands(listed))[:4] == ["Keep 1", "Hide 1", "Ban 1", "▶ 1"]  # two in a row where buttons are wide
    assert commands(listed) == {
        "▶ 1": f"/show {bad.id}",
        "Keep 1": f"/keep {bad.id}",
        "Hide 1": f"/hide {bad.id}",
        "Ban 1": f"/banish {bad.id}",
        "▶ 2": f"/show {new.id}",
        "Show 2": f"/keep {new.id}",
        "Refuse 2": f"/hide {new.id}",
        "Ban 2": f"/banish {new.id}",
    }
    assert (await square.say(f"/show {new.id}", user="1")).clip
    assert (await square.say("/review", user="8")).text == texts.admin.NOT_ADMIN
    assert (await square.say("/review", user="2", scope=OTHER)).text == texts.sharing.NOTHING_TO_REVIEW


async def test_a_long_list_comes_in_parts(square: Square) -> None:
    await square.open("approve on")
    for number in range(6):
        await square.shared(text=f"clip {number}")
        square.house.clock.tick(1)
    listed = await square.say("/review", user="1")
    assert len(listed.text.split("\n")) == 6
    assert "There are more" in listed.text
    assert len(listed.buttons) == 20


async def test_the_way_from_a_report_to_a_judgement_costs_nobody_credits(square: Square) -> None:
    share = await square.shared()
    before = await square.house.store.figures.used(f"{TOWN}/telegram:7", "day:2027-01-15")
    await report(square, share, "8", "9", "10")
    await square.say(f"/banish {share.id}", user="1")
    assert await square.house.store.figures.used(f"{TOWN}/telegram:7", "day:2027-01-15") == before == 5
