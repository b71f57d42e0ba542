"""What whoever has a shell sees: the real program, the real stand-in, real files."""

import asyncio
import io
import json
import os
import re
import signal
import sys
import urllib.request
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import av
import pytest
from aiohttp import web
from paid_host import PaidHost
from PIL import Image, ImageDraw

from tests.bot.test_life import clip  # noqa: F401  (the fixture of a small real clip)

ROOT = Path(__file__).parents[2]
Said = tuple[int, str, str]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = Image.new("RGB", (640, 480), "skyblue")
    ImageDraw.Draw(image).polygon([(0, 480), (320, 120), (640, 480)], fill="darkolivegreen")
    path = tmp_path / "photo.jpg"
    image.save(path)
    return path


async def start(folder: Path, *args: str, **settings: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *args),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", **settings},
        stdout=PIPE,
        stderr=PIPE,
    )


async def photoplay(folder: Path, *args: str, **settings: str) -> Said:
    """Run a command to its end: exit code, output, errors."""
    process = await start(folder, *args, **settings)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def dimensions(path: Path) -> tuple[int, int, float]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert container.duration
        return video.width, video.height, round(container.duration / 1e6, 1)


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
    job_id = out.split(" ")[0]
    assert "ready · “slow zoom in”" in out
    assert (await photoplay(tmp_path, "fetch", job_id, "-o", "again.mp4"))[0] == 0
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()
    assert not list(tmp_path.glob(".*.part"))


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
            "pan --no shake",
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
    requests = [json.loads(path.read_text()) for path in (tmp_path / "a").rglob("request.json")]
    assert "trajectories" in json.dumps(requests)


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
    ],
)
async def test_bad_input_is_answered_and_costs_nothing(tmp_path: Path, photo: Path, args: list[str], part: str) -> None:
    (tmp_path / "words.txt").write_text("hello")
    Image.new("L", (100, 100)).save(tmp_path / "still.png")
    code, out, err = await photoplay(tmp_path, "animate", *args)
    assert (code, out) == (1, "")
    assert part in err
    assert "Traceback" not in err
    assert "No clips yet" in (await photoplay(tmp_path, "jobs"))[1]


async def test_ctrl_c_leaves_the_job_safe_and_says_how_to_fetch_it(tmp_path: Path, photo: Path, clip: bytes) -> None:  # noqa: F811
    host = PaidHost(clip)
    host.hang_at = "poll"
    async with host.serve() as base:
        keys = {"AIMLAPI_KEY": "sk-1", "AIMLAPI_URL": base, "LEASE": "3"}
        process = await start(tmp_path, "animate", str(photo), "slowly", **keys)
        assert process.stderr
        while "Rendering" not in (line := (await process.stderr.readline()).decode()):
            assert line
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert process.returncode == 1
        found = re.search(r"photoplay fetch (\w+) -o FILE", err.decode().replace("\n", " "))
        assert found, err
        assert "Traceback" not in err.decode()
        host.let_go()
        code, _, said = await photoplay(tmp_path, "fetch", found[1], "-o", "c.mp4", **keys)
        assert code == 0, said
    assert host.bought == {"slowly": 1}
    assert (tmp_path / "c.mp4").read_bytes() == clip


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
        assert "run out of credits" not in out + err.split("The video service")[-1]
        assert "Local preview" not in out
        code, out, err = await photoplay(tmp_path, "check", **keys)
        assert code == 0, out
        assert "apilaplas is reachable and takes the key" in out
        assert "run out of credits" in out
        assert "x.example" not in out
        assert "sk-secret-1" not in out + err
    finally:
        await runner.cleanup()
    assert len(bodies) == 1
    assert bodies[0]["duration"] == "5"
    assert str(bodies[0]["image_url"]).startswith("data:image/jpeg;base64,")


async def test_check_without_keys(tmp_path: Path) -> None:
    code, out, err = await photoplay(tmp_path, "check", PORT="0")
    assert code == 0, out + err
    assert "the stand-in on this machine" in out
    assert "AIMLAPI_KEY" in out


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
        ({"HOST": "203.0.113.1"}, "Cannot listen on 203.0.113.1"),
    ],
)
async def test_check_fails_when_something_configured_does_not_work(
    tmp_path: Path, photo: Path, settings: dict[str, str], part: str
) -> None:
    code, out, err = await photoplay(tmp_path, "check", **{"PORT": "0", **settings})
    assert code == 1, out + err
    assert part in out
    assert "sk-secret-1" not in out + err


@pytest.mark.parametrize(
    ("settings", "part"),
    [({"PORT": "eighty"}, "PORT:"), ({"DATABASE_URL": "mysql://sk-secret-1"}, "DATABASE_URL: it must start with")],
)
async def test_a_wrong_setting_is_named_and_its_value_is_not(
    tmp_path: Path, settings: dict[str, str], part: str
) -> None:
    for command in ("run", "check", "jobs"):
        code, out, err = await photoplay(tmp_path, command, **settings)
        assert code == 2
        assert part in err
        assert "sk-secret-1" not in out + err
        assert "Traceback" not in err


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
    assert set(health) == {"ok", "worker_last_round_s", "oldest_overdue_s", "database", "jobs"}
    # An order from another process is worked off here, and there.
    assert (await photoplay(tmp_path, "animate", str(photo), "drift", "-o", "c.mp4"))[0] == 0
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        _, err = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in err


async def test_the_stand_in_runs_alone(tmp_path: Path) -> None:
    process = await start(tmp_path, "generator", "--port", "0", "--key", "sk-secret-1")
    assert process.stderr
    found = re.search(r"answers at (\S+)", (await process.stderr.readline()).decode())
    assert found
    _, out, _ = await photoplay(tmp_path, "check", AIMLAPI_KEY="sk-secret-1", AIMLAPI_URL=found[1], PORT="0")
    assert "aimlapi is reachable and takes the key" in out
    code, out, _ = await photoplay(tmp_path, "check", AIMLAPI_KEY="wrong", AIMLAPI_URL=found[1], PORT="0")
    assert code == 1
    assert "does not accept AIMLAPI_KEY" in out
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(5):
        await process.communicate()
    assert process.returncode == 0


async def test_help_describes_every_command(tmp_path: Path) -> None:
    code, out, _ = await photoplay(tmp_path, "--help")
    assert code == 0
    for command in ("run", "worker", "animate", "jobs", "quota", "cancel", "fetch", "generator", "check"):
        assert re.search(rf"{command}\s+\w+", out)
    for command in ("animate", "generator", "fetch"):
        assert (await photoplay(tmp_path, command, "--help"))[0] == 0


async def test_somebody_elses_clip_stays_theirs(tmp_path: Path) -> None:
    code, _, err = await photoplay(tmp_path, "fetch", "nobody1234")
    assert code == 1
    assert "don't know that clip" in err
    code, out, _ = await photoplay(tmp_path, "cancel", "nobody1234")
    assert "don't know that clip" in out
    assert "not limited" in (await photoplay(tmp_path, "quota"))[1]


@pytest.mark.parametrize("path", sorted((ROOT / "adapters" / "web" / "samples").iterdir()), ids=lambda p: p.name)
def test_samples_are_pictures(path: Path) -> None:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        assert min(image.size) >= 720
