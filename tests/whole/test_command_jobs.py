"""Jobs from a shell: what Ctrl-C leaves behind, and fetching and cancelling it."""

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest
from killed import remember_quick_renders
from shell import ctrl_c, here, photoplay, start

from adapters import console
from bot.app import open_app
from bot.config import Settings
from tests import templates
from tests.loopback.provider.paid import PaidHost


async def ordered(folder: Path, photo: Path, *prompts: str) -> list[str]:
    """Jobs of the user of the tests, without a worker."""
    async with open_app(Settings(data_dir=folder / "data"), idle=True) as app:
        replies = [
            await app.core.handle(console.inbound(prompt, prompt, [console.picture(photo)])) for prompt in prompts
        ]
    return [reply.job or "" for reply in replies]


async def test_ctrl_c_leaves_the_job_safe_and_says_how_to_fetch_it(tmp_path: Path, photo: Path, clip: bytes) -> None:
    host = PaidHost(clip)
    host.hang_at = "poll"
    async with host.serve() as base:
        keys = {"AIMLAPI_KEY": "sk-1", "AIMLAPI_URL": base, "LEASE": "3"}
        await templates.put(tmp_path / "data", remember_quick_renders)
        process = await start(tmp_path, "animate", str(photo), "slowly", **keys)
        assert process.stderr
        while "Rendering" not in (line := (await process.stderr.readline()).decode()):
            assert line
        ctrl_c(process)
        _, err = await process.communicate()
        assert process.returncode == 1
        assert err.startswith("Stopping …".encode())
        found = re.search(r"photoplay fetch (\w+) -o FILE", err.decode().replace("\n", " "))
        assert found, err
        assert "Traceback" not in err.decode()
        host.let_go()
        code, _, said = await photoplay(tmp_path, "fetch", found[1], "-o", "c.mp4", **keys)
        assert code == 0, said
    assert host.bought == {"slowly": 1}
    assert (tmp_path / "c.mp4").read_bytes() == clip


async def test_ctrl_c_while_the_order_is_kept_lets_it_be_kept(tmp_path: Path, photo: Path) -> None:
    await ordered(tmp_path, photo, "first")
    process = await start(tmp_path, "animate", str(photo), "slowly")
    database = sqlite3.connect(tmp_path / "data" / "photoplay.db", isolation_level=None)
    try:
        photos = len(kept := list((tmp_path / "data").rglob("*.jpg")))
        while photos == len(kept):
            kept = list((tmp_path / "data").rglob("*.jpg"))
            await asyncio.sleep(0)
        database.execute("BEGIN IMMEDIATE")
        ctrl_c(process)
        await asyncio.sleep(0.3)
        database.execute("ROLLBACK")
    finally:
        database.close()
    _, err = await process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in err.decode()
    found = re.search(r"photoplay fetch (\w+) -o FILE", err.decode().replace("\n", " "))
    assert found, err
    assert (await photoplay(tmp_path, "jobs"))[1].splitlines()[0].endswith(found[1])


@pytest.mark.parametrize("delay", [0.1, 0.5, 1.0])
async def test_ctrl_c_never_ends_in_a_traceback(tmp_path: Path, photo: Path, delay: float) -> None:
    process = await start(tmp_path, "animate", str(photo), "slowly")
    while not (tmp_path / "data").exists():  # our own part begins
        await asyncio.sleep(0.01)
    await asyncio.sleep(delay)
    ctrl_c(process)
    _, err = await process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in err.decode()
    kept = "photoplay fetch" in " ".join(err.decode().split())
    out = (await photoplay(tmp_path, "jobs"))[1]
    assert ("slowly" if kept else "No clips yet") in out, err.decode()


async def test_ctrl_c_while_the_order_goes_out_leaves_the_question_whether_it_arrived(
    tmp_path: Path,
    photo: Path,
    clip: bytes,
) -> None:
    host = PaidHost(clip)
    host.hang_at = "create"
    async with host.serve() as base:
        keys = {"AIMLAPI_KEY": "sk-1", "AIMLAPI_URL": base, "LEASE": "3"}
        process = await start(tmp_path, "animate", str(photo), "slowly", **keys)
        await host.reached.get()
        ctrl_c(process)
        _, err = await process.communicate()
        assert process.returncode == 1
        assert "Stopping" in err.decode()
        found = re.search(r"photoplay fetch (\w+) -o FILE", err.decode().replace("\n", " "))
        assert found, err
        host.let_go()
        code, _, said = await photoplay(tmp_path, "fetch", found[1], "-o", "c.mp4", **keys)
        assert code == 0, said
    assert host.bought == {"slowly": 1}
    assert (tmp_path / "c.mp4").read_bytes() == clip


async def test_fetch_makes_nothing_but_what_it_is_asked_for(tmp_path: Path, photo: Path) -> None:
    _, second, _ = await ordered(tmp_path, photo, "first", "second", "third")
    for _ in range(2):
        code, _, err = await photoplay(tmp_path, "fetch", second, "-o", "c.mp4")
        assert code == 0, err
    assert len(list((tmp_path / "data" / "generator" / "generations").iterdir())) == 1
    assert (await photoplay(tmp_path, "jobs"))[1].count("in line") == 2


async def test_fetch_knows_the_numbers_of_the_list(tmp_path: Path, photo: Path) -> None:
    await ordered(tmp_path, photo, "first", "second")
    code, out, err = await photoplay(tmp_path, "fetch", "2", "-o", "c.mp4")
    assert code == 0, err
    assert out.startswith("2 is “first”.\nc.mp4: ")
    for number in ("0", "3", "-1", "02"):
        code, _, err = await photoplay(tmp_path, "fetch", "--", number)
        assert (code, "I don't know that clip." in err) == (1, True)


async def test_cancel_says_what_it_did_and_fails_when_it_did_nothing(tmp_path: Path, photo: Path) -> None:
    (job_id,) = await ordered(tmp_path, photo, "first")
    code, out, err = await photoplay(tmp_path, "cancel", job_id)
    assert (code, err) == (0, "")
    assert out == "Taken out of the line.\n"
    assert (await photoplay(tmp_path, "cancel", job_id)) == (1, "", "That one is over already.\n")
    assert "1. cancelled, not charged · “first” · 5 s · " in (await photoplay(tmp_path, "jobs", "FIRST"))[1]
    assert "has “zebra, striped” in its words" in (await photoplay(tmp_path, "jobs", "zebra,", "striped"))[1]


def test_somebody_elses_clip_stays_theirs() -> None:
    code, _, err = here("fetch", "nobody1234")
    assert code == 1
    assert err == "I don't know that clip. Your last ones: photoplay jobs\n"
    assert here("cancel", "nobody1234") == (1, "", err)
    assert "not limited" in here("quota")[1]
