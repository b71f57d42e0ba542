"""People's keys: made once, wrapped by a master key, rotated whatever happens in between, and dropped for good."""

import json
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from bot.sealing import disk
from bot.sealing.keys import KeyMissing, Keys, open_keys
from bot.sealing.masters import Masters
from bot.sealing.model import DataKey

ONE, OTHER = "one master key of thirty-two characters or more", "another master key that is as long as that"


HOLDER = "[0-9a-f]" * 32


def keys(folder: Path, given: str | None = None, before: str | None = None) -> Keys:
    made = open_keys(folder, Masters(folder, given, before), make=True)
    assert made
    return made


def every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_person_has_one_key_which_another_process_finds(tmp_path: Path) -> None:
    key = keys(tmp_path).current("telegram:7")
    assert keys(tmp_path).current("telegram:7") == key
    assert keys(tmp_path).find(key.holder, key.id) == key
    assert keys(tmp_path).current("telegram:8").secret != key.secret


def test_neither_names_nor_keys_can_be_read_in_the_folder(tmp_path: Path) -> None:
    key = keys(tmp_path, ONE).current("telegram:70000001")
    assert b"70000001" not in every_byte(tmp_path)
    assert key.secret not in every_byte(tmp_path)
    assert not any("70000001" in path.name for path in tmp_path.rglob("*"))


def test_only_our_user_can_read_them(tmp_path: Path) -> None:
    keys(tmp_path).current("telegram:7")
    for path in (tmp_path / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600


def test_a_master_key_that_is_set_makes_no_file(tmp_path: Path) -> None:
    keys(tmp_path, ONE).current("telegram:7")
    assert not (tmp_path / "master.key").exists()


def test_many_threads_make_one_key(tmp_path: Path) -> None:
    found: list[DataKey] = []
    threads = [threading.Thread(target=lambda: found.append(keys(tmp_path).current("web:a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("lost", ["master.key", "given"])
def test_without_its_master_key_nothing_starts_and_nothing_is_changed(tmp_path: Path, lost: str) -> None:
    given = ONE if lost == "given" else None
    key = keys(tmp_path, given).current("telegram:7")
    kept = (tmp_path / "master.key").read_bytes() if given is None else b""
    (tmp_path / "master.key").unlink(missing_ok=True)
    before = every_byte(tmp_path / "keys")
    with pytest.raises(Misconfigured, match=r"master key .* is missing\. Nothing is lost"):
        keys(tmp_path, None if given else OTHER)
    assert every_byte(tmp_path / "keys") == before
    if kept:
        (tmp_path / "master.key").write_bytes(kept)
    else:
        (tmp_path / "master.key").unlink(missing_ok=True)
    assert keys(tmp_path, given).current("telegram:7") == key


def test_a_lost_key_is_told_and_a_damaged_one_is_not_replaced(tmp_path: Path) -> None:
    key = keys(tmp_path).current("telegram:7")
    path = next(tmp_path.glob(f"keys/{HOLDER}"))
    stored = path.read_bytes()
    path.write_bytes(stored[:40])
    with pytest.raises(KeyMissing, match="damaged"):
        keys(tmp_path).current("telegram:7")
    entry = json.loads(stored)
    entry[0]["wrapped"] = entry[0]["wrapped"][::-1]
    path.write_text(json.dumps(entry))
    with pytest.raises(KeyMissing, match="damaged"):
        keys(tmp_path).current("telegram:7")
    path.unlink()
    with pytest.raises(KeyMissing, match="missing"):
        keys(tmp_path).find(key.holder, key.id)


def test_a_wrapped_key_opens_only_as_the_key_of_its_person(tmp_path: Path) -> None:
    keys(tmp_path).current("telegram:7")
    mine = next(tmp_path.glob(f"keys/{HOLDER}"))
    stored = mine.read_bytes()
    keys(tmp_path).current("telegram:8")
    (theirs,) = set(tmp_path.glob(f"keys/{HOLDER}")) - {mine}
    theirs.write_bytes(stored)
    with pytest.raises(KeyMissing):
        keys(tmp_path).current("telegram:8")


def test_a_retired_key_opens_what_it_encrypted_until_it_is_dropped(tmp_path: Path) -> None:
    here, elsewhere = keys(tmp_path), keys(tmp_path)
    former = here.current("telegram:7")
    here.retire("telegram:7")
    assert not elsewhere.is_current(former)
    current = elsewhere.current("telegram:7")
    assert current.id != former.id
    assert keys(tmp_path).find(former.holder, former.id) == former
    assert here.drop("telegram:7") == 1
    assert here.drop("telegram:7") == 0
    for each in (here, keys(tmp_path)):
        with pytest.raises(KeyMissing):
            each.find(former.holder, former.id)
        assert each.current("telegram:7") == current


def test_a_dropped_key_is_overwritten_where_it_stood(tmp_path: Path) -> None:
    """Also in a file that keeps another key, and so is replaced."""
    for again in (False, True):
        held = keys(tmp_path)
        held.current("telegram:7")
        held.retire("telegram:7")
        if again:
            held.current("telegram:7")
        path = next(tmp_path.glob(f"keys/{HOLDER}"))
        with path.open("rb") as before:
            wrapped = json.loads(before.read())[0]["wrapped"].encode()
            held.drop("telegram:7")
            before.seek(0)
            assert wrapped not in before.read()
        assert wrapped not in every_byte(tmp_path)


def test_a_dropped_key_is_in_no_leftover_of_a_crash_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = keys(tmp_path)
    made.current("telegram:7")
    made.retire("telegram:7")

    def dying(*paths: Path) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "replace", dying)
        with pytest.raises(Killed):
            made.current("telegram:7")
    assert list((tmp_path / "keys").glob(".*.draft"))
    assert made.drop("telegram:7") == 1
    assert not list((tmp_path / "keys").glob(f"{HOLDER}")) + list((tmp_path / "keys").glob(".*"))


def test_a_backup_by_hard_link_keeps_what_it_has(tmp_path: Path) -> None:
    held = keys(tmp_path)
    held.current("telegram:7")
    path = next(tmp_path.glob(f"keys/{HOLDER}"))
    os.link(path, tmp_path / "backup")
    stored = path.read_bytes()
    held.retire("telegram:7")
    held.drop("telegram:7")
    assert (tmp_path / "backup").read_bytes() == stored


def test_rotation_in_the_file(tmp_path: Path) -> None:
    held = keys(tmp_path)
    people = {f"telegram:{n}": held.current(f"telegram:{n}") for n in range(5)}
    former = (tmp_path / "master.key").read_text()
    told: list[int] = []
    assert keys(tmp_path).rewrap(told.append) == 5
    assert told == [1, 2, 3, 4, 5]
    assert (tmp_path / "master.key").read_text() != former
    assert not (tmp_path / "master.key.new").exists()
    for each in (held, keys(tmp_path)):  # a process that runs goes on
        assert {person: each.current(person) for person in people} == people
        assert len(each.wrapped_by()) == 1
    assert held.current("telegram:new") == keys(tmp_path).current("telegram:new")


def test_rotation_to_a_master_key_that_is_set_and_to_another(tmp_path: Path) -> None:
    key = keys(tmp_path).current("telegram:7")
    assert keys(tmp_path, ONE).current("telegram:7") == key  # until then both are needed
    assert (tmp_path / "master.key").exists()
    assert keys(tmp_path, ONE).rewrap() == 1
    assert not (tmp_path / "master.key").exists()
    assert keys(tmp_path, ONE).current("telegram:7") == key
    with pytest.raises(Misconfigured):
        keys(tmp_path, OTHER)
    assert keys(tmp_path, OTHER, ONE).rewrap() == 1
    assert keys(tmp_path, OTHER).current("telegram:7") == key
    with pytest.raises(Misconfigured):
        keys(tmp_path, ONE)


def test_a_process_that_does_not_know_the_new_master_key_wraps_nothing_under_the_former(tmp_path: Path) -> None:
    old = keys(tmp_path, ONE)
    key = old.current("telegram:7")
    keys(tmp_path, OTHER, ONE).rewrap()
    assert old.current("telegram:7") == key  # it is open
    with pytest.raises(KeyMissing, match="started again"):
        old.current("telegram:8")


class Killed(BaseException):
    pass


@pytest.mark.parametrize("to", [None, OTHER])
def test_a_rotation_may_be_killed_at_any_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str | None) -> None:
    """Each step is a rename or the removal of a file. After every one all is readable, and a repeat ends it."""
    base = tmp_path / "base"
    base.mkdir()
    people = {f"telegram:{n}": keys(base).current(f"telegram:{n}") for n in range(3)}
    rename, steps = os.replace, 0
    while True:
        folder = tmp_path / f"killed-{steps}"
        _copied(base, folder)
        left = steps

        def dying(*paths: Path) -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            rename(*paths)

        with monkeypatch.context() as patch:
            patch.setattr(disk.os, "replace", dying)
            try:
                keys(folder, to).rewrap()
                ended = True
            except Killed:
                ended = False
        after = keys(folder, to)
        assert {person: after.current(person) for person in people} == people, steps
        after.rewrap()
        again = keys(folder, to)
        assert {person: again.current(person) for person in people} == people, steps
        assert len(again.wrapped_by()) == 1
        assert not (folder / "master.key.new").exists()
        if ended:
            break
        steps += 1
    assert steps >= 4  # the record, three people; without a master key that is set, its file twice


def _copied(base: Path, folder: Path) -> None:
    for path in sorted(base.rglob("*")):
        target = folder / path.relative_to(base)
        if path.is_dir():
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())


def _make(folder: Path, first: int) -> None:
    held = keys(folder)
    for n in range(first, first + 20):
        held.current(f"telegram:{n}")


def test_people_who_come_during_a_rotation_keep_their_keys(tmp_path: Path) -> None:
    keys(tmp_path)
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_make, args=(tmp_path, 20 * n)) for n in range(2)]
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        keys(tmp_path).rewrap()
    for other in others:
        other.join()
        assert other.exitcode == 0
    keys(tmp_path).rewrap()
    held = keys(tmp_path)
    assert sum(held.wrapped_by().values()) == 40
    for n in range(40):
        held.current(f"telegram:{n}")


def test_nothing_is_made_where_nothing_shall_be_encrypted(tmp_path: Path) -> None:
    assert open_keys(tmp_path, Masters(tmp_path), make=False) is None
    assert list(tmp_path.iterdir()) == []
    keys(tmp_path)
    assert open_keys(tmp_path, Masters(tmp_path), make=False)
