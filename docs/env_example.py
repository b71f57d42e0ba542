"""Writes .env.example from the settings: `make .env.example`."""

import textwrap
from pathlib import Path

from bot.config import Settings
from bot.secret_files import SUFFIX, secret_fields

TARGET = Path(__file__).parent.parent / ".env.example"
WIDTH = 100
BEGINNING = f"""\
# Photoplay's settings. Copy this file to .env, make that readable for you alone (chmod 600 .env), and remove the # of
# what you set. Every line shows the default; a name without a value has none. README has the same list.
# A secret may stand in a file instead: NAME{SUFFIX}=/path/to/it.
"""


def text() -> str:
    """The whole file: comments alone, so that a copy of it changes nothing."""
    secrets = set(secret_fields(Settings))
    lines = [BEGINNING]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None or field.default == () else field.default
        shown = (
            f"{default:g}" if isinstance(default, float) else str(default).lower() if default is True else str(default)
        )
        words = (field.description or "").replace("`", "")
        secret = " (secret)" if name in secrets else ""
        lines += [f"# {line}" for line in textwrap.wrap(words + secret, WIDTH)]
        lines += [f"#{name.upper()}={shown}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
