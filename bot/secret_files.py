"""Secrets from files: `NAME_FILE`, systemd's credentials, and the folder into which containers get theirs.

No message repeats a path: somebody may have put the secret itself there.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.errors import Misconfigured

SUFFIX = "_FILE"
MOUNTED = Path("/run/secrets")
"""Where Docker, Podman and Compose put secrets."""
_LARGEST = 64 * 1024  # bytes


def secret_fields(settings: type[BaseSettings]) -> list[str]:
    """The fields that may be read from files."""
    return [name for name, field in settings.model_fields.items() if field.annotation in (SecretStr, SecretStr | None)]


class _Source(PydanticBaseSettingsSource):
    """`found` are the variables of the environment and of `.env`, by name in lower case, in this order."""

    def __init__(self, settings: type[BaseSettings], *found: Mapping[str, str | None]) -> None:
        super().__init__(settings)
        self._found = found

    def __call__(self) -> dict[str, Any]:
        return dict(self._values())

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # all fields at once, in `__call__`

    def _values(self) -> Iterator[tuple[str, str]]:
        raise NotImplementedError

    def _said(self, name: str) -> str:
        return next((value for each in self._found if (value := (each.get(name) or "").strip())), "")


class Named(_Source):
    """Files that `NAME_FILE` names. Raises `Misconfigured` where one cannot be used, or `NAME` is set as well."""

    def _values(self) -> Iterator[tuple[str, str]]:
        for name in secret_fields(self.settings_cls):
            path = self._said(name + SUFFIX.lower())
            if path and self._said(name):
                raise Misconfigured(f"{name.upper()} and {name.upper()}{SUFFIX} are both set. Leave one of them out.")
            if path:
                yield name, read_secret(Path(path), name.upper() + SUFFIX)


class Placed(_Source):
    """Files that are named like a setting, in the folder of systemd's credentials or of a container's secrets.

    Raises `Misconfigured` for one that is there and cannot be used.
    """

    def _values(self) -> Iterator[tuple[str, str]]:
        credentials = self._said("credentials_directory")
        for name in secret_fields(self.settings_cls):
            for folder in [*([Path(credentials)] if credentials else []), MOUNTED]:
                if path := next((folder / each for each in (name, name.upper()) if _there(folder / each)), None):
                    yield name, read_secret(path, f"The secret {path.name}")
                    break


def _there(path: Path) -> bool:
    """Whether there is such a file, or it cannot be said."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def read_secret(path: Path, what: str) -> str:
    """The secret in a file; `what` begins the message of `Misconfigured`, raised where it cannot be used."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST + 1)
    except UnicodeDecodeError:
        raise Misconfigured(f"{what}: the file is not text in UTF-8.") from None
    except OSError as error:
        raise Misconfigured(f"{what}: the file cannot be read ({error.strerror}).") from None
    except ValueError:
        raise Misconfigured(f"{what}: that is no path of a file.") from None
    if len(text) > _LARGEST:
        raise Misconfigured(f"{what}: the file is too large for a secret.")
    if not text.strip():
        raise Misconfigured(f"{what}: the file is empty.")
    return text.strip()
