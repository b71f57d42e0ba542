"""What is tried by members, by admins of other communities and by forged buttons and names, and does nothing."""

import pytest

from bot import texts
from bot.conversation import MENTION as M
from bot.conversation import Named
from tests.bot.admin.town import BOB, OTHER, STAFF, TOWN, Town
from tests.houses import configure

pytestmark = pytest.mark.databases
VERBS = [
    ("/quota set default 900 a day", ()),
    (f"/quota set {M} 900 a day", (BOB,)),
    (f"/quota {M}", (Named("person", "telegram:9", "Eve"),)),
    (f"/grant {M} 900", (BOB,)),
    (f"/revoke {M}", (BOB,)),
    (f"/ban {M}", (BOB,)),
    (f"/unban {M}", (BOB,)),
    ("/limits confirm off", ()),
    (f"/tier staff add {M}", (BOB,)),
    ("/refund abc because I want it", ()),
    ("/usage", ()),
    ("/audit", ()),
    ("/export", ()),
    ("/undo nothing", ()),
    ("/operator", ()),
    ("/operator pause", ()),
    ("/operator cap 5", ()),
]


@pytest.mark.parametrize(("said", "named"), VERBS)
async def test_a_members_admin_verb_does_nothing(town: Town, said: str, named: tuple[Named, ...]) -> None:
    for changes in ({}, {"scope": OTHER, "user": "1"}, {"scope": ""}, {"options": {"admin": "true"}}):
        reply = await town.say(said, *named, **{"user": "8", "tiers": frozenset({"admins"}), **changes})
        assert reply.text in (texts.admin.NOT_ADMIN, texts.admin.NOT_OPERATOR, texts.admin.NOT_IN_PRIVATE)
        assert reply.refused
    assert await town.house.store.figures.audit(TOWN, 9) == []
    assert await town.house.store.figures.audit("", 9) == []


async def test_admins_are_not_operators(town: Town) -> None:
    assert (await town.say("/operator pause")).text == texts.admin.NOT_OPERATOR
    configure(town.house.core, owners=frozenset({"discord:1"}))  # the same number on another platform
    assert (await town.say("/operator pause")).text == texts.admin.NOT_OPERATOR


async def test_a_stale_admin_is_none_and_a_platform_in_trouble_makes_nobody_one(town: Town) -> None:
    reply = await town.say("/quota set default 5 a day")
    town.admins = frozenset()
    assert (await town.say("/quota set default 900 a day")).text == texts.admin.NOT_ADMIN
    assert (await town.say(reply.buttons[0].command)).text == texts.admin.NOT_ADMIN
    assert town.asked == 3  # asked anew each time

    async def broken() -> bool:
        raise TimeoutError

    assert (await town.say("/quota set default 900 a day", administers=broken)).text == texts.admin.NOT_ADMIN


async def test_an_admin_of_one_community_cannot_reach_another(town: Town) -> None:
    done = await town.say("/quota set default 5 a day")

    async def yes() -> bool:
        return True

    there = {"scope": OTHER, "administers": yes}
    assert (await town.say(done.buttons[0].command, **there)).text == texts.admin.NOT_HERE
    paid = await town.house.finish(await town.house.job((await town.order()).job or ""))
    assert (await town.say(f"/refund {paid.id} because I can", **there)).text == texts.admin.REFUND_NOT
    await town.say(f"/ban {M}", BOB, **there)
    await town.say(f"/quota set {M} 900 a day", BOB, **there)
    assert "none left today" in (await town.order()).text
    stranger = Named("person", "discord:8", "Bob")  # of a platform that this community is not on
    assert (await town.say(f"/grant {M} 5", stranger)).text == texts.admin.WHOSE


async def test_a_role_of_another_server_is_no_tier_here(town: Town) -> None:
    await town.say("/quota set default 0 a day")
    await town.say(f"/quota set {M} 50 a day", STAFF)
    for tiers in ({"Staff"}, {"@Staff"}, {"tier:55"}, {"99"}):
        town.house.clock.tick(61)
        assert "none left" in (await town.order(tiers=frozenset(tiers))).text


@pytest.mark.parametrize("said", ["/undo {}", "/undo {} ", "/yes {}", "/undo act1", "/yes job1", "/no x", "/undo"])
async def test_a_forged_button_does_nothing(town: Town, said: str) -> None:
    done = await town.say("/quota set default 5 a day")
    forged = said.format(done.buttons[0].command.split()[1])
    assert (await town.say(forged, user="8")).refused
    assert (await town.house.store.quotas.rules(TOWN))[""].credits == 5


@pytest.mark.parametrize("text", [f"/grant {M} 50", f"/grant 50 because {M}", f"/ban {M}{M}", f"/tier staff add {M}"])
async def test_names_that_nobody_vouches_for_are_no_names(town: Town, text: str) -> None:
    assert (await town.say(text)).text == texts.admin.WHOSE_NAME
    assert "@someone" in (await town.order(text=f"{M} smiles", named=(Named("person", "telegram:3", "someone"),))).text
