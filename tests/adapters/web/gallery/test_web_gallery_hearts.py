"""Hearts and reports of visitors: once each, and none that is forged."""

import asyncio
import json
import re
from dataclasses import replace
from unittest.mock import patch

import pytest
from markupsafe import escape

from adapters.web.gallery_routes import HEARTS
from adapters.web.visitor_limit import DAY, VisitorLimit
from bot import texts
from bot.commands.table import TABLE
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.model import Clip
from bot.sentence import verbatim
from tests import galleries
from tests.adapters.web.gallery.addresses import GALLERY, gone
from tests.clock import Clock
from tests.galleries import BEN, NOW
from tests.raw_http import head, send
from tests.web_gallery import Site


@pytest.mark.databases
async def test_a_heart_counts_once_and_can_be_taken_back(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor, other = await town.visitor(path), await town.visitor(GALLERY)
    given = await asyncio.gather(*(visitor.heart(path) for _ in range(6)))
    assert {answer.status for answer in given} == {200}
    assert {answer.text for answer in given} == {'{"hearts": 1, "liked": true}'}
    assert (await other.heart(path)).text == '{"hearts": 2, "liked": true}'
    assert town.entries
    page = await visitor.get(path)
    assert 'aria-pressed="true"' in page.text
    assert '<span class="count">2</span>' in page.text
    assert 'aria-pressed="true"' not in (await (await town.visitor()).get(path)).text
    assert (await visitor.heart(path, on=False)).text == '{"hearts": 1, "liked": false}'
    assert (await visitor.heart(path, on=False)).text == '{"hearts": 1, "liked": false}'
    assert 'aria-pressed="true"' in (await other.get(GALLERY)).text
    await galleries.check(town.house.store)


@pytest.mark.databases
async def test_two_people_like_at_once(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    people = [await town.visitor(path) for _ in range(HEARTS)]
    await asyncio.gather(*(one.heart(path) for one in people))
    assert (await town.house.store.gallery.share(share.id)).hearts == HEARTS
    await galleries.check(town.house.store)


@pytest.mark.databases
async def test_a_heart_of_a_linked_person_is_one(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)
    await visitor.heart(path)
    found = await galleries.rows(town.house.store, "SELECT account FROM hearts")
    await galleries.link(town.house.store, found[0]["account"], BEN)
    await town.house.store.gallery.heart(share.id, BEN, True, "tap", NOW)
    assert (await visitor.heart(path)).text == '{"hearts": 1, "liked": true}'
    assert 'aria-pressed="true"' in (await visitor.get(path)).text


async def test_forged_hearts_count_nothing(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor, other = await town.visitor(path), await town.visitor(path)
    nobody = await town.visitor()
    tries = [
        await visitor.heart(path, token=""),
        await visitor.heart(path, token=other.token),
        await visitor.heart(path, token=visitor.token + "x"),
        await nobody.heart(path, token=visitor.token),
        await visitor.heart(path, **{"Sec-Fetch-Site": "cross-site"}),
        await visitor.heart(path, **{"Sec-Fetch-Site": "same-site"}),
    ]
    assert {answer.status for answer in tries} == {403}
    assert (await visitor.get(f"{path}/heart")).status == 404
    assert (await visitor.post(f"{path}/heart", {"on": "1"}, **{"X-Photoplay": visitor.token})).status == 404
    for wrong in (f"{GALLERY}/guessed234", f"/g/guessed234/{share.id}"):
        assert (await visitor.heart(wrong)).status == 404
    assert (await town.house.store.gallery.share(share.id)).hearts == 0
    assert not town.entries


async def test_a_heart_waits_for_no_body(town: Site, made: Clip) -> None:
    """A request that announces one and sends nothing is answered all the same."""
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)
    cookie = "; ".join(f"{one.key}={one.value}" for one in visitor.http.cookie_jar)
    opening = {"Host": "x", "Cookie": cookie, "X-Photoplay": visitor.token, "Content-Length": "4096"}
    said = await send(town.base, head(f"{path}/heart", "PUT", **opening), wait=10)
    assert (said.status, json.loads(said.body)) == (200, {"hearts": 1, "liked": True})


async def test_a_heart_comes_by_the_core(town: Site, made: Clip) -> None:
    """As from every platform: what the core refuses is told, and counts nothing."""
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)

    async def refuses(ctx: Context, inbound: Inbound, argument: str) -> Reply:
        assert (inbound.address.platform, inbound.scope, argument) == ("web", share.scope, f"{share.id} on")
        raise Refusal(verbatim("Not today."))

    with patch.dict(TABLE, {"heart": replace(TABLE["heart"], run=refuses)}):
        answer = await visitor.heart(path)
    assert (answer.status, json.loads(answer.text)) == (403, {"text": "Not today."})
    assert (await town.house.store.gallery.share(share.id)).hearts == 0


async def test_whoever_throws_the_cookie_away_comes_not_far(town: Site, made: Clip, clock: Clock) -> None:
    share, other = await town.share(made), await town.share(made)
    path = f"{GALLERY}/{share.id}"
    people = [await town.visitor(path) for _ in range(HEARTS + 2)]
    answers = [await one.heart(path) for one in people]
    assert [answer.status for answer in answers] == [200] * HEARTS + [429] * 2
    assert texts.gallery.ENOUGH in answers[-1].text
    assert (await town.house.store.gallery.share(share.id)).hearts == HEARTS
    assert (await people[-1].heart(path, on=False)).status == 200  # nobody is kept from taking one back
    # Who was let in may change their mind; other clips and other places are not held up.
    assert (await people[0].heart(path, on=False)).status == 200
    assert (await people[0].heart(path)).status == 200
    assert (await people[-1].heart(f"{GALLERY}/{other.id}")).status == 200
    assert (await people[-1].heart(path, **{"X-Forwarded-For": "1.2.3.4, 203.0.113.9"})).status == 200
    clock.tick(DAY)
    assert (await people[-2].heart(path)).status == 200


def test_a_turnstile_forgets_and_never_grows() -> None:
    clock = Clock()
    gate = VisitorLimit(2, clock, most=10)
    assert [gate.admits("a", "203.0.113.9", who) for who in "xyzx"] == [True, True, False, True]
    assert not gate.admits("a", "203.0.113.9", "q")
    clock.tick(DAY)
    assert gate.admits("a", "203.0.113.9", "q")
    for n in range(100):
        gate.admits("b", f"198.51.100.{n}", "x")
    assert len(gate._through) == 10


async def test_a_report_needs_no_script(town: Site, made: Clip) -> None:
    await galleries.rule(town.house.store, review="-100/9")
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)
    form = (await visitor.get(path)).text.split("<form")[1]
    token = re.search(r'name="token" value="([^"]+)"', form)
    assert token
    assert token[1] == visitor.token
    for word, label in texts.sharing.REASONS.items():
        assert f'value="{word}" required>{escape(label)}' in form
    said = await visitor.report(path, "violent")
    assert said.status == 200
    assert escape(texts.sharing.REPORTED) in said.text
    assert f'href="{GALLERY}"' in said.text
    assert [one.reason for one in await town.house.store.gallery.reports(share.id)] == [
        texts.sharing.REASONS["violent"]
    ]
    assert escape(texts.sharing.REPORTED_ALREADY) in (await visitor.report(path, "spam")).text
    # In own words, which can say nothing but a reason.
    second = await town.share(made)
    words = "  it shows\nmy door\ufffc <b>/hide it</b>  "
    await visitor.report(f"{GALLERY}/{second.id}", "other", words)
    assert [one.reason for one in await town.house.store.gallery.reports(second.id)] == [
        "it shows my door <b>/hide it</b>"
    ]


async def test_forged_and_empty_reports_count_nothing(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor, nobody = await town.visitor(path), await town.visitor()
    nobody.token = visitor.token
    assert (await nobody.report(path, "spam")).status == 403
    assert (await visitor.report(path, "spam", **{"Sec-Fetch-Site": "cross-site"})).status == 403
    assert (await visitor.post(f"{path}/report", {"reason": "spam"})).status == 403
    assert (await visitor.post(f"{path}/report", {"reason": "spam"}, **{"X-Photoplay": visitor.token})).status == 403
    for reason, words in (("", ""), ("other", ""), ("other", " \n"), ("spam other", ""), ("../x", "")):
        assert (await visitor.report(path, reason, words)).status == 400
    assert (await visitor.report(f"{GALLERY}/guessed234", "spam")).status == 404
    assert await town.house.store.gallery.reports(share.id) == []
    assert (await visitor.report(path, "spam")).status == 200  # none of these tries was held against anybody


async def test_one_person_with_many_cookies_hides_nothing(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    people = [await town.visitor(path) for _ in range(5)]
    assert [(await one.report(path, "spam")).status for one in people] == [200, 429, 429, 429, 429]
    for n, one in enumerate(people[1:]):  # nor with the many networks that a household is given
        assert (await one.report(path, "spam", **{"X-Forwarded-For": f"2001:db8:7:{n}::1"})).status == (
            429 if n else 200
        )
    assert (await town.house.store.gallery.share(share.id)).state == "up"
    for n, one in enumerate(people[2:3]):
        assert (await one.report(path, "spam", **{"X-Forwarded-For": f"203.0.113.{n}"})).status == 200
    assert gone(await people[0].get(path))
