"""The operator's page: who gets in, who does not, and that what is done there is the command that it is in a chat."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import console
from adapters.web.operator import acts
from adapters.web.tries import EACH
from bot import texts
from bot.admin import desk, entrance
from bot.billing import Comparison
from bot.commands import table
from bot.jobs import machine
from bot.model import Accepted, Clip, Incident, Refused
from bot.quotas import pricing
from bot.quotas.rules import HOUSE
from tests.bookkeeping import rows
from tests.houses import configure
from tests.operators import OWNER, Seat, browser, fields, link, says, seated
from tests.raw_http import send
from tests.samples import a_job, an_order

DESK = texts.desk.DESK
PATHS = [
    "/admin",
    "/admin/jobs",
    "/admin/jobs/any",
    "/admin/people",
    "/admin/people/telegram:9",
    "/admin/communities/telegram:-100",
    "/admin/money",
    "/admin/incidents",
    "/admin/log",
]


@pytest.fixture
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    async with seated(tmp_path) as found:
        yield found


async def sessions(seat: Seat) -> list[tuple[str, str]]:
    found = await rows(seat.app.store, "SELECT kind, person FROM operator_sessions ORDER BY kind")
    return [(row["kind"], row["person"]) for row in found]


# ── Who gets in ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", [*PATHS, "/admin/act", "/admin/leave"])
async def test_nobody_gets_in_without_a_session(seat: Seat, path: str) -> None:
    for status, page in (
        await seat.get(path),
        await seat.post(path, {"verb": "operator", "words": "pause", "key": "1"}),
    ):
        assert status in (401, 405)
        assert status == 405 or DESK["shut"] in page
    assert not await seat.app.store.quotas.paused()


async def test_a_link_lets_in_once_and_looking_at_it_uses_nothing_up(seat: Seat) -> None:
    path = await link(seat.app)
    for _ in range(3):  # as the previews of chats do
        status, page = await seat.get(path)
        assert (status, DESK["enter"] in page) == (200, True)
    assert (await seat.get("/admin"))[0] == 401
    status, page = await seat.enter(path)
    assert (status, DESK["buying"] in page) == (200, True)
    assert await sessions(seat) == [("session", OWNER), ("used", OWNER)]
    async with browser() as other:
        status, page = await replace(seat, http=other).enter(path)
        assert (status, DESK["link_over"] in page) == (403, True)
        assert (await replace(seat, http=other).get("/admin"))[0] == 401


async def test_the_same_message_again_revives_no_link(seat: Seat) -> None:
    path = await link(seat.app, "5")
    assert await link(seat.app, "5") == path
    await seat.enter(path)
    assert await link(seat.app, "5") == path
    async with browser() as other:
        assert (await replace(seat, http=other).enter(path))[0] == 403


async def test_the_cookie_is_strict_and_neither_token_is_in_the_database(seat: Seat) -> None:
    path = await link(seat.app)
    _, page = await seat.get(path)
    token = fields(page, "/admin/enter")[0]["link"]
    async with seat.http.post(f"{seat.base}/admin/enter", data={"link": token}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/admin")
        (cookie,) = answer.headers.getall("Set-Cookie")
    for flag in ("HttpOnly", "SameSite=Strict", "Path=/admin"):
        assert flag in cookie
    session = cookie.partition("=")[2].partition(";")[0]
    found = str(await rows(seat.app.store, "SELECT * FROM operator_sessions"))
    assert token not in found
    assert session not in found
    assert len(session) >= 40


async def test_over_https_the_cookie_is_secure(tmp_path: Path) -> None:
    async with seated(tmp_path, public_url="https://photoplay.example") as seat:
        _, page = await seat.get(await link(seat.app))
        found = fields(page, "/admin/enter")[0]
        async with seat.http.post(f"{seat.base}/admin/enter", data=found, allow_redirects=False) as answer:
            assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("wrong", ["", "x" * 40, "../../etc", "%00", "é" * 40])
async def test_a_wrong_link_is_over(seat: Seat, wrong: str) -> None:
    status, page = await seat.post("/admin/enter", {"link": wrong})
    assert (status, DESK["link_over"] in page) == (403, True)


async def test_a_guesser_has_a_few_tries_a_minute(seat: Seat) -> None:
    path = await link(seat.app)
    found = [(await seat.post("/admin/enter", {"link": f"{n}" * 40}))[0] for n in range(EACH + 2)]
    assert found == [403] * EACH + [429] * 2
    assert (await seat.enter(path))[0] == 429
    assert await sessions(seat) == [("link", OWNER)]


async def test_a_cookie_of_any_bytes_is_no_session(seat: Seat) -> None:
    await seat.enter()
    name = next(cookie.key for cookie in seat.http.cookie_jar)
    for value in ("\xff\xfe", '"\\000\\377"', "x" * 4000):
        said = await send(
            seat.base, b"GET /admin HTTP/1.1\r\nHost: here\r\nCookie: " + f"{name}={value}\r\n\r\n".encode("latin-1")
        )
        assert said.status == 401, value


@pytest.mark.databases
async def test_a_search_for_anything_finds_nothing(tmp_path: Path, database_url: str | None) -> None:
    async with seated(tmp_path, database_url=database_url) as seat:
        await seat.enter()
        for words in ("%00", "%00:%00", "telegram:%00", "%25_%5C'", "%ED%A0%80", "x" * 5000):
            for path in ("/admin/jobs", "/admin/people", "/admin/log"):
                assert (await seat.get(f"{path}?find={words}"))[0] == 200, (path, words)


async def test_links_and_sessions_end(seat: Seat) -> None:
    now = [seat.app.core.context.clock()]
    configure(seat.app.core, clock=lambda: now[0])
    path = await link(seat.app)
    now[0] += entrance.LINK + 1
    assert (await seat.enter(path))[0] == 403
    assert (await seat.enter(await link(seat.app, "2")))[0] == 200
    now[0] += entrance.SESSION - 1
    assert (await seat.get("/admin"))[0] == 200
    now[0] += 2
    assert (await seat.get("/admin"))[0] == 401


async def test_whoever_is_no_operator_any_more_is_out_at_once(seat: Seat) -> None:
    late = await link(seat.app, "2")
    await seat.enter()
    configure(seat.app.core, owners=frozenset())
    assert (await seat.get("/admin"))[0] == 401
    async with browser() as other:
        assert (await replace(seat, http=other).enter(late))[0] == 403


async def test_signing_out_ends_this_session_and_close_all_of_them(seat: Seat) -> None:
    await seat.enter()
    async with browser() as second:
        other = replace(seat, http=second)
        await other.enter(await link(seat.app, "2"))
        _, page = await seat.get("/admin")
        status, page = await seat.post("/admin/leave", fields(page, "/admin/leave")[0])
        assert (status, DESK["shut"] in page) == (401, True)
        assert (await other.get("/admin"))[0] == 200
        unused = await link(seat.app, "3")
        reply = await seat.app.core.handle(says("/operator page close", "4"))
        assert reply.text == texts.operator.pages_closed(2)
        assert (await other.get("/admin"))[0] == 401
        assert (await other.enter(unused))[0] == 403


async def test_only_operators_get_a_link_and_only_in_private(seat: Seat) -> None:
    reply = await seat.app.core.handle(says("/operator page", "1", user="8"))
    assert (reply.refused, "http" in reply.text) == (True, False)
    for inbound in (
        says("/operator page", "2", scope="telegram:-100"),
        replace(says("/operator page", "3"), shared=True),
    ):
        reply = await seat.app.core.handle(inbound)
        assert (reply.refused, reply.text) == (True, texts.operator.PAGE_IN_PRIVATE)
    assert await sessions(seat) == []


async def test_without_an_address_a_chat_gets_no_link(tmp_path: Path) -> None:
    async with seated(tmp_path, public_url=None) as seat:
        reply = await seat.app.core.handle(says("/operator page", "1"))
        assert (reply.refused, reply.text) == (True, texts.operator.PAGE_NOWHERE)


async def test_asking_and_entering_are_in_the_log_of_acts_without_the_link(seat: Seat) -> None:
    await seat.enter()
    acts = await seat.app.store.figures.audit(HOUSE, 10)
    assert sorted((act.verb, act.actor) for act in acts) == [("page", OWNER), ("page opened", OWNER)]
    assert "link=" not in str(acts)


async def test_who_is_forgotten_has_no_session(seat: Seat) -> None:
    await seat.enter()
    await a_life(seat, "mine", person=OWNER)
    question = await seat.app.core.handle(says("/forgetme", "f1"))
    await seat.app.core.handle(says(question.buttons[0].command, "f2"))
    assert await sessions(seat) == []
    assert (await seat.get("/admin"))[0] == 401


# ── What is done there ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_pause_and_resume_are_the_commands_with_the_same_log_and_an_undo(seat: Seat) -> None:
    _, page = await seat.enter()
    status, page = await seat.send(page, "operator", "pause", because="the bill is odd")
    assert status == 200
    assert str(texts.operator.PAUSED.partition(".")[0]) in page
    assert await seat.app.store.quotas.paused()
    act = (await seat.app.store.figures.audit(HOUSE, 1))[0]
    assert (act.verb, act.actor, act.because) == ("pause", OWNER, "the bill is odd")
    undo = next(one for one in fields(page, "/admin/act") if one["verb"] == "undo")
    assert undo["words"] == act.id
    await seat.post("/admin/act", undo)
    assert not await seat.app.store.quotas.paused()
    _, page = await seat.get("/admin")
    assert DESK["pause"] in page


async def test_a_form_that_is_sent_twice_acts_once(seat: Seat) -> None:
    _, page = await seat.enter()
    first = await seat.send(page, "operator", "pause")
    second = await seat.send(page, "operator", "pause")
    assert first[0] == second[0] == 200
    acts = await seat.app.store.figures.audit(HOUSE, 10)
    assert [act.verb for act in acts].count("pause") == 1


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"form": ""}, {}),
        ({"form": "forged"}, {}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
async def test_no_other_page_can_send_a_form(seat: Seat, changes: dict[str, str], headers: dict[str, str]) -> None:
    _, page = await seat.enter()
    form = next(one for one in fields(page, "/admin/act") if one["words"] == "pause")
    for path in ("/admin/act", "/admin/leave"):
        status, _ = await seat.post(path, {**form, **changes}, **headers)
        assert status == 403
    assert not await seat.app.store.quotas.paused()
    assert (await seat.get("/admin"))[0] == 200


async def test_the_token_of_one_session_is_none_of_another(seat: Seat) -> None:
    _, page = await seat.enter()
    form = next(one for one in fields(page, "/admin/act") if one["words"] == "pause")
    async with browser() as second:
        other = replace(seat, http=second)
        await other.enter(await link(seat.app, "2"))
        assert (await other.post("/admin/act", form))[0] == 403


@pytest.mark.parametrize(
    "form",
    [
        {"verb": "forgetme"},
        {"verb": "animate"},
        {"verb": ""},
        {"key": ""},
        {"key": "\0"},
        {"typed": "x" * 600},
        {"person": "nobody"},
        {"person": "telegram:9\0"},
        {"scope": "<b>:1"},
        {"scope": "telegram:\0"},
    ],
)
async def test_what_no_form_says_is_not_done(seat: Seat, form: dict[str, str]) -> None:
    _, page = await seat.enter()
    mine = next(one for one in fields(page, "/admin/act") if one["words"] == "pause")
    assert (await seat.post("/admin/act", {**mine, **form}))[0] == 400
    assert not await seat.app.store.quotas.paused()


async def test_a_reply_leads_back_to_the_page_and_nowhere_else(seat: Seat) -> None:
    _, page = await seat.enter()
    for back, leads in (
        ("/admin?x=1", "/admin?x=1"),
        ("https://evil.example/", "/admin"),
        ("//evil", "/admin"),
        ("/administrator", "/admin"),
    ):
        _, said = await seat.send(page, "operator", "pause", back=back, key=back)
        assert f'<a class="button" href="{leads}">' in said


# ── What is shown there ──────────────────────────────────────────────────────────────────────────────────────────────


async def a_life(seat: Seat, id: str, **changes: Any) -> None:
    now = seat.app.core.context.clock()
    job = a_job(id, **{"created_at": now - 90, "due_at": now + 9e6, "person": "telegram:9", **changes})
    await seat.app.store.submit(job, machine.hold(job))


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

    found = now.values(await seat.app.core.desk.now(), *(await health()))
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
    for said in ("after 10 s", "after 80 s", "after 5 s", "aimlapi", "r-1", "telegram:9", "telegram:-100"):
        assert said in page
    assert DESK["delivered"] in page
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page
    assert label not in page
    assert "bad &lt;i&gt;bytes&lt;/i&gt;" in page
    assert "something private" not in page
    assert str(texts.desk.move("hold", 5, "telegram:-100/telegram:9")) in page
    assert str(texts.desk.move("capture", 5, "telegram:-100/telegram:9")) in page
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
    for said in ("being asked after", "aimlapi", "asking1234.1", DESK["asked_until"]):
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
    assert str(texts.desk.MOVES["refund"]) in page


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
    for n in range(desk.PAGE + 7):
        await a_clip(seat, f"job{n:07}", created_at=now - 1000 - n)
    await seat.enter()
    path, seen = "/admin/jobs?show=clip", list[str]()
    while path:
        _, page = await seat.get(path)
        seen += re.findall(r'href="/admin/jobs/(\w+)"', page)
        more = re.findall(r'class="button quiet" href="([^"]+)"', page)
        path = html.unescape(more[0]) if more else ""
    assert seen == [f"job{n:07}" for n in range(desk.PAGE + 7)]


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


MEMBER = "telegram:-100"


@pytest.mark.parametrize("scope", ["", MEMBER])
async def test_what_admins_do_to_people_is_done_by_the_same_commands(seat: Seat, scope: str) -> None:
    await a_life(seat, "ann1234567", label="Ann", person="telegram:100", scope=scope)
    await seat.enter()

    async def does(verb: str, typed: str = "", because: str = "") -> str:
        """Send that form of the person's page for this scope; returns the page afterwards."""
        _, page = await seat.get("/admin/people/telegram:100")
        form = next(one for one in fields(page, "/admin/act") if (one["verb"], one.get("scope", "")) == (verb, scope))
        status, said = await seat.post("/admin/act", {**form, "typed": typed, "because": because})
        assert status == 200
        assert 'class="words alarm"' not in said, said
        return html.unescape((await seat.get("/admin/people/telegram:100"))[1])

    page = await does("quota set", "42 a week")
    assert "42 credits a week" in page
    page = await does("grant", "50 until Friday", "a contest")
    assert "50 of 50 credits given" in page
    assert "a contest" in page
    page = await does("revoke")
    assert "50 of 50" not in page
    page = await does("ban", "for 2 days", "spam")
    assert "Banned until" in page
    assert "spam" in page
    page = await does("unban")
    assert "spam" not in page
    acts = await seat.app.store.figures.audit(scope, 10)
    assert [act.verb for act in acts] == ["unban", "ban", "revoke", "grant", "quota set"]
    assert {(act.actor, act.about) for act in acts} == {(OWNER, "person:telegram:100")}


async def test_a_refusal_is_shown_as_one(seat: Seat) -> None:
    await a_life(seat, "ann1234567", person="telegram:100", scope=MEMBER)
    await seat.enter()
    _, page = await seat.get("/admin/people/telegram:100")
    form = next(one for one in fields(page, "/admin/act") if one["verb"] == "grant" and one.get("scope") == MEMBER)
    for changes in ({"typed": "lots"}, {"typed": "5", "person": "discord:7"}, {"typed": "5", "person": ""}):
        _, said = await seat.post("/admin/act", {**form, **changes, "key": str(changes)})
        assert 'class="words alarm"' in said
    assert await seat.app.store.figures.audit(MEMBER, 10) == []


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
    assert str(texts.desk.total(45, 1_230_000)) in page
    assert page.count("<title>") - 1 == 60  # a bar for each day, twice
    assert page.count('class="used" x=') == 1
    assert str(texts.desk.part_of_money(40, 1, 1_230_000)) in page  # the community
    assert str(texts.desk.part_of_money(45, 2, 1_230_000)) in page  # the host, and the model
    assert str(texts.desk.part_of_money(5, 1, 0)) in page  # private chats
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


# ── From a shell, and for whoever looks closely ──────────────────────────────────────────────────────────────────────


async def test_whoever_has_a_shell_is_an_operator_there(tmp_path: Path) -> None:
    async with seated(tmp_path, public_url=None, owners=()) as seat:
        reply = await seat.app.core.handle(console.admin("1", "operator page", ""))
        address = reply.text.splitlines()[-1]
        assert address.startswith("http://127.0.0.1:0/admin/enter?link=")
        status, page = await seat.enter(address.removeprefix("http://127.0.0.1:0"))
        assert status == 200
        await seat.send(page, "operator", "pause", because="so it is")
        assert await seat.app.store.quotas.paused()
        act = (await seat.app.store.figures.audit(HOUSE, 1))[0]
        assert (act.verb, act.actor.partition(":")[0], act.because) == ("pause", "console", "so it is")


async def test_pages_are_kept_by_nobody_and_framed_by_nobody(seat: Seat) -> None:
    await seat.enter()
    for path in (*PATHS, await link(seat.app, "2")):
        async with seat.http.get(seat.base + path) as answer:
            assert answer.headers["Cache-Control"] == "no-store", path
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_forms_say_commands_that_there_are() -> None:
    for verb in acts.VERBS:
        row = table.TABLE[verb.partition(" ")[0]]
        assert row.verb, verb  # it is offered to operators in a shell as well
        assert row.audience != "everyone" or row.manages, verb
