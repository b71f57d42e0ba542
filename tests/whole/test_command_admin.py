"""`photoplay admin …`: the real program, and what it says in a shell."""

import re
from pathlib import Path

import pytest
from forks import ROOT
from shell import Said, here, photoplay
from typer.testing import CliRunner

from adapters import console
from bot import texts
from bot.app import open_app
from bot.cli import cli
from bot.commands.table import TABLE, verbs
from bot.config import Settings
from bot.shell import as_here

LAKE = ROOT / "adapters" / "web" / "samples" / "lake.jpg"


def test_the_operator_says_in_a_shell_what_admins_say_in_chat(tmp_path: Path) -> None:
    def admin(*words: str) -> Said:
        return here("admin", "--scope", "discord:1", *words)

    code, _, err = admin("quota", "set", "default", "12", "a", "week")
    assert (code, "I know no community discord:1." in err, "--new" in err) == (1, True, True)
    code, out, _ = admin("quota", "set", "default", "12", "a", "week", "--new")
    assert (code, out.splitlines()[0]) == (0, "everyone: 12 credits a week from now on.")
    assert re.search(r"photoplay admin undo \w+", out)
    assert "@discord:7 got 50 credits" in admin("grant", "@discord:7", "50", "until", "Friday")[1]
    assert "12 left this week, and 50 credits from grants" in admin("quota", "@discord:7")[1]
    assert admin("gallery", "#art")[0] == 1, "a name is no id"
    assert "posted in #77" in admin("gallery", "#77")[1]
    assert "Orders are taken in #9." in admin("limits channels #9")[1]
    assert "Orders are taken in #9\n" in admin("limits")[1]
    assert "at most 1 clip at once" in admin("operator", "flights", "1")[1]
    assert "· the operator · grant @discord:7" in admin("audit")[1]
    assert admin("-o", "new/folder", "export")[0] == 0
    folder = tmp_path / "new" / "folder"
    assert (folder.stat().st_mode & 0o777) == 0o700
    assert (folder / "ledger.csv").read_text("utf-8-sig").count("\n") == 2
    assert (folder / "audit.csv").read_text("utf-8-sig").count("\n") == 6
    assert "photoplay admin grant" in admin("grant", "@discord:7", "lots")[2]
    for said in ("operator cap discord:2 1000", "operator flights discord:3 3"):
        assert "needs --new" in here("admin", *said.split())[2]
        assert f"{said.split()[2]}: at most" in here("admin", *said.split(), "--new")[1]
    assert "I know no community discord:x." in here("admin", "operator", "cap", "discord:x", "5", "--new")[2]
    assert here("admin", "operator", "pause")[0] == 0
    lake = Path(__file__).parents[2] / "adapters" / "web" / "samples" / "lake.jpg"
    code, _, err = here("animate", str(lake), "x")
    assert (code, "has paused it" in err.replace("\n", " ")) == (1, True)


def test_it_lists_all_verbs_with_examples_that_the_shell_takes(tmp_path: Path) -> None:
    code, out, _ = here("admin", "help", "admin")
    assert code == 0
    assert "quota set" in out
    assert "photoplay admin page – " in out
    assert {row.name for row in TABLE.values() if row.audience != "everyone"} <= set(verbs())
    for verb, (_, examples) in verbs().items():
        assert f"photoplay admin {verb} – " in out
        assert all(example.split()[0] == verb for example in examples)
    assert not (tmp_path / "data").exists(), "whoever asks for help makes nothing"


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_help_of_its_own(verb: str) -> None:
    said = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["admin", verb, "--help"])
    assert said.exit_code == 0
    assert f"photoplay admin {verbs()[verb].examples[0]}" in said.output


CHATTY = re.compile(r"(?<![\w/])/[a-z]|mention|(?<!^)there\b|\bhere\b|@someone|reply to|\btap\b", re.IGNORECASE)


@pytest.mark.parametrize(
    "said",
    [
        "grant lots",
        "grant @role:12 5",
        "quota set @telegram:7",
        "ban",
        "tier staff add",
        "gallery here --scope discord:1",
        "gallery best week --scope discord:1",
        "gallery --scope discord:1",
        "gallery approve on --scope discord:1",
        "operator cap",
        "operator cap 5",
        "operator dance",
        "refund x",
        "review",
        "gallery",
        "wordlist add x",
        "undo 1234",
    ],
)
async def test_no_sentence_speaks_of_a_chat(tmp_path: Path, said: str) -> None:
    words, _, scope = said.partition(" --scope ")
    async with open_app(Settings(data_dir=tmp_path), idle=True) as app:
        reply = await app.core.handle(console.admin("1", words, scope))
    assert not CHATTY.search(as_here(reply.text)), as_here(reply.text)


def test_what_does_not_exist_is_refused_with_the_nearest_that_does() -> None:
    assert here("admin", "quota", "set", "default", "9", "--scope", "discord:123", "--new")[0] == 0
    for scope in ("foo", "discord:124"):
        for new in ([], ["--new"]) if scope == "foo" else ([],):
            code, out, err = here("admin", "limits", "--scope", scope, *new)
            assert (code, out) == (1, "")
            assert f"I know no community {scope}. Did you mean discord:123?" in err
    code, _, err = here("admin", "operator", "cap", "discord:124", "9")
    assert (code, "Did you mean discord:123?" in err) == (1, True)
    code, _, err = here("admin", "grant", "@foo:1", "9")
    assert (code, "no platform “foo”" in err) == (1, True)


async def test_somebodys_things_are_written_out_and_removed_after_a_question(tmp_path: Path) -> None:
    async with open_app(Settings(data_dir=tmp_path / "data"), idle=True) as app:
        order = console.on_behalf("1", "drift", "telegram:7")
        picture = console.picture(LAKE)
        assert (await app.core.handle(type(order)(order.address, "7", "k", "drift", (picture,)))).job
    code, out, _ = await photoplay(tmp_path, "admin", "mydata", "@telegram:7")
    assert (code, "telegram:7" in out, (tmp_path / "reports").exists()) == (1, True, False), "nobody said yes"
    code, out, err = await photoplay(tmp_path, "admin", "mydata", "@telegram:7", "--yes", "-o", "out")
    assert (code, err) == (0, "")
    assert (tmp_path / "out" / "telegram-7.zip").read_bytes().startswith(b"PK")
    assert (await photoplay(tmp_path, "admin", "forgetme", "@telegram:7"))[0] == 1
    assert (await photoplay(tmp_path, "admin", "forgetme", "@telegram:7", "@telegram:8", "--yes"))[0] == 1
    code, out, _ = await photoplay(tmp_path, "admin", "forgetme", "@telegram:7", "--yes")
    assert (code, out.startswith("Removed: all that was kept of telegram:7")) == (0, True)
    code, _, err = await photoplay(tmp_path, "admin", "mydata", "@telegram:7", "--yes")
    assert (code, "Nothing is kept of telegram:7" in err) == (1, True)
    _, said, _ = await photoplay(tmp_path, "admin", "audit")
    assert [line.partition(" · ")[2] for line in said.splitlines()] == [
        "the operator · forgetme",
        "the operator · mydata",
    ], "who did it, and no longer about whom"
    assert "telegram:7" not in said
    code, _, err = await photoplay(tmp_path, "admin", "forgetme", "@telegram:8", "--yes")
    assert (code, err) == (1, "Nothing is kept of telegram:8: no photo, no clip, no credits.\n")


def test_reports_in_the_current_folder_are_ignored_by_git(tmp_path: Path) -> None:
    assert here("admin", "export")[0] == 0
    assert {one.name for one in (tmp_path / "reports").iterdir()} == {".gitignore", "ledger.csv", "audit.csv"}
    assert (tmp_path / "reports" / ".gitignore").read_text() == "*\n"


def test_yes_is_said_beforehand_for_ones_own_things_too() -> None:
    code, out, _ = here("admin", "forgetme", "--yes")
    assert (code, "admin forgetme yes" in out) == (0, False)
    assert "can't be undone. Is that" not in out
    code, _, err = here("admin", "undo")
    assert (code, texts.admin.UNDO_WHICH in err) == (1, True)


def test_a_link_to_the_operators_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, settings, address in (
        ("page", {"PORT": "8123"}, "http://127.0.0.1:8123"),
        ("operator page", {"PUBLIC_URL": "https://photoplay.example"}, "https://photoplay.example"),
    ):
        code, out, err = here("admin", *name.split(), **settings)
        assert (code, f"\n{address}/admin/enter?link=" in out) == (0, True), out + err
    code, out, err = here("admin", "operator", "page", "close")
    assert (code, "Ended: 2 sessions." in out) == (0, True), out + err
