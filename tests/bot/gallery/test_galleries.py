"""What admins set about their gallery, what anybody is told of it, and the best by request and by the calendar."""

import asyncio
from datetime import datetime
from unittest.mock import AsyncMock
from zoneinfo import ZoneInfo

import pytest

from bot import texts
from bot.conversation import MENTION as M
from bot.conversation import Named
from bot.errors import StoreDown
from bot.gallery.best import post_best
from bot.model import Address
from bot.quotas.rules import Rule
from tests.bot.gallery.gallery_house import OTHER, TOWN, WALL, WEB, Square, commands
from tests.houses import configure

ART = Named("channel", "77/", "art")
TOPIC = Address("telegram", "-1", "set", "5")


@pytest.fixture
def square(unopened: Square) -> Square:
    return unopened


async def rule(square: Square) -> Rule:
    return (await square.house.store.quotas.rules(TOWN)).get("", Rule())


# ── Setting up ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_gallery_is_where_it_is_said_or_in_the_named_channel(square: Square) -> None:
    told = await square.say("/gallery here", user="1", where=TOPIC)
    assert told.text.startswith("Shared clips are posted here from now on.")
    assert "Those that were shared before" not in told.text
    assert (await rule(square)).gallery == "-1/5"
    assert (await rule(square)).title == "Lake Town"
    told = await square.say(f"/gallery {M}", ART, user="1")
    assert told.text.startswith("Shared clips are posted in #art from now on. Those that were shared before stay")
    assert (await rule(square)).gallery == "77/"
    assert (await square.say(commands(told)["Undo"], user="1")).text == texts.admin.UNDONE
    assert (await rule(square)).gallery == "-1/5"
    assert (await square.say(f"/gallery review {M}", ART, user="1")).text.startswith("Reports, and clips that wait")
    assert (await rule(square)).review == "77/"
    audit = (await square.say("/audit", user="1")).text
    for line in ("gallery here", "undo gallery here", "gallery review: review channel not set → #77"):
        assert line in audit


@pytest.mark.parametrize("said", ["here", "review", "review here"])
async def test_a_shell_is_no_place_for_a_gallery(square: Square, said: str) -> None:
    told = await square.say(f"/gallery {said}", user="0", where=Address("console", "shell"))
    assert told.text == texts.sharing.A_CHANNEL
    assert await rule(square) == Rule()


async def test_a_new_place_leaves_the_old_posts_where_they_are(square: Square) -> None:
    await square.open()
    await square.shared()
    await square.say("/gallery here", user="1", where=Address("telegram", "-1", "set", "6"))
    assert await square.work() == 0
    await square.shared()
    assert (len(square.posts()), len(square.wall.at("-1/6"))) == (1, 1)


async def test_off_stops_the_posts_and_what_stands_there_can_be_unshared(square: Square) -> None:
    await square.open("best week")
    share = await square.shared()
    assert (await square.say("/gallery off", user="1")).text == texts.sharing.GALLERY_OFF_ALL
    assert ((await rule(square)).gallery, (await rule(square)).best) == (None, None)
    later = await square.clip()
    assert (await square.say(f"/share {later.id}")).text == texts.sharing.NO_GALLERY
    assert len(square.posts()) == 1
    await square.say(f"/unshare {share.job}")
    await square.work()
    assert square.posts() == []


@pytest.mark.parametrize(
    ("said", "heard", "field", "value"),
    [
        ("approve on", texts.sharing.APPROVE_ON, "approve", True),
        ("approve off", texts.sharing.APPROVE_OFF, "approve", None),
        ("REVIEW here", "Reports, and clips that wait for a yes, are posted here", "review", "-1/"),
        ("review", "Reports, and clips that wait for a yes, are posted here", "review", "-1/"),
        ("review off", texts.sharing.REVIEW_OFF, "review", None),
        ("web off", texts.sharing.WEB_OFF, "web", None),
        ("unlisted", texts.sharing.UNLISTED, "public", None),
        ("name  The \u202e Lake\nClub ", "The gallery is called “The Lake Club”.", "title", "The Lake Club"),
        ("best week", "posted each Monday at 9:00 (UTC)", "best", "week"),
        ("best month", "posted on each month's first day at 9:00 (UTC)", "best", "month"),
        ("best off", texts.sharing.BEST_OFF, "best", None),
    ],
)
async def test_each_thing_is_set_in_a_sentence(
    square: Square, said: str, heard: str, field: str, value: object
) -> None:
    await square.open()
    told = await square.say(f"/gallery {said}", user="1")
    assert heard in told.text
    assert "Undo" in commands(told)
    assert getattr(await rule(square), field) == value


@pytest.mark.parametrize(
    ("said", "named", "heard"),
    [
        ("loudly", (), texts.sharing.GALLERY_HOW),
        ("here and there", (), texts.sharing.GALLERY_HOW),
        ("off with it", (), texts.sharing.GALLERY_HOW),
        ("approve", (), texts.sharing.GALLERY_HOW),
        ("approve perhaps", (), texts.sharing.GALLERY_HOW),
        ("web", (), texts.sharing.GALLERY_HOW),
        ("best day", (), texts.sharing.GALLERY_HOW),
        ("best", (), texts.sharing.GALLERY_HOW),
        ("best week", (), texts.sharing.GALLERY_FIRST),
        ("public", (), texts.sharing.WEB_FIRST),
        ("name", (), texts.sharing.GALLERY_NAME_HOW),
        ("name \u202e", (), texts.sharing.GALLERY_NAME_HOW),
        ("review there", (), texts.sharing.A_CHANNEL),
        (M, (), texts.sharing.A_CHANNEL),  # typed, so it names nothing
        (M, (Named("person", "telegram:8", "Bob"),), texts.sharing.A_CHANNEL),
        (f"{M} {M}", (ART, ART), texts.sharing.A_CHANNEL),
        (f"review {M}", (Named("role", "5", "Staff"),), texts.sharing.A_CHANNEL),
    ],
)
async def test_what_is_not_understood_is_said_and_changes_nothing(
    square: Square, said: str, named: tuple[Named, ...], heard: str
) -> None:
    reply = await square.say(f"/gallery {said}", *named, user="1")
    assert (reply.text, reply.refused) == (heard, True)
    assert await rule(square) == Rule()


@pytest.mark.parametrize(
    "said", ["here", "off", "web on", "public", "review here", "approve off", "name X", "nonsense"]
)
async def test_only_admins_of_the_community_set_anything(square: Square, said: str) -> None:
    for user, scope, heard in (
        ("8", TOWN, texts.admin.NOT_ADMIN),
        ("2", TOWN, texts.admin.NOT_ADMIN),
        ("1", "", texts.sharing.GALLERY_WHERE),
    ):
        assert (await square.say(f"/gallery {said}", user=user, scope=scope)).text == heard
    assert await rule(square) == Rule()


async def test_in_private_there_is_no_gallery(square: Square) -> None:
    assert (await square.say("/gallery", scope="")).text == texts.sharing.GALLERY_WHERE
    configure(square.house.core, owners=frozenset({"telegram:1"}))
    assert (await square.say("/gallery here", user="1", scope="")).text == texts.sharing.GALLERY_WHERE


async def test_the_web_gallery_has_one_name_for_good(square: Square) -> None:
    told = await square.say("/gallery web on", user="1")
    slug = (await rule(square)).web
    assert slug
    assert f"{WEB}/g/{slug}\n" in told.text
    found_gallery = await square.house.store.gallery.web_gallery(slug)
    assert found_gallery
    assert (found_gallery.scope, found_gallery.title, found_gallery.public) == (TOWN, "Lake Town", False)
    await square.say("/gallery web off", user="1")
    assert await square.house.store.gallery.web_gallery(slug) is None
    await square.say("/gallery web on", user="1")
    assert (await rule(square)).web == slug
    assert (await square.say("/gallery public", user="1")).text == texts.sharing.PUBLIC
    assert [one.slug for one in await square.house.store.gallery.web_galleries()] == [slug]
    configure(square.house.core, web=None)
    assert (await square.say("/gallery web on", user="2", scope=OTHER)).text == texts.sharing.NO_WEB


async def test_a_link_that_got_too_far_is_changed_and_can_be_changed_back_at_once(square: Square) -> None:
    gallery = square.house.store.gallery
    await square.say("/gallery web on", user="1")
    first = (await rule(square)).web
    share = await square.shared()
    changed = await square.say("/gallery web new", user="1")
    second = (await rule(square)).web
    assert texts.sharing.OLD_LINK in changed.text
    assert f"{WEB}/g/{second}\n" in changed.text
    assert first != second
    assert [await gallery.shown(slug, share.id) is not None for slug in (first, second)] == [False, True]
    await square.say("/gallery web off", user="1")
    await square.say("/gallery web on", user="1")
    assert (await rule(square)).web == second, "the last one is kept"
    await square.say(commands(changed)["Undo"], user="1")
    again = await square.say("/gallery web new", user="1")
    assert len({first, second, (await rule(square)).web}) == 3
    await square.say(commands(again)["Undo"], user="1")
    assert [await gallery.shown(slug, share.id) is not None for slug in (first, second)].count(True) == 1
    assert (await square.say("/gallery web new", user="8")).refused


async def test_anybody_is_told_where_it_is_and_admins_what_is_set(square: Square) -> None:
    assert (await square.say("/gallery", user="8")).text == texts.sharing.NO_GALLERY
    begins = (await square.say("/gallery", user="1")).text
    assert begins == f"{texts.sharing.GALLERY_BEGIN}\n\n{texts.sharing.GALLERY_HOW}"
    await square.open("web on", "name The Lake Club")
    told = await square.say("/gallery", user="8", where=TOPIC)
    slug = (await rule(square)).web
    assert told.text == (
        "The gallery “The Lake Club”. Shared clips are posted here. "
        "Share a finished clip with the button under it, or with /share.\n"
        f"On the web: {WEB}/g/{slug}"
    )
    assert "in another place of this community" in (await square.say("/gallery", user="8")).text
    assert "/gallery approve on" not in told.text
    admins = (await square.say("/gallery", user="1")).text
    for line in ("Reports are posted: no", "An admin's yes is needed: no", "On the web: unlisted", "/gallery here"):
        assert line in admins


# ── The best ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def liked(square: Square, hearts: int, how: str = "name words", **changes: str) -> str:
    share = await square.shared(how, **changes)
    for user in range(100, 100 + hearts):
        await square.say(f"/heart {share.id}", user=str(user))
    return share.id


async def test_the_best_are_those_with_most_hearts(square: Square) -> None:
    await square.open("web on")
    assert (await square.say("/best")).text == texts.sharing.no_best("week")
    old = await liked(square, 4, text="long ago")
    square.house.clock.tick(8 * 86_400)
    some = await liked(square, 1, text="some")
    most = await liked(square, 3, "plain", text="most")
    best = await square.say("/best", user="8")
    slug = (await rule(square)).web
    assert best.text.split("\n") == [
        "The most liked this week:",
        "1. a clip · ♥ 3",
        "2. “some” · by User 7 · ♥ 1",
        f"All of them: {WEB}/g/{slug}",
    ]
    assert commands(best) == {"▶ 1": f"/show {most}", "▶ 2": f"/show {some}"}
    month = await square.say("/best Month", user="8")
    assert list(commands(month).values()) == [f"/show {name}" for name in (old, most, some)]
    await square.say(f"/hide {most}", user="1")
    assert list(commands(await square.say("/best week")).values()) == [f"/show {some}"]


async def test_the_best_of_nowhere_are_not_known(square: Square) -> None:
    assert (await square.say("/best")).text == texts.sharing.NO_GALLERY
    assert (await square.say("/best", scope="")).text == texts.sharing.BEST_WHERE
    assert (await square.say("/best year")).text == texts.sharing.BEST_HOW


def at(text: str) -> float:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


async def test_the_best_are_posted_on_monday_at_nine_where_the_community_is_once(square: Square) -> None:
    clock, core = square.house.clock, square.house.core
    await square.say("/limits zone Europe/Berlin", user="1")
    await square.open("best week")
    clock.now = at("2027-01-15T12:00")  # a Friday
    share = await liked(square, 1)
    await square.work()
    posts = len(square.posts())
    for moment in ("2027-01-15T12:01", "2027-01-17T23:59", "2027-01-18T08:59"):
        clock.now = at(moment)
        await post_best(core.context)
    assert await square.work() == 0
    clock.now = at("2027-01-18T09:00")  # 8:00 in UTC
    await post_best(core.context)
    await post_best(core.context)
    clock.tick(60)
    await post_best(core.context)
    await square.work()
    new = square.posts()[posts:]
    assert [reply.text for reply in new] == [
        "The most liked clips of the last week:\n1. “she smiles” · by User 7 · ♥ 1"
    ]
    assert commands(new[0]) == {"▶ 1": f"/show {share}"}
    assert new[0].clip is None
    clock.now = at("2027-01-25T10:00")  # a week in which nobody shared
    await post_best(core.context)
    assert await square.work() == 0


@pytest.mark.databases
async def test_the_best_are_posted_once_whoever_is_killed_or_comes_second(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, core = square.house.clock, square.house.core
    await square.open("best week")
    clock.now = datetime.fromisoformat("2027-01-15T12:00+00:00").timestamp()
    await liked(square, 1)
    await square.work()
    posts = len(square.posts())
    clock.now = datetime.fromisoformat("2027-01-18T09:00+00:00").timestamp()
    with monkeypatch.context() as patch:
        patch.setattr(core.context.store.outbox, "put", AsyncMock(side_effect=StoreDown("killed here")))
        with pytest.raises(StoreDown):
            await post_best(core.context)
    await square.say("/limits", user="1")  # life goes on
    await asyncio.gather(post_best(core.context), post_best(core.context))
    await square.work()
    await post_best(core.context)
    await square.work()
    assert len(square.posts()) == posts + 1


async def test_the_best_of_a_month_are_posted_on_its_first_day_after(square: Square) -> None:
    clock, core = square.house.clock, square.house.core
    await square.open("best month")
    clock.now = datetime.fromisoformat("2027-01-31T12:00+00:00").timestamp()
    await liked(square, 2)
    await square.work()
    for moment, count in (("2027-02-01T08:59", 1), ("2027-02-01T21:00", 2), ("2027-02-02T09:00", 2)):
        clock.now = datetime.fromisoformat(f"{moment}+00:00").timestamp()
        await post_best(core.context)
        await square.work()
        assert len(square.wall.at(WALL)) == count
    assert square.posts()[1].text.startswith("The most liked clips of the last month:")


@pytest.mark.parametrize(
    ("span", "before", "first", "posted"),
    [
        ("week", "2027-01-11T08:59", "2027-01-11T09:00", "2027-01-18T10:00"),
        ("month", "2027-01-01T08:59", "2027-01-01T09:00", "2027-02-01T10:00"),
    ],
)
async def test_a_list_of_the_best_begins_where_the_one_before_it_ended(
    square: Square, span: str, before: str, first: str, posted: str
) -> None:
    await square.say("/limits zone Europe/Berlin", user="1")
    await square.open(f"best {span}")
    shares = []
    for moment in (before, first):
        square.house.clock.now = at(moment)
        shares.append(await liked(square, 1))
    square.house.clock.now = at(posted)
    await post_best(square.house.core.context)
    await square.work()
    assert commands(square.posts()[-1]) == {"▶ 1": f"/show {shares[1]}"}


async def test_only_communities_that_want_it_get_the_best(square: Square) -> None:
    clock = square.house.clock
    await square.open()
    clock.now = at("2027-01-15T12:00")
    await liked(square, 1)
    await square.say("/gallery best week", user="1")
    await square.say("/gallery best off", user="1")
    await square.work()
    clock.now = at("2027-01-18T12:00")
    await post_best(square.house.core.context)
    assert await square.work() == 0
