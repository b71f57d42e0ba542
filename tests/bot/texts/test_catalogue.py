"""What translators get: every sentence by its id, and nothing that only looks like one."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot import languages, texts
from bot.sentence import Sentence

ROOT = Path(texts.__file__).parent
KEYWORDS = {"_": None, "_n": (1, 2)}


def names(text: str) -> set[str]:
    return set(re.findall(r"\{([^{}]*)\}", text))


def template() -> Catalog:
    with (ROOT.parent / "locale" / "photoplay.pot").open("rb") as file:
        return read_po(file)


def test_the_template_is_what_the_modules_say_now() -> None:
    found = {message for _, _, message, _, _ in extract_from_dir(ROOT, keywords=KEYWORDS)}
    assert {message.id for message in template() if message.id} == found, "run `make messages`"


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.py")), ids=lambda path: path.stem)
def test_ids_are_literals_and_nothing_is_formatted(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "_n"):
            ids = node.args[:1] if node.func.id == "_" else node.args[:2]
            assert all(isinstance(id, ast.Constant) for id in ids), f"line {node.lineno}"
            assert len({frozenset(names(id.value)) for id in ids}) == 1 or node.func.id == "_n", f"line {node.lineno}"
        assert not (isinstance(node, ast.Attribute) and node.attr == "format"), f"line {node.lineno}"


def test_what_is_said_without_a_function_is_a_sentence() -> None:
    """A text of several words that is no `Sentence` could not be translated."""
    plain = []
    for module in (getattr(texts, name) for name in texts.__all__):
        for name, value in vars(module).items():
            if not name.startswith("__"):
                plain += [f"{module.__name__}.{name}: {text}" for text in _texts(value)]
    prompts = {*texts.page.MOVES, *texts.page.EXAMPLES, *texts.page.STAND_IN_SAMPLES.values()}
    prompts |= {sample["prompt"] for sample in texts.page.SAMPLES.values()}
    examples = {texts.options.DURATION_EXAMPLE, *texts.options._EXAMPLES.values()}
    assert [one for one in plain if one.partition(": ")[2] not in prompts | examples] == []


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [] if isinstance(value, Sentence) or " " not in value else [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, tuple) and not hasattr(value, "examples"):  # a verb's examples are commands
        return [text for each in value for text in _texts(each)]
    return []


def test_a_catalogue_is_read_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "pl.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"\n\n'
        'msgid "{count} credit"\nmsgid_plural "{count} credits"\n'
        'msgstr[0] "{count} kredyt"\nmsgstr[1] "{count} kredyty"\nmsgstr[2] "{count} kredytów"\n',
        "utf-8",
    )
    monkeypatch.setattr(languages.resources, "files", lambda _: tmp_path)
    monkeypatch.setattr(languages, "catalogues", {})
    said = [texts.phrases.credits_(n).into("pl") for n in (1, 2, 5, 22)]
    assert said == ["1 kredyt", "2 kredyty", "5 kredytów", "22 kredyty"]
    assert texts.jobs.OVER.into("pl") == texts.jobs.OVER
