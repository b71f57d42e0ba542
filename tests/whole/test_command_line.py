"""What whoever has a shell sees: the real program, the real stand-in, real files."""

import asyncio
import io
import json
import os
import re
import signal
import sqlite3
import sys
import urllib.request
from asyncio.subprocess import PIPE
from pathlib import Path

import av
import pytest
from aiohttp import web
from forks import ROOT, Forked
from PIL import Image, ImageDraw
from shell import Said, here, photoplay, start
from test_crashes import remember_quick_renders

from adapters import console
from bot.app import open_app
from bot.config import Settings
from generator.models import DEFAULT as MODEL
from generator.receipts import Asked
from tests import templates
from tests.houses import picture
from tests.loopback.provider.paid import PaidHost


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = Image.new("RGB", (640, 480), "skyblue")
    ImageDraw.Draw(image).polygon([(0, 480), (320, 120), (640, 480)], fill="darkolivegreen")
    path = tmp_path / "photo.jpg"
    image.save(path)
    return path


def ctrl_c(process: Forked) -> None:
    """As a terminal does it: to the program and all its children."""
    os.killpg(process.pid, signal.SIGINT)


async def ordered(folder: Path, photo: Path, *prompts: str) -> list[str]:
    """Jobs of whoever runs the tests that nobody works on."""
    async with open_app(Settings(data_dir=folder / "data"), idle=True) as app:
        replies = [
            await app.core.handle(console.inbound(prompt, prompt, [console.picture(photo)])) for prompt in prompts
        ]
    return [reply.job or "" for reply in replies]


def dimensions(path: Path) -> tuple[int, int, float]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert container.duration
        return video.width, video.height, round(container.duration / 1e6, 1)


def ends(path: Path) -> tuple[Image.Image, Image.Image]:
    """The first and the last picture of a clip."""
    with av.open(str(path)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    return frames[0], frames[-1]


async def test_a_photo_becomes_a_clip(tmp_path: Path, photo: Path) -> None:
    code, out, err = await photoplay(tmp_path, "animate", str(photo), "slow zoom in", "-o", "c.mp4", "--timeline")
    assert code == 0, err
    assert dimensions(tmp_path / "c.mp4") == (960, 720, 5.0)
    for part in (
        "“slow zoom in” · 5 s",
        "5 credits",
        "Local preview",
        "c.mp4: 960 × 720, 5 s",
        "taken by local",
        "delivered",
    ):
        assert part in out
    assert "Rendering" in err
    code, out, _ = await photoplay(tmp_path, "jobs")
    job_id = out.split()[-1]
    assert "ready · “slow zoom in”" in out
    assert (await photoplay(tmp_path, "fetch", job_id, "-o", "again.mp4"))[0] == 0
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()
    (tmp_path / "link.mp4").symlink_to("film.mp4")
    assert (await photoplay(tmp_path, "fetch", job_id, "-o", "link.mp4"))[0] == 0
    assert (tmp_path / "link.mp4").is_symlink()
    assert (tmp_path / "film.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()
    os.mkfifo(tmp_path / "pipe")
    reading = asyncio.to_thread((tmp_path / "pipe").read_bytes)
    (code, _, _), got = await asyncio.gather(photoplay(tmp_path, "fetch", job_id, "-o", "pipe"), reading)
    assert (code, got) == (0, (tmp_path / "c.mp4").read_bytes())
    code, _, err = await photoplay(tmp_path, "fetch", job_id, "-o", "/dev/full")
    assert code == 1
    assert f"No space left on device. Your clip is kept; get it with: photoplay fetch {job_id} -o FILE" in err
    code, _, err = await photoplay(tmp_path, "fetch", job_id, "-o", "/proc/c.mp4")
    assert (code, err) == (1, "I can't write to /proc/c.mp4, so I did nothing.\n")
    assert not list(tmp_path.glob(".*.part"))


async def test_a_model_is_chosen_with_its_price_in_sight(tmp_path: Path, photo: Path) -> None:
    code, out, err = await photoplay(tmp_path, "model")
    assert code == 0, err
    assert out.startswith("Your clips are made by Quick (Kling 1 Standard).\n")
    assert "With sound (Kling 2.6 Pro) · 5 credits for 5 s" in out
    assert (
        "Name one, as in photoplay model best, and it makes all your clips; photoplay model more shows every one."
        in (out.replace("\n", " "))
    )
    code, out, err = await photoplay(tmp_path, "animate", str(photo), "slow zoom in", "--model", "sound", "-o", "c.mp4")
    assert code == 0, err
    assert "“slow zoom in” · 5 s · Kling 2.6 Pro · with sound" in out
    with av.open(str(tmp_path / "c.mp4")) as container:
        assert container.streams.audio
    code, _, err = await photoplay(tmp_path, "animate", str(photo), "slow zoom in", "--sound", "on")
    assert (code, err) == (
        1,
        "Kling 1 Standard makes clips without sound. Please order one without. "
        "Kling 2.6 Pro can do all you asked for: --model sound\n",
    )
    code, _, err = await photoplay(tmp_path, "animate", str(photo), "pan left", "--model", "veo 3.1", "--duration", "5")
    assert "--duration can be 4, 6 or 8 seconds, not “5”." in err
    # A shell has no button that says yes to a crop.
    code, _, err = await photoplay(tmp_path, "animate", str(photo), "pan left", "--model", "veo 3.1")
    assert (code, "16:9" in err, "With --crop" in err) == (1, True, True)
    assert (await photoplay(tmp_path, "model", "best"))[0] == 0
    assert "Best (Kling 3.0 Pro), as you chose" in (await photoplay(tmp_path, "model"))[1]


async def test_every_option_reaches_the_stand_in(tmp_path: Path, photo: Path) -> None:
    mask = Image.new("L", (640, 480), 0)
    ImageDraw.Draw(mask).rectangle((0, 300, 640, 480), fill=255)
    mask.save(tmp_path / "still.png")
    move = Image.new("L", (640, 480), 0)
    ImageDraw.Draw(move).ellipse((280, 100, 360, 180), fill=255)
    move.save(tmp_path / "move.png")
    masks = ["--static-mask", "still.png", "--brush", "move.png:320,140;420,140"]
    several = await asyncio.gather(
        photoplay(tmp_path, "animate", str(photo), "drift", "-o", "a.mp4", *masks, DATA_DIR="a"),
        photoplay(tmp_path, "animate", str(photo), "drift", "-o", "b.mp4", "--end", str(photo), DATA_DIR="b"),
        photoplay(
            tmp_path,
            "animate",
            str(photo),
            "pan",
            "--no",
            "shake",
            "-o",
            "c.mp4",
            "--duration",
            "10",
            "--cfg",
            "1",
            DATA_DIR="c",
        ),
    )
    assert [code for code, _, _ in several] == [0, 0, 0], several
    assert "parts held still · 1 moving part" in several[0][1]
    assert "with an end picture" in several[1][1]
    assert "10 s · without shake · words followed at 1" in several[2][1]
    assert dimensions(tmp_path / "c.mp4") == (960, 720, 10.0)
    there = (630, 225)  # where the brush takes the top of the hill, in the clip's pixels
    blue = [picture.getpixel(there)[2] for picture in ends(tmp_path / "a.mp4")]
    assert blue[0] > 200 > 100 > blue[1], "sky first, then the hill"


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (["nothing.jpg", "x"], "There is no file nothing.jpg"),
        (["words.txt", "x"], "isn't a picture I can read"),
        (["photo.jpg", ""], "What should happen"),
        (["photo.jpg", "x", "--duration", "7"], "--duration can be 5 or 10"),
        (["photo.jpg", "x", "--cfg", "2"], "--cfg takes a number from 0"),
        (["photo.jpg", "x", "--end", "photo.jpg", "--duration", "10"], "5-second"),
        (["photo.jpg", "x", "--brush", "photo.jpg"], "A brush is a mask and the way it moves"),
        (["photo.jpg", "x", "--brush", "still.png:1,1"], "2 to 77 points"),
        (["photo.jpg", "x", "--static-mask", "still.png"], "exactly the photo's size"),
        (["photo.jpg", "x", "-o", "nowhere/c.mp4"], "can't write to nowhere/c.mp4"),
        (["photo.jpg", "x", "-o", "/proc/c.mp4"], "can't write to /proc/c.mp4"),
        (["photo.jpg", "x", "-o", "."], "can't write to ."),
        (["photo.jpg", "x", "-o", "self"], "can't write to self"),
        (["photo.jpg", "x", "-o", "same.jpg"], "same.jpg is one of the pictures themselves"),
        ([".", "x"], ". is not a file"),
    ],
)
def test_bad_input_is_answered_and_costs_nothing(tmp_path: Path, photo: Path, args: list[str], part: str) -> None:
    (tmp_path / "words.txt").write_text("hello")
    Image.new("L", (100, 100)).save(tmp_path / "still.png")
    (tmp_path / "same.jpg").symlink_to("photo.jpg")
    (tmp_path / "self").symlink_to("self")
    code, out, err = here("animate", *args)
    assert (code, out) == (1, "")
    assert part in err
    assert "Traceback" not in err
    assert "No clips yet" in here("jobs")[1]


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
    out = (await photoplay(tmp_path, "jobs"))[1]
    assert ("No clips yet" if "Stopped before" in err.decode() else "slowly") in out


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


async def test_cancel_says_what_it_did_and_fails_when_it_did_nothing(tmp_path: Path, photo: Path) -> None:
    (job_id,) = await ordered(tmp_path, photo, "first")
    code, out, err = await photoplay(tmp_path, "cancel", job_id)
    assert (code, err) == (0, "")
    assert out == "Taken out of the line.\n"
    assert (await photoplay(tmp_path, "cancel", job_id)) == (1, "", "That one is over already.\n")
    assert "1. cancelled, not charged · “first” · 5 s · " in (await photoplay(tmp_path, "jobs", "FIRST"))[1]
    assert "has “zebra, striped” in its words" in (await photoplay(tmp_path, "jobs", "zebra,", "striped"))[1]


def test_a_picture_that_is_none_is_not_to_be_sent_again(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    small = tmp_path / "small.jpg"
    small.write_bytes(picture(100, 100))
    code, _, err = here("animate", "empty.jpg", "x")
    assert (code, err) == (1, "That file is empty. Please take another one.\n")
    assert "please take a larger one" in here("animate", str(small), "x")[2].replace("\n", " ")


async def test_with_a_key_it_buys_and_says_what_went_wrong(tmp_path: Path, photo: Path) -> None:
    bodies: list[dict[str, object]] = []

    async def refuse(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.json_response({"message": "You've run out of credits, see https://x.example"}, status=403)

    async def look(_: web.Request) -> web.Response:
        return web.json_response({"message": "no such job"}, status=404)

    app = web.Application()
    path = "/v2/generate/video/kling/generation"
    app.add_routes([web.post(path, refuse), web.get(path, look)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    keys = {"APILAPLAS_KEY": "sk-secret-1", "APILAPLAS_URL": f"http://127.0.0.1:{runner.addresses[0][1]}"}
    try:
        code, out, err = await photoplay(tmp_path, "animate", str(photo), "slowly", **keys)
        assert code == 1
        assert "the operator has been told" in err
        assert "your 5 credits are back" in err
        assert "photoplay check" in err
        assert err.count("the operator has been told") == 1
        assert "ERROR" not in err
        assert "run out of credits" not in out + err.split("The video service")[-1]
        assert "Local preview" not in out
        code, out, err = await photoplay(tmp_path, "check", **keys)
        assert code == 0, out
        assert "apilaplas is reachable and takes the key" in out
        assert "Receipts" not in out
        assert "run out of credits" in out
        assert "x.example" not in out
        assert "sk-secret-1" not in out + err
    finally:
        await runner.cleanup()
    assert len(bodies) == 1
    assert bodies[0]["duration"] == "5"
    assert str(bodies[0]["image_url"]).startswith("data:image/jpeg;base64,")


def test_check_without_keys() -> None:
    code, out, err = here("check", PORT="0")
    assert code == 0, out + err
    assert "the stand-in on this machine" in out
    assert "AIMLAPI_KEY" in out
    assert "Decoders: before they open a stranger's file they give up " in out


def test_check_says_what_strangers_could_use(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PLAYGROUND_PASSWORD=abc\n")
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "data").mkdir(mode=0o755)
    code, out, _ = here("check", PORT="0", HOST="0.0.0.0")
    assert code == 0, out
    assert "PLAYGROUND_PASSWORD has 3 characters, and the page can be reached from elsewhere" in out
    assert "can look into .env: keys and tokens. Run: chmod 600 .env" in out
    assert "can look into data: photos and the secret. Run: chmod 700 data" in out
    assert "abc" not in out.replace("PLAYGROUND", "")
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / "data").chmod(0o700)
    code, out, _ = here("check", PORT="0", PUBLIC_URL="http://127.0.0.1:9")
    assert "PUBLIC_URL begins with http://" in out
    assert "can look into" not in out
    code, out, _ = here("check", PORT="0")
    assert "characters" not in out  # at home a short one does


async def test_check_knows_another_photoplay_from_this_one(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    process = await start(tmp_path, "run", PORT="0")
    try:
        assert process.stderr
        found = None
        while found is None:
            found = re.search(r"serving (http://\S+):(\d+),", (await process.stderr.readline()).decode())
        running = {"PORT": found[2]}
        code, out, _ = await photoplay(tmp_path, "check", **running)
        assert (code, f"Web server: running at http://127.0.0.1:{found[2]}." in out) == (0, True)
        code, out, _ = await photoplay(tmp_path, "check", **running, DATA_DIR="other")
        assert code == 1
        assert "another Photoplay, with another DATA_DIR, answers" in out
        public = {"PORT": "0", "PUBLIC_URL": f"http://127.0.0.1:{found[2]}"}
        code, out, _ = await photoplay(tmp_path, "check", **public, DATA_DIR="other")
        assert (code, "leads to another Photoplay" in out) == (1, True)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"AIMLAPI_KEY": "sk-secret-1", "AIMLAPI_URL": "http://127.0.0.1:9"}, "aimlapi cannot be reached"),
        ({"PROVIDERS": "aimlapi"}, "AIMLAPI_KEY is not set"),
        ({"PROVIDERS": "nobody"}, "names “nobody”"),
        ({"APILAPLAS_KEY": "k", "APILAPLAS_INLINE": "false"}, "Set PUBLIC_URL"),
        ({"PUBLIC_URL": "http://127.0.0.1:9"}, "does not lead to this server"),
        ({"DATABASE_URL": "postgresql://u:sk-secret-1@127.0.0.1:9/x"}, "cannot reach PostgreSQL"),
        ({"DATA_DIR": "photo.jpg"}, "cannot be used"),
        ({"DATA_DIR": "/proc/nothing"}, "DATA_DIR /proc/nothing cannot be used"),
        ({"DATA_DIR": "broken"}, "file is not a database"),
        ({"LEASE": "soon"}, "LEASE: it must be a number."),
    ],
)
def test_check_fails_when_something_configured_does_not_work(
    tmp_path: Path, photo: Path, settings: dict[str, str], part: str
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "photoplay.db").write_bytes(bytes(100_000))
    code, out, err = here("check", **{"PORT": "0", **settings})
    assert code == 1, out + err
    assert part in out
    assert "sk-secret-1" not in out + err


async def test_check_fails_where_it_cannot_listen(tmp_path: Path) -> None:
    code, out, err = await photoplay(
        tmp_path, "check", PORT="0", HOST="203.0.113.1"
    )  # looks who is there: not from here
    assert code == 1, out + err
    assert "Cannot listen on 203.0.113.1" in out


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"PORT": "eighty"}, "PORT: it must be a whole number."),
        ({"LEASE": "inf"}, "LEASE: it must be a number."),
        ({"PORT": "99999"}, "PORT: it must be at most 65535."),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: it must be one of 'DEBUG', "),
        ({"DATABASE_URL": "mysql://sk-secret-1"}, "DATABASE_URL: it must start with"),
        ({"DATABASE_URL": "postgres://u:sk-secret-1@h/d?sslmode=maybe"}, "DATABASE_URL: sslmode must be one of"),
        ({"DATABASE_URL": "postgres://u:sk-secret-1@127.0.0.1:9/x"}, "nobody answers at its host and port"),
        ({"AIMLAPI_KEY": "sk-secret-1é"}, "AIMLAPI_KEY: it has a space or a character in it"),
        ({"AIMLAPI_URL": "https://sk-secret-1:99999"}, "AIMLAPI_URL: it must be an address"),
        ({"AIMLAPI_URL": "https://sk-secret-1@x.example"}, "AIMLAPI_URL: it must be a bare address"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(settings: dict[str, str], part: str) -> None:
    answers = [here(command, **settings) for command in ("check", "jobs", "run")]
    assert [code for code, _, _ in answers] == [1, 2, 2]
    for _, out, err in answers:
        assert part in out + err
        assert "sk-secret-1" not in out + err
        assert "Traceback" not in err


def test_settings_are_read_as_they_were_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("AIMLAPI_KEY=sk-1\nAPILAPLAS_KEY=' sk-2 '\nPROVIDERS=local,local\nMODEL=' m '\n")
    for name, value in {"AIMLAPI_KEY": "", "LOG_LEVEL": "debug", "DAILY_CREDITS": "", "PORT": " "}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.aimlapi_key is None
    assert settings.apilaplas_key
    assert settings.apilaplas_key.get_secret_value() == "sk-2"
    assert (settings.providers, settings.model, settings.log_level) == (("local",), "m", "DEBUG")
    assert (settings.daily_credits, settings.port) == (None, 8080)


def test_a_database_that_cannot_be_used_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "photoplay.db").write_bytes(bytes(100_000))
    code, _, err = here("jobs")
    assert code == 2
    assert err.startswith("The database can't be used right now (")
    assert "nothing was ordered or spent" in err


async def test_whatever_becomes_of_the_output_there_is_no_traceback(tmp_path: Path) -> None:
    async def shell(line: str) -> Said:
        process = await asyncio.create_subprocess_shell(
            f"photoplay() {{ {sys.executable} -m bot $@; }}; {line}",
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PORT": "0"},
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    assert await shell("photoplay check | head -0") == (0, "", "")
    (tmp_path / "data").mkdir()
    assert await shell("photoplay jobs > /dev/full") == (2, "", "No space left on device\n")
    code, out, err = await shell("photoplay check")
    assert (code, err) == (0, "")
    assert out.startswith("? Data folder: ")
    assert "MB free" in out


async def test_run_serves_until_sigterm(tmp_path: Path, photo: Path) -> None:
    process = await start(tmp_path, "run", PORT="0")
    assert process.stderr
    found = None
    while found is None:
        line = (await process.stderr.readline()).decode()
        assert line
        found = re.search(r"serving (http://\S+), buying from local", line)

    def get() -> dict[str, object]:
        with urllib.request.urlopen(f"{found[1]}/healthz") as answer:
            said: dict[str, object] = json.load(answer)
            return said

    health = await asyncio.to_thread(get)
    assert health["ok"] is True
    figures = {"worker_last_round_s", "oldest_overdue_s", "outbox_overdue_s", "database", "jobs", "platforms"}
    assert set(health) == {"ok", "buying", *figures}
    assert health["buying"] == "on"
    # An order from another process is worked off here, and there.
    assert (await photoplay(tmp_path, "animate", str(photo), "drift", "-o", "c.mp4"))[0] == 0
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        _, err = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in err


async def test_the_stand_in_runs_alone(tmp_path: Path) -> None:
    process = await start(
        *(tmp_path, "generator", "--port", "0", "--key", "sk-secret-1", "--deposit", "2.5", "--pace", "0.001")
    )
    assert process.stderr
    found = re.search(r"answers at (\S+)", (await process.stderr.readline()).decode())
    assert found
    _, out, _ = await photoplay(tmp_path, "check", AIMLAPI_KEY="sk-secret-1", AIMLAPI_URL=found[1], PORT="0")
    assert "aimlapi is reachable and takes the key" in out
    assert "Prices: aimlapi lists 13 of the 13 models of Photoplay." in out
    assert "Receipts: aimlapi keeps a log of our requests" in out
    _, out, _ = await photoplay(tmp_path, "admin", "operator", AIMLAPI_KEY="sk-secret-1", AIMLAPI_URL=found[1])
    assert "Left at aimlapi: $2.50" in out
    code, out, _ = await photoplay(tmp_path, "check", AIMLAPI_KEY="wrong", AIMLAPI_URL=found[1], PORT="0")
    assert code == 1
    assert "does not accept AIMLAPI_KEY" in out
    assert "Receipts: the log that aimlapi keeps of our requests cannot be read now (HTTP 401)" in out
    assert "given back after 30 minutes" in out
    code, out, err = await photoplay(tmp_path, "generator", "--port", found[1].rpartition(":")[2])
    assert (code, out) == (2, "")
    assert "is in use. Choose a free one with --port." in err
    ctrl_c(process)
    async with asyncio.timeout(60):
        await process.communicate()
    assert process.returncode == 0


async def test_help_describes_every_command(tmp_path: Path) -> None:
    code, out, _ = await photoplay(tmp_path, "--help")
    assert code == 0
    for command in ("run", "worker", "animate", "jobs", "quota", "cancel", "fetch", "generator", "check"):
        assert re.search(rf"{command}\s+\w+", out)
    helps = {}
    for command in ("animate", "jobs", "cancel", "fetch"):
        code, out, _ = await photoplay(tmp_path, command, "--help")
        helps[command] = out
        assert (code, f"photoplay {command} " in out.partition("For example:")[2]) == (0, True)
        assert "=(" not in out  # nothing of Python's
    assert "seconds: 5 or 10; other models" in " ".join(re.sub("[│╭╮─]", " ", helps["animate"]).split())
    assert (await photoplay(tmp_path, "generator", "--help"))[0] == 0


async def test_what_is_not_needed_is_not_loaded(tmp_path: Path) -> None:
    """A platform without a token, the other database, and what the decoders alone open pictures with."""
    for command, more in (("jobs", "PIL pillow_heif av numpy cv2 asyncpg"), ("check", "")):
        heavy = f"telegram discord cryptography {more}".split()
        looks = f"import sys, atexit; atexit.register(lambda: print(set({heavy}) & set(sys.modules)))"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", f"{looks}; from bot.__main__ import main; main()", command),
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PORT": "0"},
            stdout=PIPE,
        )
        out, _ = await process.communicate()
        assert (process.returncode, out.decode().splitlines()[-1]) == (0, "set()")


def test_somebody_elses_clip_stays_theirs() -> None:
    code, _, err = here("fetch", "nobody1234")
    assert code == 1
    assert err == "I don't know that clip. Your last ones: photoplay jobs\n"
    assert here("cancel", "nobody1234") == (1, "", err)
    assert "not limited" in here("quota")[1]


@pytest.mark.parametrize("path", sorted((ROOT / "adapters" / "web" / "samples").iterdir()), ids=lambda p: p.name)
def test_samples_are_pictures(path: Path) -> None:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        assert min(image.size) >= 720


async def test_nothing_is_bought_when_the_provider_could_not_fetch_the_photo(
    tmp_path: Path, photo: Path, clip: bytes
) -> None:
    host = PaidHost(clip)
    async with host.serve() as base:
        taken = base.rpartition(":")[2]  # somebody else's server answers there
        keys = {"AIMLAPI_KEY": "sk-1", "AIMLAPI_URL": base, "PUBLIC_URL": base, "PORT": taken}
        code, _, err = await photoplay(tmp_path, "animate", str(photo), "slowly", **keys)
    assert (code, host.bought) == (2, {})
    assert f"Port {taken} is in use" in err


async def test_reconcile_says_what_fits_and_what_does_not(tmp_path: Path, photo: Path, clip: bytes) -> None:
    host = PaidHost(clip)
    async with host.serve() as base:
        keys = {"AIMLAPI_KEY": "sk-1", "AIMLAPI_URL": base}
        code, _, err = await photoplay(tmp_path, "animate", str(photo), "slowly", "-o", "c.mp4", **keys)
        assert code == 0, err
        code, out, err = await photoplay(tmp_path, "reconcile", **keys)
        assert (code, err) == (0, "")
        assert "1 paid and delivered ($0.16)" in out
        host.receipts.begin(Asked("stray:kling/v1", None, "r", MODEL), 315_000)
        host.receipts.settle("stray:kling/v1", succeeded=True)
        code, out, err = await photoplay(tmp_path, "reconcile", "--since", "7d", **keys)
        assert (code, err) == (0, "")
        assert "1 paid and not known here ($0.16)" in out
        assert "aimlapi: stray:kling/v1, 0.1575 USD" in out
        for wrong in ("yesterday", "91d", "0d", "2999-01-01"):
            code, _, err = await photoplay(tmp_path, "reconcile", "--since", wrong, **keys)
            assert (code, err.startswith("From when on?")) == (1, True), err
    code, _, err = await photoplay(tmp_path, "reconcile", **keys)
    assert (code, "cannot be read: no answer" in err) == (2, True), err
    code, _, err = await photoplay(tmp_path, "reconcile", APILAPLAS_KEY="sk-2")
    assert (code, "nothing to compare" in err) == (1, True), err
