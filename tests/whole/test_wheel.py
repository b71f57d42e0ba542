"""The wheel and the source archive: built without a network, installed where nothing of this folder is."""

import asyncio
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.request import urlopen

import aiohttp
import pytest
from killed import remember_quick_renders
from packaging.requirements import Requirement
from visitor import Visitor

from tests import templates
from tests.loopback.provider.paid import PaidHost

ROOT = Path(__file__).parents[2]
ROOMS = ("adapters", "bot", "generator", "storage")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def sources() -> list[str]:
    """All files that are in git, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both: the wheel is made from the archive."""
    folder = tmp_path_factory.mktemp("built")
    for name in sources():
        (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "src" / name)
    subprocess.run(
        [
            *(Path(sysconfig.get_path("scripts")) / "uv", "build", "-q", "--offline", "--no-build-isolation"),
            *("--python", sys.executable, "--out-dir", folder, folder / "src"),
        ],
        check=True,
    )
    return folder


def wheel(built: Path) -> Path:
    return built / f"photoplay-{VERSION}-py3-none-any.whl"


def needed(asked: list[str], known: set[str]) -> set[str]:
    """The packages that these requirements name on this machine, and all that those need."""
    for requirement in map(Requirement, asked):
        if (not requirement.marker or requirement.marker.evaluate({"extra": ""})) and requirement.name not in known:
            known.add(requirement.name)
            needed(distribution(requirement.name).requires or [], known)
    return known


@pytest.fixture(scope="module")
def installed(built: Path) -> Path:
    """The programs of a fresh environment: the wheel, and of other packages those that it asks for."""
    folder = built / "venv"
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "--python", str(python)),
            *("install", "--no-index", "--no-deps", str(wheel(built))),
        ],
        check=True,
    )
    there = next((folder / "lib").glob("python*")) / "site-packages"
    here = Path(sysconfig.get_path("purelib"))
    ours = next(there.glob("photoplay-*.dist-info"))
    packages = needed(Distribution.at(ours).requires or [], set())
    assert "aiohttp" in packages
    assert "pytest" not in packages
    for top in {file.parts[0] for name in packages for file in distribution(name).files or []} - {"..", "__pycache__"}:
        (there / top).symlink_to(here / top)
    return folder / "bin"


def test_both_hold_all_that_is_here(built: Path) -> None:
    ours = {name for name in sources() if name.startswith(tuple(f"{room}/" for room in ROOMS))}
    ours -= {name for name in ours if name.endswith(".pot")}  # for translators alone
    held = set(zipfile.ZipFile(wheel(built)).namelist())
    assert {name for name in held if ".dist-info/" not in name} == ours
    assert f"photoplay-{VERSION}.dist-info/licenses/LICENSE" in held
    with tarfile.open(built / f"photoplay-{VERSION}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert ours | {"LICENSE", "README.md", "pyproject.toml"} <= names
    assert not [name for name in names if name.startswith(("tests", "data", ".env"))]


def test_what_was_installed_serves_the_page_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PORT": "0", "COLUMNS": "200"}
    process = subprocess.Popen(
        [installed / "photoplay", "run"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        said = ""
        while not (ready := re.search(r"ready: serving (http://\S+),", said)):
            line = process.stderr.readline()
            assert line, said
            said += line
        page = urlopen(ready[1]).read().decode()
        for address in set(re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg|png|jpg))[?"]', page)):
            assert urlopen(ready[1] + address).status == 200
        assert "/static/app.js" in page
        assert urlopen(f"{ready[1]}/healthz").status == 200
    finally:
        process.terminate()
        _, rest = process.communicate()
    assert process.returncode == 0, said + rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_what_was_installed_is_set_up_and_makes_a_clip(installed: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "adapters/web/samples/lake.jpg", tmp_path / "lake.jpg")
    for command in (
        ("init", "--playground-password", "a word of some length"),
        ("animate", "lake.jpg", "slow push in", "-o", "clip.mp4"),
    ):
        done = subprocess.run(
            [installed / "photoplay", *command],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PORT": "0"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / ".env").read_text() == "PLAYGROUND_PASSWORD='a word of some length'\n"
    assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"


def test_it_says_its_version(installed: Path, tmp_path: Path) -> None:
    said = subprocess.run([installed / "photoplay", "--version"], cwd=tmp_path, env={}, check=True, capture_output=True)
    assert said.stdout.decode() == f"photoplay {VERSION}\n"


# ── From an empty folder to a restored one ───────────────────────────────────────────────────────────────────────────


class Home:
    """A folder in which the installed program runs, with a paid host on loopback."""

    def __init__(self, programs: Path, folder: Path, host: PaidHost) -> None:
        self._program, self.folder = programs / "photoplay", folder
        self._environment = {
            **{"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "200", "PORT": "0"},
            **{"AIMLAPI_URL": host.base, "ASK_CONSENT": "false"},
        }

    async def start(self, *args: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(self._program, *args), cwd=self.folder, env=self._environment, stdout=PIPE, stderr=PIPE
        )

    async def run(self, *args: str) -> str:
        """Run a command to its end, which is a good one; returns what it says."""
        process = await self.start(*args)
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
        """`photoplay run` during the block; yields its address."""
        process = await self.start("run")
        assert process.stderr
        reading = None
        try:
            while not (ready := re.search(rb"ready: serving (http://\S+),", line := await process.stderr.readline())):
                assert line
            reading = asyncio.create_task(process.stderr.read())  # or a full pipe would hold it up
            yield ready[1].decode(), process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            if reading:
                await reading


async def test_what_was_backed_up_is_back_after_all_is_lost(installed: Path, tmp_path: Path, clip: bytes) -> None:
    host, folder, backups = PaidHost(clip), tmp_path / "home", tmp_path / "backups"
    folder.mkdir()
    async with (
        host.serve(),
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as one,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as other,
    ):
        home = Home(installed, folder, host)
        await home.run("init", "--aimlapi-key", "sk-test")
        with (folder / ".env").open("a") as file:
            file.write(f"BACKUP_DIR={backups}\n")
        # Before the program starts, as its worker would take up the history's jobs.
        await templates.put(folder / "data", remember_quick_renders)
        async with home.serving() as (base, process):
            ann, bob = Visitor(base, one), Visitor(base, other)
            await ann.order("a heron lands on the water")
            await bob.order("two boats")
            made = await bob.clip("two boats")
            await ann.clip("a heron lands on the water")
            host.hang_at = "create"
            await bob.order("three clouds")
            await host.reached.get()  # it is bought, and nobody here knows
            kept = (await home.run("backup")).partition(":")[0]
            said = re.compile(rb"two boats(?!:)")  # this host's ids begin with the words
            files = [path for place in (backups, folder / "data") for path in place.rglob("*") if path.is_file()]
            assert [path.name for path in files if said.search(path.read_bytes())] == [], "words are encrypted"
            host.let_go()
            await bob.clip("three clouds")
            asked = await ann.say("/forgetme")
            assert (await ann.say(asked["buttons"][0][1]))["forgotten"]
            process.kill()
        bought = {"a heron lands on the water": 1, "two boats": 1, "three clouds": 1}
        assert host.bought == bought
        shutil.rmtree(folder / "data")

        assert "can be put back" in await home.run("restore", "--check", kept)
        said = await home.run("restore", kept)
        assert "Removed again, as since the backup: 1 person." in said
        assert "On hold: 1 order that may have been bought already" in said
        async with home.serving() as (base, _):
            ann.base = bob.base = base
            assert await bob.clip("two boats") == made
            assert await ann.jobs() == {}
            refused = await bob.say("four geese", sample="lake")
            assert not refused["fine"], "buying is paused"
            await home.run("admin", "operator", "resume")
            await bob.order("four geese")
            assert await bob.clip("four geese") == made
            assert (await bob.jobs())["three clouds"]["state"] == "submitting"
            await home.run("admin", "operator", "return")
        assert host.bought == {**bought, "four geese": 1}
        left = [path for path in (folder / "data").rglob("*") if path.is_file() and b"heron" in path.read_bytes()]
        assert left == []
