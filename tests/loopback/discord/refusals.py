"""How Discord says no, to the bot and to a person."""

from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """What Discord answers instead of doing something."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message} {errors or ''}")
        self.status = status
        self.body: Json = {"message": message, "code": code} | ({"errors": errors} if errors else {})


class Impossible(AssertionError):
    """The Discord app would not let a person do this: there is no such command, button or field."""


def invalid(where: str, code: str, message: str) -> Refused:
    """The refusal of one field of a body: `where` is its path with dots."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(where.split(".")):
        errors = {key: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)
