"""`photoplay rekey` and what `photoplay check` says of the master key, as somebody with a shell uses them."""

import asyncio
import signal
from pathlib import Path

import pytest
from shell import here, photoplay, said, start

from bot.backup import finishing
from bot.sealing import disk
from bot.sealing.keys import Keys, open_keys
from bot.sealing.masters import Masters
from bot.sealing.model import DataKey

ONE, OTHER = "one master key of thirty-two characters or more", "another master key that is as long as that"


def keys(folder: Path, given: str | None = None) -> Keys:
    found = open_keys(folder, Masters(folder, given), make=True)
    assert found
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def people(data: Path) -> dict[str, DataKey]:
    """Three, whose keys are wrapped by the master key in the folder."""
    held = keys(data)
    return {f"telegram:{n}": held.current(f"telegram:{n}") for n in range(3)}


def found(data: Path, given: str | None, people: dict[str, DataKey]) -> bool:
    held = keys(data, given)
    return {person: held.current(person) for person in people} == people


def test_a_new_master_key_in_the_folder(data: Path, people: dict[str, DataKey]) -> None:
    former = (data / "master.key").read_text()
    code, out, _ = here("rekey")
    assert (code, out) == (
        0,
        "The keys of 3 people were changed. They open with the new master key in data/master.key now.\n",
    )
    assert (data / "master.key").read_text() != former
    assert found(data, None, people)


def test_from_the_folder_to_a_secret_and_to_the_next(data: Path, people: dict[str, DataKey], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{ONE}\n")
    code, out, _ = here("rekey", MASTER_KEY_FILE="secret")
    assert code == 0
    assert "They open with MASTER_KEY now." in out
    assert not (data / "master.key").exists()
    assert found(data, ONE, people)
    code, _, err = here("rekey", MASTER_KEY=OTHER)
    assert (code, "The master key that opens people's files is missing" in err) == (2, True)
    assert found(data, ONE, people)
    code, out, _ = here("rekey", MASTER_KEY=OTHER, MASTER_KEY_BEFORE=ONE)
    assert (code, "The keys of 3 people" in out) == (0, True)
    assert found(data, OTHER, people)
    code, out, _ = here("rekey", MASTER_KEY=OTHER)
    assert (code, "The keys of 0 people" in out) == (0, True)


def test_where_there_is_nothing_it_says_so(data: Path) -> None:
    code, _, err = here("rekey")
    assert (code, "nothing to change" in err) == (2, True)
    assert [path.name for path in data.iterdir()] == ["lock"]
    code, _, err = here("rekey", MASTER_KEY="too short")
    assert (code, "MASTER_KEY: it must have 32 characters or more" in err) == (2, True)
    assert "too short" not in err


def test_not_while_a_backup_is_put_back(
    data: Path, people: dict[str, DataKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    former = (data / "master.key").read_text()
    monkeypatch.setattr(finishing, "SHORT", 0.1)
    with finishing.alone(data):
        code, _, err = here("rekey")
    assert (code, "is being put back" in err) == (2, True)
    assert (data / "master.key").read_text() == former


async def test_a_signal_ends_it_between_two_people_and_the_next_run_goes_on(
    data: Path, tmp_path: Path, people: dict[str, DataKey]
) -> None:
    """The keys' lock is held, so that it is under way when the signal comes."""
    with disk.locked(data / "keys" / "lock"):
        process = await start(tmp_path, "rekey")
        async with asyncio.timeout(60):
            while not (data / "lock").exists():
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        assert (await process.stderr.readline()).decode() == "Stopping …\n"
    code, out, err = await said(process)
    assert (code, out) == (1, ""), err
    assert "photoplay rekey goes on where it was" in err
    assert found(data, None, people)
    assert (await photoplay(tmp_path, "rekey"))[1].startswith("The keys of 2 people were changed.")


def line(**settings: str) -> str:
    """What `photoplay check` says about encryption."""
    _, out, _ = here("check", **settings)
    (said,) = [each for each in out.splitlines() if "Encryption:" in each]
    return said


def test_check_says_what_is_protected_and_what_is_not(data: Path, people: dict[str, DataKey]) -> None:
    assert "but the whole folder or a backup can" in line()
    assert "MASTER_KEY is not in use yet. Run: photoplay rekey" in line(MASTER_KEY=ONE)
    here("rekey", MASTER_KEY=ONE)
    assert "✓" in line(MASTER_KEY=ONE)
    assert "Nobody can read them without MASTER_KEY" in line(MASTER_KEY=ONE)
    assert "MASTER_KEY_BEFORE can be removed" in line(MASTER_KEY=ONE, MASTER_KEY_BEFORE=OTHER)
    assert "Encryption: off" in line(MASTER_KEY=ONE, ENCRYPTION="false")


def test_without_the_master_key_check_says_what_to_do(data: Path, people: dict[str, DataKey]) -> None:
    (data / "master.key").rename(data / "elsewhere")
    code, out, _ = here("check")
    assert code == 1
    assert "Nothing is lost: put the file data/master.key back" in out
