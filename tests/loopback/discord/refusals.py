"""Refusals of Discord, to the bot and to a person."""

from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """An error response of Discord."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message} {errors or ''}")
        self.status = status
        self.body: Json = {"message": message, "code": code} | ({"errors": errors} if errors else {})


class Impossible(AssertionError):
    """An action that is impossible in the Discord app: no such command, button or field."""


def invalid(where: str, code: str, message: str) -> Refused:
    """The refusal of one field of a body: `where` is its path with dots."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(where.split(".")):
        errors = {key: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)
