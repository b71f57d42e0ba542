"""What the operator's page shows: now, jobs, people, communities, money, incidents, the log."""

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.admin import overview
from bot.billing import Comparison
from bot.jobs import machine
from bot.model import Accepted, Clip, Incident, Refused
from bot.quotas import pricing
from tests.adapters.web.operator.pages import DESK, MEMBER, PATHS, a_life
from tests.operators import OWNER, Seat, fields, link, seated
from tests.samples import an_order


async def test_now_shows_what_is_unfinished_and_what_is_spent(seat: Seat) -> None:
    await a_life(seat, "waiting123")
    job = await seat.app.store.job("waiting123")
    assert job
    await a_life(seat, "running123")
    running = await seat.app.store.job("running123")
    assert running
    now = seat.app.core.context.clock()
    for event in (machine.Started(), Accepted("local", "r")):
        running, entry = machine.apply(running, event, now, now + 9e6)
        await seat.app.store.save(running, entry)
    await a_life(seat, "asking123")
    asking = await seat.app.store.job("asking123")
    assert asking
    for doubt in (machine.Started(), machine.Unanswered(now + 1800)):
        asking, entry = machine.apply(asking, doubt, now, now + 9e6)
        await seat.app.store.save(asking, entry)
    status, page = await seat.enter()
    assert status == 200
    assert "waiting123" in page
    assert "running123" in page
    assert "asking123" in page
    assert "being asked after" in page
    assert f"<strong>1</strong> {DESK['in_line']}" in page
    assert f"<strong>2</strong> {DESK['at_hosts']}" in page
    assert "telegram:9" not in page


async def test_a_platform_in_trouble_is_named(seat: Seat) -> None:
    async def health() -> tuple[bool, dict[str, Any]]:
        return False, {"worker_last_round_s": 90.0, "platforms": {"telegram": "<b>no</b>", "discord": "up"}}

    from adapters.web.operator import now

    found = now.values(await seat.app.core.overview.now(), *(await health()))
    assert not found["well"]
    assert [(str(name), str(said), alarm) for name, said, alarm in found["health"]][2:] == [
        ("Telegram", "<b>no</b>", True),
        ("Discord", "works", False),
    ]
    assert found["health"][0][2]


async def a_clip(seat: Seat, id: str, outcome: str = "clip", **changes: Any) -> None:
    """A job that took 10 s in line, 80 s to render, and 5 s to be delivered."""
    await a_life(seat, id, **changes)
    job = await seat.app.store.job(id)
    assert job
    at = job.created_at
    made = machine.Rendered(Clip(f"{id}.mp4", 640, 480, 5.0, 1000)) if outcome == "clip" else Refused("moderation")
    for event, seconds in (
        (machine.Started(), 10),
        (Accepted("aimlapi", "r-1"), 0),
        (made, 80),
        (machine.Sent("1"), 5),
    ):
        at += seconds
        job, entry = machine.apply(job, event, at, at + 9e6)
        await seat.app.store.save(job, entry)


async def test_a_jobs_timeline_and_nobodys_words(seat: Seat) -> None:
    label = "<b>Ann</b>"
    await a_clip(seat, "made123456", label=label, order=an_order(prompt="something private"), scope="telegram:-100")
    await seat.app.store.note(Incident(1.0, texts.incidents.CLIP_BROKEN, "bad <i>bytes</i>", "aimlapi", "made123456"))
    await seat.enter()
    status, page = await seat.get("/admin/jobs/made123456")
    assert status == 200
    for said in ("after 10 s", "after 80 s", "after 5 s", "AI/ML API", "r-1", "telegram:9", "telegram:-100"):
        assert said in page
    assert DESK["delivered"] in page
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page
    assert label not in page
    assert "bad &lt;i&gt;bytes&lt;/i&gt;" in page
    assert "something private" not in page
    assert str(texts.overview.move("hold", 5, "telegram:-100/telegram:9")) in page
    assert str(texts.overview.move("capture", 5, "telegram:-100/telegram:9")) in page
    assert (await seat.get("/admin/jobs/nobody", Accept="text/html"))[0] == 404


async def test_an_order_without_an_answer_has_what_its_host_can_be_asked_for(seat: Seat) -> None:
    await a_life(seat, "asking1234")
    job = await seat.app.store.job("asking1234")
    assert job
    now = seat.app.core.context.clock()
    for event in (machine.Started(), machine.Unanswered(now + 1800, "aimlapi")):
        job, entry = machine.apply(replace(job, claims=1), event, now, now + 9e6)
        await seat.app.store.change(job.id, lambda _, step=(job, entry): step)
    await seat.enter()
    _, page = await seat.get("/admin/jobs/asking1234")
    for said in ("being asked after", "AI/ML API", "asking1234.1", DESK["asked_until"]):
        assert said in page
    assert DESK["remote"] not in page


async def test_a_clip_is_given_back_by_the_same_command(seat: Seat) -> None:
    await a_clip(seat, "made123456", scope="telegram:-100")
    await seat.enter()
    _, page = await seat.get("/admin/jobs/made123456")
    status, said = await seat.send(page, "refund", "made123456")  # without a reason
    assert (status, str(texts.admin.REFUND_HOW).partition(":")[0] in html.unescape(said)) == (200, True)
    _, page = await seat.get("/admin/jobs/made123456")
    status, said = await seat.send(page, "refund", "made123456", because="it was blurred")
    assert (status, "5 credits" in said) == (200, True)
    (act,) = await seat.app.store.figures.audit("telegram:-100", 5)
    assert (act.verb, act.actor, act.because) == ("refund", OWNER, "it was blurred")
    _, page = await seat.get("/admin/jobs/made123456")
    assert str(texts.overview.MOVES["refund"]) in page


async def test_an_orders_person_and_community_are_links_among_its_facts(seat: Seat) -> None:
    await a_clip(seat, "made123456", scope=MEMBER)
    await a_clip(seat, "alone12345")
    await seat.enter()
    _, page = await seat.get("/admin/jobs/made123456")
    links = re.findall(r'<dt>(\w+)</dt><dd><a href="([^"]+)">', page)
    assert links == [("Person", "/admin/people/telegram:9"), ("Community", f"/admin/communities/{MEMBER}")]
    _, page = await seat.get("/admin/jobs/alone12345")
    assert re.findall(r"<dt>(\w+)</dt><dd><a ", page) == ["Person"]


async def test_whoever_is_not_limited_has_nothing_left_to_be_told(seat: Seat) -> None:
    await a_life(seat, "mine123456", person="console:0")
    await seat.enter()
    _, page = await seat.get("/admin/people/console:0")
    assert "console:0 is counted, but not limited." in page
    assert " left today" not in page
    _, page = await seat.send(page, "quota set", typed="10 a day")
    _, page = await seat.get("/admin/people/console:0")
    assert " left today" not in page


async def test_jobs_are_found_by_name_by_person_and_by_how_they_ended(seat: Seat) -> None:
    await a_clip(seat, "made123456")
    await a_clip(seat, "lost123456", "failed", person="telegram:10")
    await a_life(seat, "waits12345")
    await seat.enter()

    async def listed(query: str) -> list[str]:
        _, page = await seat.get(f"/admin/jobs{query}")
        return re.findall(r'href="/admin/jobs/(\w+)"', page)

    assert await listed("") == await listed("?show=odd") == ["waits12345"]
    assert await listed("?show=clip") == ["made123456"]
    assert await listed("?show=failed") == ["lost123456"]
    assert await listed("?find=telegram:10") == ["lost123456"]
    assert await listed("?find=nothing") == await listed("?find=telegram:11") == []
    async with seat.http.get(f"{seat.base}/admin/jobs?find=lost123456") as answer:
        assert answer.url.path == "/admin/jobs/lost123456"
    for query in ("?show=clip&before=x", "?show=clip&before=nan", "?find=%00", "?find=%27%20OR%201"):
        assert (await seat.get(f"/admin/jobs{query}"))[0] == 200


async def test_a_long_list_has_pages(seat: Seat) -> None:
    now = seat.app.core.context.clock()
    for n in range(overview.PAGE + 7):
        await a_clip(seat, f"job{n:07}", created_at=now - 1000 - n)
    await seat.enter()
    path, seen = "/admin/jobs?show=clip", list[str]()
    while path:
        _, page = await seat.get(path)
        seen += re.findall(r'href="/admin/jobs/(\w+)"', page)
        more = re.findall(r'class="button quiet" href="([^"]+)"', page)
        path = html.unescape(more[0]) if more else ""
    assert seen == [f"job{n:07}" for n in range(overview.PAGE + 7)]


async def test_people_and_communities_are_found_by_parts_of_their_names(seat: Seat) -> None:
    await a_life(seat, "ann1234567", label="Ann <i>Lee</i>", person="telegram:100", scope="telegram:-100")
    await a_life(seat, "ben1234567", label="Ben", person="discord:200", scope="discord:900", created_at=1000.0)
    await seat.enter()

    async def listed(find: str) -> list[str]:
        _, page = await seat.get(f"/admin/people?find={find}")
        assert "<i>" not in page
        return re.findall(r'href="/admin/(?:people|communities)/([^"]+)"', page)

    assert await listed("") == ["telegram:100", "discord:200", "discord:900", "telegram:-100"]
    assert await listed("lee+ANN") == ["telegram:100"]
    assert await listed("200") == ["discord:200"]
    assert await listed("nobody") == await listed("%25") == []


async def test_a_communitys_caps_limits_and_use(seat: Seat) -> None:
    await a_clip(seat, "made123456", scope=MEMBER, label="<u>Ann</u>")
    await seat.enter()
    path = f"/admin/communities/{MEMBER}"
    status, page = await seat.get(path)
    assert status == 200
    assert "data:image/png;base64," in page
    assert "&lt;u&gt;Ann&lt;/u&gt;" in page
    for verb, words, typed in (
        ("operator", "cap", "1000"),
        ("operator", "flights", "3"),
        ("quota set", "default", "7 a day"),
        ("limits", "", "longest 5"),
    ):
        status, said = await seat.send(page, verb, words, typed=typed, because="so it is")
        assert (status, 'class="words alarm"' in said) == (200, False), said
    rule = (await seat.app.store.quotas.rules(MEMBER))[""]
    assert (rule.cap, rule.flights, rule.credits, rule.longest) == (1000, 3, 7, 5)
    assert {act.because for act in await seat.app.store.figures.audit(MEMBER, 10)} == {"so it is"}
    _, page = await seat.get(path)
    assert "this month of 1,000" in html.unescape(page)
    _, page = await seat.get("/admin/people?find=-100")
    assert f'href="{path}"' in page


@pytest.mark.parametrize(
    "path", ["/admin/people/nobody", "/admin/people/a:b%20c", "/admin/communities/discord:404", "/admin/communities/x"]
)
async def test_what_is_no_person_and_no_community_is_not_found(seat: Seat, path: str) -> None:
    await seat.enter()
    assert (await seat.get(path, Accept="text/html"))[0] == 404


async def test_money_by_day_host_model_and_community(tmp_path: Path) -> None:
    async with seated(tmp_path, ceiling_day=100, ceiling_month=1000) as seat:
        store, now = seat.app.store, seat.app.core.context.clock()
        await a_clip(seat, "made123456", scope=MEMBER, price=40)
        await a_clip(seat, "made234567", price=5)
        await a_clip(seat, "lost123456", "failed", price=7)
        today = pricing.window(now, "day").key
        sql = "INSERT INTO books (book, span, kind, at, used) VALUES ('operator', $1, 'cap', $2, $3)"
        await store._db.write(lambda tx: tx.all(sql, f"credits:{today}", now, 45))
        charge = (
            "INSERT INTO charges (reference, host, job, usd, at) VALUES ('r', 'aimlapi', 'made123456', 1230000, $1)"
        )
        await store._db.write(lambda tx: tx.all(charge, now))
        await store.bills.keep(Comparison("aimlapi", now, now - 86_400, {"delivered": 2}, {"delivered": 1_230_000}))
        await seat.enter()
        status, page = await seat.get("/admin/money")
    page = html.unescape(page)
    assert status == 200
    assert "45 of 100" in page
    assert str(texts.overview.total(45, 1_230_000)) in page
    assert page.count("<title>") - 1 == 60  # a bar for each day, twice
    assert page.count('class="used" x=') == 1
    assert str(texts.overview.part_of_money(40, 1, 1_230_000)) in page  # the community
    assert str(texts.overview.part_of_money(45, 2, 1_230_000)) in page  # the host, and the model
    assert str(texts.overview.part_of_money(5, 1, 0)) in page  # private chats
    assert f'href="/admin/communities/{MEMBER}"' in page
    assert "2 paid and delivered ($1.23)" in page


async def test_money_of_an_empty_installation(seat: Seat) -> None:
    await seat.enter()
    status, page = await seat.get("/admin/money")
    assert status == 200
    assert html.unescape(page).count(DESK["none"]) == 3
    assert DESK["not_compared"] in html.unescape(page)


async def test_incidents_with_their_orders(seat: Seat) -> None:
    await a_life(seat, "odd1234567")
    now = seat.app.core.context.clock()
    await seat.app.store.note(Incident(now - 5, texts.incidents.CLIP_BROKEN, "<b>bytes</b>", "aimlapi", "odd1234567"))
    await seat.app.store.note(Incident(now, texts.incidents.UNKNOWN_FILES, "7 of 9"))
    await seat.enter()
    status, page = await seat.get("/admin/incidents")
    assert status == 200
    assert "&lt;b&gt;bytes&lt;/b&gt;" in page
    assert 'href="/admin/jobs/odd1234567"' in page
    assert page.index("7 of 9") < page.index("bytes")


async def test_the_log_of_all_acts_and_a_search_in_it(seat: Seat) -> None:
    await a_life(seat, "ann1234567", person="telegram:100", scope=MEMBER)
    _, page = await seat.enter()
    await seat.send(page, "operator", "pause", because="the <i>bill</i>")
    _, page = await seat.get("/admin/people/telegram:100")
    form = next(one for one in fields(page, "/admin/act") if one["verb"] == "grant" and one.get("scope") == MEMBER)
    await seat.post("/admin/act", {**form, "typed": "50", "because": "a contest"})

    async def listed(find: str) -> list[str]:
        _, page = await seat.get(f"/admin/log?find={find}")
        assert "<i>bill" not in page
        return re.findall(r'<span class="words">([^<]*)</span>', page)

    assert len(await listed("")) == 4  # with the link and the way in
    (granted,) = await listed("contest")
    assert " · grant @telegram:100" in granted
    assert await listed("telegram:-100") == await listed("GRANT+telegram:100") == [granted]
    (paused,) = await listed("pause")
    assert paused.endswith(" · the &lt;i&gt;bill&lt;/i&gt;")
    assert await listed("nothing") == []
    _, page = await seat.get("/admin/log")
    assert f'href="/admin/communities/{MEMBER}"' in page


async def test_pages_are_kept_by_nobody_and_framed_by_nobody(seat: Seat) -> None:
    await seat.enter()
    for path in (*PATHS, await link(seat.app, "2")):
        async with seat.http.get(seat.base + path) as answer:
            assert answer.headers["Cache-Control"] == "no-store", path
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
