"""English reads as it was read before: what each function of `bot.texts` says, of arguments that it was called with.

After a sentence was changed on purpose: `python -m tests.bot.texts.test_english` writes what is said now.
"""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import texts
from bot.sentence import Sentence, unpacked

FILE = Path(__file__).with_name("english.json")
CALLS: dict[str, list[tuple[dict[str, Any], Any]]] = json.loads(FILE.read_text("utf-8"))


def said(name: str, arguments: dict[str, Any]) -> Any:
    module, function = name.split(".")
    return getattr(getattr(texts, module), function)(**{key: _argument(value) for key, value in arguments.items()})


def _argument(value: Any) -> Any:
    match value:
        case {"zone": name}:
            return ZoneInfo(name)
        case {"set": members}:
            return set(members)
    return value


@pytest.mark.parametrize("name", CALLS)
def test_every_sentence_reads_as_before(name: str) -> None:
    for arguments, before in CALLS[name]:
        assert said(name, arguments) == before


@pytest.mark.parametrize("name", CALLS)
def test_every_sentence_survives_being_stored(name: str) -> None:
    for arguments, _ in CALLS[name]:
        sentence = said(name, arguments)
        if isinstance(sentence, Sentence):
            again = unpacked(sentence.packed)
            assert (again, again.packed) == (sentence, sentence.packed)


if __name__ == "__main__":
    parts = []
    for name, calls in CALLS.items():
        told = [json.dumps([given, said(name, given)], ensure_ascii=False, sort_keys=True) for given, _ in calls]
        parts.append(f"{json.dumps(name)}: [\n  " + ",\n  ".join(told) + "\n]")
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")
