"""Who gets onto the chat page: this machine, or a password."""

import pytest

from adapters.web.guess_limit import EACH
from adapters.web.proxies import is_loopback
from bot import texts
from bot.media.signed_links import Links
from tests.adapters.web.web_chat import Browser, Start
from tests.clock import Clock
from tests.houses import picture


async def test_away_from_home_the_page_is_off_without_a_password(start: Start) -> None:
    site = await start(private=False)
    browser = Browser(site.base)
    site.browsers.push_async_callback(browser.http.close)
    status, text = await browser.open("/")
    assert (status, "PLAYGROUND_PASSWORD" in text) == (403, True)
    assert (await browser.open("/events"))[0] == 401
    assert (await browser.open("/healthz"))[0] == 200


async def test_a_password_opens_and_tries_are_limited(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()
    assert browser.state == {}

    async def try_(password: str) -> int:
        async with browser.http.post(
            f"{site.base}/login", data={"password": password}, allow_redirects=False
        ) as answer:
            return answer.status

    assert await try_("wrong") == 401
    assert (await browser.open("/events"))[0] == 401
    assert await try_("open sesame") == 303
    status, shown = await browser.open("/")
    assert (status, texts.page.preview(at_home=False) in shown) == (200, True)
    assert browser.state["csrf"]
    assert (await browser.say("x", photo=picture()))[1]["job"]
    stranger = await site.browser()
    browser = stranger
    assert [await try_(f"guess {n}") for n in range(EACH)] == [401] * (EACH - 1) + [429]
    assert await try_("open sesame") == 429
    site.house.clock.tick(61)
    assert await try_("open sesame") == 303


@pytest.mark.parametrize("private", [True, False])
async def test_whoever_needs_a_password_is_not_told_about_env(start: Start, private: bool) -> None:
    site = await start(private=private, password="open sesame")
    browser = await site.browser()
    async with browser.http.post(f"{site.base}/login", data={"password": "open sesame"}) as answer:
        text = await answer.text()
    assert texts.page.preview(at_home=False) in text
    assert ".env" not in text
    site = await start()
    assert ".env" in (await (await site.browser()).open("/"))[1]


async def test_another_name_for_this_machine_and_a_proxy_are_not_home(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    assert (await browser.open("/", Host="evil.example"))[0] == 403
    assert (await browser.open("/events", Host="evil.example:8080"))[0] == 401
    for header in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "Forwarded", "Via", "CF-Connecting-IP"):
        assert (await browser.open("/", **{header: "203.0.113.7"}))[0] == 403


@pytest.mark.parametrize(
    ("host", "yes"),
    [
        *((name, True) for name in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")),
        *((name, False) for name in ("0.0.0.0", "192.168.1.5", "example.com", "127.0.0.1.evil.example", "")),
    ],
)
def test_loopback(host: str, yes: bool) -> None:
    assert is_loopback(host) is yes


async def test_behind_a_proxy_one_stranger_does_not_lock_out_the_rest(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()

    async def try_(password: str, address: str) -> int:
        headers, form = {"X-Forwarded-For": f"9.9.9.9, {address}"}, {"password": password}
        async with browser.http.post(f"{site.base}/login", data=form, headers=headers, allow_redirects=False) as answer:
            return answer.status

    assert [await try_("guess", "203.0.113.1") for _ in range(EACH + 1)][-1] == 429
    assert await try_("open sesame", "203.0.113.2") == 303


async def test_a_login_form_that_is_none_is_said(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=nope"}
    async with browser.http.post(f"{site.base}/login", data=b"password=x", headers=headers) as answer:
        assert (answer.status, await answer.json()) == (415, {"text": texts.page.UNREADABLE[415]})


async def test_two_on_one_machine_do_not_take_each_others_people(clock: Clock) -> None:
    first, second = Links(b"a" * 32, clock), Links(b"b" * 32, clock)
    assert first.mark("cookies") != second.mark("cookies")
    assert first.mark("cookies") == Links(b"a" * 32, clock).mark("cookies")
