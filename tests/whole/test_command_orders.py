"""Orders from a shell: the real program, the real stand-in, real files."""

import asyncio
import os
from pathlib import Path

import av
import pytest
from aiohttp import web
from PIL import Image, ImageDraw
from shell import here, photoplay

from tests.houses import picture
from tests.loopback.provider.paid import PaidHost


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
    args = ("animate", str(photo), "slow zoom in", "-o", "c.mp4", "--timeline")
    code, out, err = await photoplay(tmp_path, *args, whole=True)
    assert code == 0, err
    assert dimensions(tmp_path / "c.mp4") == (960, 720, 5.0)
    for part in (
        "“slow zoom in” · 5 s",
        "5 credits",
        "Local preview",
        "c.mp4: 960 × 720, 5 s",
        "taken by the stand-in",
        "delivered",
    ):
        assert part in out
    assert "Rendering" in err
    code, out, _ = await photoplay(tmp_path, "jobs")
    job_id = out.split()[-1]
    assert "ready · “slow zoom in”" in out
    assert (await photoplay(tmp_path, "fetch", job_id, "-o", "again.mp4"))[0] == 0
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert tmp_path / "data" / "photoplay.db" in kept
    assert [path.name for path in kept if b"slow zoom in" in path.read_bytes()] == [], "words stand in no file"
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
        "Name one or its number, as in photoplay model best or photoplay model 2, and it makes all your clips; "
        "photoplay model more shows every one." in (out.replace("\n", " "))
    )
    code, out, err = await photoplay(tmp_path, "animate", str(photo), "slow zoom in", "--model", "sound", "-o", "c.mp4")
    assert code == 0, err
    assert "“slow zoom in” · 5 s · Kling 2.6 Pro · with sound" in out
    with av.open(str(tmp_path / "c.mp4")) as container:
        assert container.streams.audio
    await photoplay(tmp_path, "model")
    code, out, err = await photoplay(tmp_path, "model", "2")
    assert code == 0, err
    assert out.startswith("From now on your clips are made by Best (Kling 3.0 Pro)")
    await photoplay(tmp_path, "model", "default")
    code, _, err = await photoplay(tmp_path, "animate", str(photo), "slow", "--model", "quick", "--sound", "on")
    assert (code, err) == (
        1,
        "Kling 1 Standard makes clips without sound. Please order one without. "
        "Kling 2.6 Pro can do all you asked for: --model sound\n",
    )
    code, _, err = await photoplay(tmp_path, "animate", str(photo), "pan left", "--model", "veo 3.1", "--duration", "5")
    assert "Clips of Veo 3.1 have 4, 6 or 8 seconds, not 5." in err
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
    assert dimensions(tmp_path / "c.mp4") == (426, 320, 10.0)
    there = (280, 100)  # where the brush takes the top of the hill, in the clip's pixels
    blue = [picture.getpixel(there)[2] for picture in ends(tmp_path / "a.mp4")]
    assert blue[0] > 200 > 100 > blue[1], "sky first, then the hill"


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (["nothing.jpg", "x"], "There is no file nothing.jpg"),
        (["words.txt", "x"], "isn't a picture I can read"),
        (["photo.jpg", ""], "What should happen"),
        (["photo.jpg", "x", "--duration", "7"], "Clips of Kling 1 Standard have 5 or 10 seconds, not 7."),
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
        assert "Apilaplas is reachable and takes the key" in out
        assert "Receipts" not in out
        assert "run out of credits" in out
        assert "x.example" not in out
        assert "sk-secret-1" not in out + err
    finally:
        await runner.cleanup()
    assert len(bodies) == 1
    assert bodies[0]["duration"] == "5"
    assert str(bodies[0]["image_url"]).startswith("data:image/jpeg;base64,")


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
