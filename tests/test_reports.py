"""The forms for reports are what GitHub takes, and ask for what exists."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
KINDS = {"markdown": {"value"}, "textarea": {"label"}, "input": {"label"}, "dropdown": {"label", "options"}}
"""What each part of a form must have."""


@pytest.mark.parametrize("path", [path for path in FORMS if path.name != "config.yml"], ids=lambda path: path.name)
def test_a_form_has_what_github_asks_for(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    assert form.keys() <= {"name", "description", "title", "labels", "body"}
    assert all(form[name] for name in ("name", "description", "body"))
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0
    for part in form["body"]:
        assert part.keys() <= {"type", "id", "attributes", "validations"}
        assert part["attributes"].keys() >= KINDS[part["type"]]
        assert part["attributes"].keys() <= KINDS[part["type"]] | {"description", "render", "multiple"}


def test_a_report_of_a_fault_asks_for_what_check_says() -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text("utf-8"))
    (asked,) = [part for part in form["body"] if "`photoplay check`" in part["attributes"].get("label", "")]
    assert asked["validations"]["required"]
    assert asked["attributes"]["render"] == "text"
