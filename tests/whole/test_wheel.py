"""The wheel and the source archive: built without a network, installed where nothing of this folder is."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.request import urlopen

import pytest
from packaging.requirements import Requirement

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
