"""Who gets onto the operator's page, who does not, and for how long."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters import console
from adapters.web.guess_limit import EACH
from bot import texts
from bot.admin import operator_sessions
from bot.quotas.rules import HOUSE
from tests.adapters.web.operator.pages import DESK, PATHS, a_life
from tests.bookkeeping import rows
from tests.houses import configure
from tests.operators import OWNER, Seat, browser, fields, link, says, seated
from tests.raw_http import send


async def sessions(seat: Seat) -> list[tuple[str, str]]:
    found = await rows(seat.app.store, "SELECT kind, person FROM operator_sessions ORDER BY kind")
    return [(row["kind"], row["person"]) for row in found]


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
    now[0] += operator_sessions.LINK + 1
    assert (await seat.enter(path))[0] == 403
    assert (await seat.enter(await link(seat.app, "2")))[0] == 200
    now[0] += operator_sessions.SESSION - 1
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
