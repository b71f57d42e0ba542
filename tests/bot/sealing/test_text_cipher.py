"""Texts under a person's key: what they are bound to, and what becomes of them without it."""

import shutil
from pathlib import Path

import pytest

from bot.sealing.keys import KeyMissing, Keys, MasterMissing, open_keys
from bot.sealing.masters import Masters
from bot.sealing.words import MARK, TextCipher, UnreadableText, is_sealed

ANN, BEN = "telegram:1", "discord:2"
SAID = "jobs.wording"


def keys_in(folder: Path, given: str | None = None, before: str | None = None) -> Keys:
    found = open_keys(folder, Masters(folder, given, before), make=True)
    assert found
    return found


@pytest.fixture
def cipher(tmp_path: Path) -> TextCipher:
    return TextCipher(keys_in(tmp_path))


def test_a_text_is_opened_in_its_place_only(cipher: TextCipher) -> None:
    sealed = cipher.seal("a lake, naïve ☂", SAID, ANN)
    assert is_sealed(sealed)
    assert "lake" not in sealed
    assert cipher.open(sealed, SAID, ANN) == "a lake, naïve ☂"
    assert cipher.seal("a lake", SAID, ANN) != cipher.seal("a lake", SAID, ANN)
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    for text, column, owner in (
        (sealed, "parked.body", ANN),
        (sealed, SAID, BEN),
        (sealed, SAID, ""),
        (changed, SAID, ANN),
        (sealed[:-8], SAID, ANN),
        (MARK, SAID, ANN),
        (f"{MARK}?", SAID, ANN),
    ):
        with pytest.raises(UnreadableText):
            cipher.open(text, column, owner)


def test_a_key_of_another_process_is_found(tmp_path: Path) -> None:
    one, other = TextCipher(keys_in(tmp_path)), TextCipher(keys_in(tmp_path))
    for owner in (ANN, ""):
        sealed = one.seal("a lake", SAID, owner)
        assert not other.knows(sealed)
        assert other.open(sealed, SAID, owner) == "a lake"
        assert other.knows(sealed)
        assert one.open(other.seal("a boat", SAID, owner), SAID, owner) == "a boat"
    assert one.digest("a lake") == other.digest("a lake") != one.digest("a boat")


def test_a_retired_key_opens_until_it_is_dropped(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    cipher = TextCipher(keys)
    before = cipher.seal("before", SAID, ANN)
    keys.retire(ANN)
    after = cipher.seal("after", SAID, ANN)
    assert (cipher.open(before, SAID, ANN), cipher.open(after, SAID, ANN)) == ("before", "after")
    keys.drop(ANN)
    again = TextCipher(keys_in(tmp_path))
    with pytest.raises(UnreadableText):
        again.open(before, SAID, ANN)
    assert again.open(after, SAID, ANN) == "after"


def test_a_new_master_key_changes_no_text(tmp_path: Path) -> None:
    sealed = TextCipher(keys_in(tmp_path, "a" * 32)).seal("a lake", SAID, ANN)
    keys_in(tmp_path, "b" * 32, "a" * 32).rewrap()
    assert TextCipher(keys_in(tmp_path, "b" * 32)).open(sealed, SAID, ANN) == "a lake"


def test_a_master_key_that_is_not_known_is_not_lost(tmp_path: Path) -> None:
    """As in a process that was not started again after it was changed: what is in line waits."""
    sealed = TextCipher(keys_in(tmp_path, "a" * 32)).seal("a lake", SAID, ANN)
    cipher = TextCipher(keys_in(tmp_path, "a" * 32))
    keys_in(tmp_path, "b" * 32, "a" * 32).rewrap()
    with pytest.raises(MasterMissing):
        cipher.open(sealed, SAID, ANN)


def test_without_encryption_texts_are_read_and_written_as_they_are(tmp_path: Path) -> None:
    sealed = TextCipher(keys_in(tmp_path)).seal("a lake", SAID, ANN)
    off = TextCipher(keys_in(tmp_path), seals=False)
    assert (off.seal("a boat", SAID, ANN), off.open(sealed, SAID, ANN)) == ("a boat", "a lake")
    nothing = TextCipher()
    assert nothing.seal("a boat", SAID, ANN) == "a boat"
    with pytest.raises(UnreadableText):
        nothing.open(sealed, SAID, ANN)
    assert nothing.digest("a lake") == off.digest("a lake") != nothing.digest("a boat")


def test_keys_that_are_away_are_not_lost(tmp_path: Path) -> None:
    """As when a volume is not mounted: what is in line waits."""
    sealed = TextCipher(keys_in(tmp_path)).seal("a lake", SAID, ANN)
    cipher = TextCipher(keys_in(tmp_path))
    shutil.move(tmp_path / "keys", tmp_path / "away")
    with pytest.raises(KeyMissing):
        cipher.open(sealed, SAID, ANN)
    shutil.move(tmp_path / "away", tmp_path / "keys")
    assert cipher.open(sealed, SAID, ANN) == "a lake"
