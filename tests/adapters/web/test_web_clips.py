"""All clips of a person: the page, favourites, and the ZIP."""

import io
import re
import secrets
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markupsafe import escape

from adapters.web import clips_page, concurrency_limit, zip_stream
from adapters.web.job_json import file_name
from bot import texts
from bot.media.stored import StoredFile
from bot.quotas.pricing import Policy
from tests.adapters.web.web_chat import Browser, Site, Start
from tests.houses import configure, picture


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("She puts on her glasses!", "she-puts-on-her-glasses"),
        ("../../etc/passwd", "etc-passwd"),
        ("…", "photoplay"),
        ("Она улыбается", "она-улыбается"),
        ("x" * 200, "x" * 60),
    ],
)
def test_files_are_named_after_words_and_date(words: str, name: str) -> None:
    assert file_name(words, 86_400.0) == f"{name}-1970-01-02"


async def a_clip(site: Site, browser: Browser, words: str) -> str:
    site.house.clock.tick(1)
    job = (await browser.say(words, photo=picture()))[1]["job"]
    return str((await site.house.finish(await site.house.job(job))).id)


async def grid(browser: Browser, query: str = "") -> list[str]:
    status, text = await browser.open(f"/clips{query}")
    assert status == 200
    return re.findall(r'<li id="([\w-]+)">', text)


async def pack(browser: Browser, *ids: str, token: str | None = None, **headers: str) -> tuple[int, bytes]:
    form = [("token", browser.state["csrf"] if token is None else token), *(("clip", id) for id in ids)]
    async with browser.http.post(f"{browser.base}/clips/zip", data=form, headers=headers) as answer:
        return answer.status, await answer.read()


async def mark(browser: Browser, id: str, on: str = "1", token: str | None = None) -> int:
    headers = {"X-Photoplay": browser.state["csrf"] if token is None else token}
    async with browser.http.post(f"{browser.base}/clips/{id}/favourite", data={"on": on}, headers=headers) as answer:
        return answer.status


async def test_all_clips_come_page_by_page_and_by_words(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips_page, "PAGE", 2)
    site = await start()
    configure(site.house.core, policy=Policy(1000))
    browser = await site.browser()
    assert texts.page.no_clips("", False) in (await browser.open("/clips"))[1]
    ids = [await a_clip(site, browser, f"the <b>boat</b> {n}") for n in range(5)]
    await browser.say("still waiting", photo=picture())
    seen, query = [], ""
    while True:
        _, text = await browser.open(f"/clips{query}")
        seen += re.findall(r'<li id="([\w-]+)">', text)
        assert "<b>" not in text
        if not (on := re.search(r'id="more" href="/clips([^"]+)"', text)):
            break
        query = on[1].replace("&amp;", "&")
    assert seen == ids[::-1], "newest first, each once"
    assert await grid(browser, "?words=BOAT+3") == [ids[3]]
    assert escape(texts.page.no_clips("tree", False)) in (await browser.open("/clips?words=tree"))[1]
    for odd in (
        "?before=x",
        "?before=nan-a",
        "?before=1e999-a",
        "?before=1-../x",
        f"?words={'x' * 5000}",
        "?words=%00%ff",
    ):
        assert (await browser.open(f"/clips{odd}"))[0] == 200


async def test_favourites_are_marked_and_shown_alone(start: Start) -> None:
    site = await start()
    browser, stranger = await site.browser(), await site.browser()
    one, two = [await a_clip(site, browser, words) for words in ("one lake", "two")]
    assert [await mark(browser, one), await mark(browser, one)] == [200, 200]
    assert await grid(browser, "?favourites=on") == [one]
    assert (await grid(browser, "?favourites=on&words=two"), await grid(browser)) == ([], [two, one])
    assert [await mark(stranger, one), await mark(browser, "nope"), await mark(browser, "..%2fx")] == [404] * 3
    assert [await mark(browser, two, token=bad) for bad in ("", stranger.state["csrf"])] == [403, 403]
    assert (await mark(browser, one, "0"), await grid(browser, "?favourites=on")) == (200, [])


async def test_chosen_clips_are_one_file_named_by_words_and_date(start: Start, clip: bytes) -> None:
    site = await start()
    browser, stranger = await site.browser(), await site.browser()
    ids = [await a_clip(site, browser, words) for words in ("../she smiles", "she smiles!", "Nebel übers Meer")]
    theirs = await a_clip(site, stranger, "secret")
    status, data = await pack(browser, *ids, ids[0], theirs, "nope", "../../etc/passwd")
    made = zipfile.ZipFile(io.BytesIO(data))
    assert (status, made.testzip()) == (200, None)
    day = f"{datetime.fromtimestamp(site.house.clock(), UTC):%Y-%m-%d}"
    assert made.namelist() == [f"she-smiles-{day}.mp4", f"she-smiles-{day}-2.mp4", f"nebel-übers-meer-{day}.mp4"]
    assert all(made.read(name) == clip for name in made.namelist())
    assert [(await pack(browser, *some))[0] for some in ((), (theirs,), ("x",) * 990)] == [404, 404, 404]
    assert (await pack(browser, *(f"x{n}" for n in range(clips_page.MOST + 1))))[0] == 413
    assert (await pack(browser, *ids, token=""))[0] == 403
    assert (await pack(browser, *ids, token=stranger.state["csrf"]))[0] == 403
    assert (await pack(browser, *ids, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert (await pack(browser, *("x" * 30 for _ in range(3000))))[0] == 413, "no more of a form than that is read"
    site.house.media.path((await site.house.job(ids[0])).clip.name).unlink()
    assert len(zipfile.ZipFile(io.BytesIO((await pack(browser, *ids))[1])).namelist()) == 2


async def test_one_person_takes_so_many_files_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency_limit, "AT_ONCE", 0)
    site = await start()
    browser = await site.browser()
    assert [(await pack(browser, "x"))[0], await mark(browser, "x")] == [429, 429]


async def test_all_clips_are_behind_the_door(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()
    async with browser.http.get(f"{site.base}/clips", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    browser.state["csrf"] = "x"
    assert [(await pack(browser, "x"))[0], await mark(browser, "x")] == [401, 401]


def test_a_zip_is_made_with_little_in_memory(tmp_path: Path) -> None:
    data = secrets.token_bytes(3 * zip_stream.PIECE + 5)
    for name in "ab":
        (tmp_path / name).write_bytes(data)
    files = {"a.mp4": tmp_path / "a", "gone.mp4": tmp_path / "gone", "ü.mp4": tmp_path / "b"}
    pieces = list(zip_stream.pieces([(name, StoredFile(path)) for name, path in files.items()]))
    assert max(map(len, pieces)) < zip_stream.PIECE + 1000
    made = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert (made.testzip(), made.namelist()) == (None, ["a.mp4", "ü.mp4"])
    assert made.read("ü.mp4") == data
