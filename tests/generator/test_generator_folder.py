"""Generations as files: one ticket for one renderer, and what is left after a crash."""

import os
import time
from pathlib import Path

from generator.errors import Failed
from generator.folder import Folder, id_of, name_of, new_id
from generator.models import DEFAULT
from generator.receipts import Asked


def accepted(folder: Folder) -> str:
    """The name of a new generation that costs ten credits."""
    asked = Asked(new_id(), None, "request", DEFAULT)
    folder.accept(b"{}", asked, 10)
    name = name_of(asked.inference)
    assert name
    return name


def test_a_generation_from_acceptance_to_clip(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    name = accepted(folder)
    assert folder.state(name).status == "queued"
    ticket = folder.claim()
    assert ticket is not None
    assert ticket.name == name
    assert folder.state(name).status == "generating"
    assert folder.body(name) == b"{}"
    draft = folder.draft(name)
    draft.write_bytes(b"clip")
    folder.complete(name, draft)
    ticket.release()
    state = folder.state(name)
    assert state is not None
    assert state.status == "completed"
    assert state.clip is not None
    assert state.clip.read_bytes() == b"clip"
    assert folder.unfinished() == 0
    assert folder.claim() is None


def test_a_failure_keeps_its_reason(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    name = accepted(folder)
    folder.fail(name, Failed("invalid_image", "no – image"))
    state = Folder(tmp_path).state(name)
    assert state is not None
    assert state.error is not None
    assert (state.status, state.error.name, state.error.message) == ("error", "invalid_image", "no – image")
    assert folder.claim() is None


def test_a_ticket_has_one_holder_and_the_oldest_goes_first(tmp_path: Path) -> None:
    one, other = Folder(tmp_path), Folder(tmp_path)
    names = [accepted(one) for _ in range(2)]
    for age, name in enumerate(names):
        os.utime(tmp_path / "open" / name, (1000 + age, 1000 + age))
    first, second = one.claim(), other.claim()
    assert first is not None
    assert second is not None
    assert [first.name, second.name] == names
    assert one.claim() is None
    first.release()
    again = other.claim()
    assert again is not None
    assert again.name == names[0]
    again.release()
    second.release()


def test_a_ticket_left_behind_a_finished_clip_is_swept_up(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    name = accepted(folder)
    folder.fail(name, Failed("a", "b"))
    (tmp_path / "open" / name).touch()
    assert folder.claim() is None
    assert folder.unfinished() == 0


def test_old_generations_are_forgotten(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    old, new = accepted(folder), accepted(folder)
    os.utime(tmp_path / "generations" / old, (1000, 1000))
    (tmp_path / "generations" / "something else").mkdir()
    assert folder.forget(time.time() - 3600) == 1
    assert folder.state(old) is None
    assert folder.state(new) is not None
    assert folder.unfinished() == 1
    assert (tmp_path / "generations" / "something else").exists()


def test_only_whole_ids_have_names(tmp_path: Path) -> None:
    name = accepted(Folder(tmp_path))
    assert name_of(id_of(name)) == name
    assert len(id_of(name)) > 64
    for wrong in ("", name, name + ":other", id_of("../" + name), id_of(".."), id_of(name.upper()), id_of(name + "\0")):
        assert name_of(wrong) is None
