"""What translators get: every sentence by its id, and nothing that only looks like one."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot import languages, texts
from bot.sentence import Sentence, _, _n

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
    examples = {texts.options.DURATION_EXAMPLE, *texts.options.EXAMPLES.values(), texts.options.MODEL}
    assert [one for one in plain if one.partition(": ")[2] not in prompts | examples] == []


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [] if isinstance(value, Sentence) or " " not in value else [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, tuple) and not hasattr(value, "examples"):  # a verb's examples are commands
        return [text for each in value for text in _texts(each)]
    return []


@pytest.fixture
def polish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes these messages as the only catalogue."""
    monkeypatch.setattr(languages.resources, "files", lambda _: tmp_path)
    monkeypatch.setattr(languages, "catalogues", {})

    def write(messages: str) -> None:
        (tmp_path / "locale").mkdir()
        (tmp_path / "locale" / "pl.po").write_text(
            'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=3; '
            'plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"\n\n' + messages,
            "utf-8",
        )

    return write


def test_a_catalogue_is_read_from_its_file(polish: Callable[[str], None]) -> None:
    polish(
        'msgid "{count} credit"\nmsgid_plural "{count} credits"\n'
        'msgstr[0] "{count} kredyt"\nmsgstr[1] "{count} kredyty"\nmsgstr[2] "{count} kredytów"\n'
    )
    said = [texts.phrases.credits_(n).into("pl") for n in (1, 2, 5, 22)]
    assert said == ["1 kredyt", "2 kredyty", "5 kredytów", "22 kredyty"]
    assert texts.jobs.OVER.into("pl") == texts.jobs.OVER
    assert texts.phrases.credits_(5).into("pl_PL") == "5 kredytów"


@pytest.mark.parametrize(
    "told",
    [
        *("Bez ceny", "Za {price} i {prize}", "Za {price.__class__}", "Za {price} {", "Za { price }", "Za {/price}"),
        *("Za {0}", "Za {}", "Za %(price)s", "Za {{price}}"),
    ],
)
def test_a_translation_with_other_arguments_is_not_told(
    polish: Callable[[str], None], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    polish(f'msgid "For {{price}}"\nmsgstr "{told}"\n\nmsgid "On {{day}}"\nmsgstr "Dnia {{day}}"\n')
    said = _("For {price}", price=3).into("pl")
    if "{price}" in told and "{prize}" not in told:  # braces without a name are text
        assert said == told.replace("{price}", "3")
    else:
        assert said == "For 3"
        assert "pl.po" in caplog.text
    assert _("On {day}", day=1).into("pl") == "Dnia 1"


def test_a_form_of_a_plural_may_leave_out_the_count_and_nothing_else(polish: Callable[[str], None]) -> None:
    polish(
        'msgid "A clip of {name}"\nmsgid_plural "{count} clips of {name}"\n'
        'msgstr[0] "Klip {name}"\nmsgstr[1] "{count} klipy {name}"\nmsgstr[2] "{count} klipów {name}"\n\n'
        'msgid "A star of {name}"\nmsgid_plural "{count} stars of {name}"\n'
        'msgstr[0] "Gwiazdka"\nmsgstr[1] "{count} gwiazdki {name}"\nmsgstr[2] "{count} gwiazdek {name}"\n'
    )
    assert _n("A clip of {name}", "{count} clips of {name}", 1, name="Ann").into("pl") == "Klip Ann"
    assert _n("A star of {name}", "{count} stars of {name}", 5, name="Ann").into("pl") == "5 stars of Ann"
