"""The files in deploy/: each is run, or parsed where what runs it is not here."""

import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import cli, config
from bot.secret_files import secret_fields
from tests import dockerfile

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "photoplay.service"
COMMANDS = {command.callback.__name__ for command in cli.cli.registered_commands if command.callback}
PROGRAM = Path(sysconfig.get_path("scripts")) / "photoplay"


# ── Image ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_image_has_two_stages_and_another_user() -> None:
    build, image = dockerfile.stages()
    assert build.base == image.base
    assert "-slim" in image.base
    assert ("COPY", f"--from={build.name} /opt/photoplay /opt/photoplay") in image.steps
    assert all(int(part) > 0 for part in image.last("USER").split(":"))
    data = image.last("VOLUME")
    assert image.environment["DATA_DIR"] == image.last("WORKDIR") == data
    assert {"PATH", "PYTHONDONTWRITEBYTECODE", *config.names()} >= image.environment.keys()
    check = json.loads(image.last("HEALTHCHECK").partition("CMD ")[2])
    assert check == ["photoplay", "health"]
    assert "health" in COMMANDS
    assert [*json.loads(image.last("ENTRYPOINT")), *json.loads(image.last("CMD"))] == ["photoplay", "run"]


def test_the_image_can_dump_the_database_of_compose() -> None:
    """`pg_dump` refuses a server that is newer."""
    image = dockerfile.stages()[-1]
    (version,) = re.findall(r"postgresql-client-(\d+)", " ".join(rest for kind, rest in image.steps if kind == "RUN"))
    said = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
    assert said["services"]["database"]["image"] == f"postgres:{version}"


def test_docker_is_sent_what_is_copied_and_nothing_else() -> None:
    sent = {path.as_posix() for path in dockerfile.context()}
    copied = {
        word
        for stage in dockerfile.stages()
        for kind, rest in stage.steps
        if kind == "COPY" and "--from=" not in rest
        for word in rest.split()[:-1]
    }
    assert {path.partition("/")[0] for path in copied} == {path.partition("/")[0] for path in sent}
    assert not [path for path in sent if path.startswith(("tests", ".env", "data"))]


# ── Compose ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_compose_runs_what_there_is_and_shuts_it_in() -> None:
    said = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
    assert {name for name, one in said["services"].items() if "profiles" not in one} == {"web"}
    for name in ("web", "worker"):
        one = said["services"][name]
        assert (DEPLOY / one["build"]["context"] / one["build"]["dockerfile"]).resolve() == dockerfile.DOCKERFILE
        assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
        assert one["volumes"] == [f"data:{one['environment']['DATA_DIR']}"]
        assert one["environment"].keys() <= set(config.names())
        assert {"run", *one.get("command", [])} <= COMMANDS
        assert one["depends_on"]["database"]["required"] is False
    assert said["services"]["worker"]["deploy"]["replicas"] == 2
    assert said["services"]["worker"]["profiles"] == said["services"]["database"]["profiles"]
    assert {part.partition(":")[0] for one in said["services"].values() for part in one["volumes"]} == {
        *said["volumes"]
    }


def test_compose_trusts_the_gateway_alone_through_which_a_proxy_of_this_machine_comes() -> None:
    said = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
    (net,) = said["networks"]["default"]["ipam"]["config"]
    settings = said["services"]["web"]["environment"]
    assert settings["TRUSTED_PROXIES"] == net["gateway"]
    assert ip_address(net["gateway"]) in ip_network(net["subnet"])
    (port,) = said["services"]["web"]["ports"]
    assert port == f"127.0.0.1:8080:{settings['PORT']}"


def test_the_database_of_the_example_is_the_one_of_compose() -> None:
    text = (DEPLOY / "compose.yml").read_text("utf-8")
    said = yaml.safe_load(text)["services"]["database"]["environment"]
    example = dict(re.findall(r"^#   (\w+)=(.*)$", text, re.MULTILINE))
    password = example["POSTGRES_PASSWORD"]
    url = f"postgresql://{said['POSTGRES_USER']}:{password}@database/{said['POSTGRES_DB']}"
    assert example == {"COMPOSE_PROFILES": "postgresql", "POSTGRES_PASSWORD": password, "DATABASE_URL": url}


# ── systemd ──────────────────────────────────────────────────────────────────────────────────────────────────────────

systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")


def options() -> list[tuple[str, str]]:
    lines = (line.partition("=") for line in UNIT.read_text("utf-8").splitlines() if re.match(r"[A-Z]\w+=", line))
    return [(name, value) for name, _, value in lines]


@systemd
def test_systemd_takes_the_unit_and_calls_it_safe(tmp_path: Path) -> None:
    copy = tmp_path / "photoplay.service"
    copy.write_text(UNIT.read_text("utf-8").replace("/opt/photoplay/bin/photoplay", str(PROGRAM)), "utf-8")
    for command in (["verify", copy], ["security", "--offline=true", "--threshold=16", "--no-pager", copy]):
        done = subprocess.run(["systemd-analyze", *command], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout[-1000:]


def test_the_unit_can_load_every_secret() -> None:
    loaded = re.findall(r"^#LoadCredential=(\w+):/etc/photoplay/\1$", UNIT.read_text("utf-8"), re.MULTILINE)
    assert sorted(loaded) == sorted(secret_fields(config.Settings))
    for name, value in options():
        if name == "Environment":
            assert {word.partition("=")[0] for word in shlex.split(value)} <= {
                *config.names(),
                "PYTHONDONTWRITEBYTECODE",
            }


HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


@systemd
@pytest.mark.skipif(platform.machine() != "x86_64" or not HEADER.exists(), reason="no list of this machine's calls")
def test_a_clip_is_made_within_what_the_unit_allows(tmp_path: Path) -> None:
    """Its filter of system calls, and no memory that becomes a program: for decoders, encoder and stand-in."""
    numbers = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text("ascii"))}
    allowed = sorted(numbers[name] for name in calls() if name in numbers)
    assert len(allowed) > 200
    assert numbers["mount"] not in allowed
    script = tmp_path / "within.py"
    script.write_text(f"ALLOWED = {allowed}\n{WITHIN}", "utf-8")
    shutil.copy(ROOT / "adapters" / "web" / "samples" / "lake.jpg", tmp_path)
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "HOME": str(tmp_path)}

    def run(*command: object) -> Any:
        return subprocess.run(
            [sys.executable, script, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    made = run(PROGRAM, "animate", "lake.jpg", "slow push in", "-o", "clip.mp4")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "clip.mp4").stat().st_size > 10_000
    checks = (
        run(PROGRAM, "check"),
        subprocess.run([PROGRAM, "check"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False),
    )
    within, without = (re.findall(r"Decoders: .*", check.stdout) for check in checks)
    assert within == without != [], "they give up as much as elsewhere"
    refused = run(sys.executable, "-c", "import os; os.chroot('.')")
    assert "Operation not permitted" in refused.stderr


def calls() -> set[str]:
    """The system calls that the unit allows, with what systemd's groups hold."""
    found, todo = set(), [word for name, value in options() if name == "SystemCallFilter" for word in value.split()]
    while todo:
        word = todo.pop()
        if word.startswith("@"):
            listed = subprocess.run(
                ["systemd-analyze", "--no-pager", "syscall-filter", word], check=True, capture_output=True, text=True
            )
            todo += [line.strip() for line in listed.stdout.splitlines()[1:] if not line.strip().startswith("#")]
        elif word:
            found.add(word)
    return found


WITHIN = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def step(code, value, then=0, otherwise=0):
    return struct.pack("HBBI", code, then, otherwise, value)
code = [step(0x20, 0)]  # the number of the call
for number in ALLOWED:
    code += [step(0x15, number, 0, 1), step(0x06, 0x7FFF0000)]
code.append(step(0x06, 0x00050001))  # EPERM
program = b"".join(code)
buffer = ctypes.create_string_buffer(program)
filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(buffer)))
assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
libc.prctl(65, 1, 0, 0, 0)  # no memory that becomes a program; Linux 6.3 and later
assert libc.prctl(22, 2, filter) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.argv[1], sys.argv[1:])
"""
