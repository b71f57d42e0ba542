"""The example of a `.env` has every setting, and changes none."""

import re
from pathlib import Path

import pytest

from bot import config
from bot.env_file import oddities
from docs import env_example


def test_it_is_made_from_the_settings() -> None:
    assert env_example.TARGET.read_text("utf-8") == env_example.text(), "run make .env.example"


def test_a_copy_of_it_changes_nothing_also_with_every_line_in_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in config.names():
        monkeypatch.delenv(name, raising=False)
    before, copy = config.load(), tmp_path / ".env"
    copy.write_text(env_example.text(), "utf-8")
    assert config.load() == before
    copy.write_text(re.sub(r"^#(?=[A-Z_]+=)", "", env_example.text(), flags=re.MULTILINE), "utf-8")
    assert not list(oddities(config.names(), copy))
    after = config.load()
    assert after == before
    assert after.model_fields_set == set(config.Settings.model_fields)
