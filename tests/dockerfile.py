"""What the Dockerfile says, and its steps without Docker: in a folder in place of `/`, with the Python of here.

`python -m tests.dockerfile` is part of CI. It needs the package index, as building the image does.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
OURS = re.compile(r"(?<![\w/.-])/(?=(?:opt/photoplay|src|data)\b)")
"""The `/` of paths in the image that are not its system's."""
PATIENCE = 120  # seconds


@dataclass
class Stage:
    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    """Instruction and the rest of its line."""

    def last(self, instruction: str) -> str:
        return next(rest for kind, rest in reversed(self.steps) if kind == instruction)

    @property
    def environment(self) -> dict[str, str]:
        words = [word for kind, rest in self.steps if kind == "ENV" for word in shlex.split(rest)]
        return dict(word.split("=", 1) for word in words)


def stages() -> list[Stage]:
    found: list[Stage] = []
    for line in DOCKERFILE.read_text("utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        if not kind or kind.startswith("#"):
            continue
        if kind == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name))
        else:
            found[-1].steps.append((kind, rest))
    return found


def context() -> list[Path]:
    """The files of git that Docker would be sent, by .dockerignore: nothing but what it names with `!`."""
    said = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert said[0] == "*"
    kept = tuple(word[1:] for word in said if word.startswith("!"))
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.splitlines() if name.startswith(kept) and (ROOT / name).is_file()]


def place(root: Path, words: str) -> str:
    return OURS.sub(f"{root}/", words)


def copy(root: Path, folder: Path, rest: str) -> None:
    """COPY from the context, or from an earlier stage, whose folder is this one too."""
    *sources, target = [word for word in rest.split() if not word.startswith("--")]
    if "--from=" in rest:
        assert sources == [target], "another place would not be the same folder here"
        return
    for source in sources:
        files = [path for path in context() if path == Path(source) or Path(source) in path.parents]
        assert files, f"COPY {source}: .dockerignore keeps it out"
        for path in files:
            to = folder / target / (path.name if path == Path(source) else path.relative_to(source))
            if path == Path(source) and not target.endswith("/"):
                to = folder / target
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, to)


def build(root: Path) -> Stage:
    """Every step of every stage; the last stage."""
    for stage in stages():
        folder = root
        for kind, rest in stage.steps:
            if kind == "WORKDIR":
                folder = Path(place(root, rest))
                folder.mkdir(parents=True, exist_ok=True)
            elif kind == "COPY":
                copy(root, folder, rest)
            elif rest.startswith("apt-get "):
                print(f"left out, as it would change this machine: RUN {rest}", flush=True)  # noqa: T201
            elif kind == "RUN":
                (root / "opt").mkdir(exist_ok=True)
                words = re.sub(r"^python(?= )", shlex.quote(sys.executable), place(root, rest))
                words = words if os.getuid() == 0 else re.sub(r"chown \S+ \S+", "true", words)
                print(f"RUN {words}", flush=True)  # noqa: T201
                subprocess.run(["/bin/sh", "-ec", words], cwd=folder, check=True)
    return stage


def identity(user: str, program: str) -> dict[str, Any]:
    """Arguments for a process of the image's user; none where we may not, or that user could not reach this Python."""
    if os.getuid() != 0:
        return {}
    number = int(user.partition(":")[0])
    other: dict[str, Any] = {"user": number, "group": number, "extra_groups": []}
    try:
        subprocess.run([program, "--version"], check=True, stdout=subprocess.DEVNULL, **other)
    except PermissionError:
        print(f"as root, since user {number} cannot reach {sys.executable}", flush=True)  # noqa: T201
        return {}
    return other


def try_out(root: Path, image: Stage) -> None:
    """Run it as the image does, until it calls itself well; then stop it."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    settings = {name: place(root, value) for name, value in image.environment.items()}
    environment = {**settings, "PORT": str(port), "HOST": "127.0.0.1"}  # CI may have no IPv6
    program = [str(root / "opt" / "photoplay" / "bin" / json.loads(image.last("ENTRYPOINT"))[0])]
    how: dict[str, Any] = {"cwd": root / "data", "env": environment, **identity(image.last("USER"), program[0])}
    check = json.loads(image.last("HEALTHCHECK").partition("CMD ")[2])[1:]
    process = subprocess.Popen([*program, *json.loads(image.last("CMD"))], **how)
    try:
        until = time.monotonic() + PATIENCE
        while subprocess.run([*program, *check], check=False, **how).returncode:
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < until, "it does not get well"
            time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
    assert code == 0, code
    assert list((root / "data").iterdir()), "nothing was written to the volume"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="photoplay-image-") as folder:
        root = Path(folder)
        root.chmod(0o755)  # for the user of the image
        image = build(root)
        try_out(root, image)
    print("The steps of the Dockerfile work.")  # noqa: T201


if __name__ == "__main__":
    main()
