"""What attackers send to the chat page."""

import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from adapters.web import message
from bot import texts
from bot.media.signed_links import Links
from tests.adapters.web.web_chat import Start
from tests.houses import picture


async def test_a_forged_form_is_refused(start: Start) -> None:
    site = await start()
    browser, other = await site.browser(), await site.browser()
    for token in ("", "x", other.state["csrf"]):
        assert (await browser.say("x", photo=picture(), token=token))[0] == 403
    for place in ("cross-site", "same-site", "none"):
        assert (await browser.say("x", photo=picture(), headers={"Sec-Fetch-Site": place}))[0] == 403
    for origin in ("https://photos.example.com", "null", site.base.replace("127.0.0.1", "localhost")):
        assert (await browser.say("x", photo=picture(), headers={"Origin": origin}))[0] == 403
    assert (await site.house.store.health(0)).states == {}
    assert (await browser.say("x", photo=picture(), headers={"Origin": site.base}))[0] == 200


async def test_a_made_up_cookie_is_nobody(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    name = Links(b"k" * 32, site.house.clock).mark("cookies")
    for value in ("abcdefghijklmnop", browser.state["csrf"], ""):
        cookie = f"photoplay_person_{name}={value}"
        async with aiohttp.ClientSession(headers={"Cookie": cookie}) as http, http.get(f"{site.base}/events") as answer:
            assert answer.status == 401


async def test_the_cookie_is_closed_to_scripts_and_other_sites(start: Start) -> None:
    site = await start()
    async with aiohttp.ClientSession() as http, http.get(site.base) as answer:
        (cookie,) = answer.headers.getall("Set-Cookie")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


async def test_nobody_sees_or_touches_anothers_clips(start: Start) -> None:
    site = await start()
    owner, other = await site.browser(), await site.browser()
    job = (await owner.say("secret words", photo=picture()))[1]["job"]
    await site.house.finish(await site.house.job(job))
    async with other.events() as events:
        await events.ready()
    assert events.jobs == {}
    assert (await other.open(f"/frame/{job}"))[0] == 404
    for command in ("cancel", "again", "continue"):
        assert (await other.say(f"/{command} {job}"))[1] == {"text": texts.chat.NOT_YOURS, "job": None, "fine": False}
    assert "secret words" not in (await other.say("/jobs"))[1]["text"]


async def test_script_in_words_stays_words(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    evil = "</script><script>alert(1)</script> <img src=x onerror=alert(1)>"
    job = (await browser.say(evil, photo=picture()))[1]["job"]
    _, text = await browser.open("/")
    assert "alert(1)" not in text
    async with browser.events() as events:
        await events.ready()
    assert events.jobs[job]["prompt"] == evil


async def test_too_large_an_upload_is_cut_off(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message, "HEAVIEST_PICTURE", 1 << 20)
    site = await start()
    browser = await site.browser()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 1 << 20
            yield b"x\r\n" * (1 << 18)

    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-Photoplay": browser.state["csrf"]}
    for length in (None, str(10 << 30)):  # said nothing, or said the truth
        with contextlib.suppress(aiohttp.ClientConnectionError):  # cut off in mid-sentence is an answer, too
            told = headers | ({"Content-Length": length} if length else {})
            async with browser.http.post(f"{site.base}/say", data=endless(), headers=told) as answer:
                assert answer.status == 413
    assert sent < 300 << 20
    status, said = await browser.say("x", photo=b"x" * ((1 << 20) + 1))
    assert (status, "too large" in said["text"]) == (413, True)
    status, said = await browser.say("x" * 60_000, photo=picture())
    assert status == 413
    assert "2,500" in said["text"]


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", b"\xff" * 99]
)
async def test_a_broken_form_breaks_nothing(start: Start, body: bytes) -> None:
    site = await start()
    browser = await site.browser()
    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-Photoplay": browser.state["csrf"]}
    async with browser.http.post(f"{site.base}/say", data=body, headers=headers) as answer:
        assert 400 <= answer.status < 500
    assert (await browser.open("/"))[0] == 200


@pytest.mark.parametrize(
    "path", ["/static/../page.py", "/static/%2e%2e/page.py", "/static/..%2fpage.py", "/frame/..%2f..", "/static/"]
)
async def test_paths_lead_nowhere_else(start: Start, path: str) -> None:
    site = await start()
    browser = await site.browser()
    async with browser.http.get(aiohttp.client.URL(site.base + path, encoded=True)) as answer:
        assert answer.status in (403, 404)
