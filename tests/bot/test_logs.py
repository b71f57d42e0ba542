"""What never reaches a log, and what reaches it once."""

import logging

import pytest

from bot import logs


def test_no_secret_passes_not_even_in_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        logs.set_up("INFO", ["sk-secret", ""])
        try:
            raise ValueError("key sk-secret is odd")
        except ValueError:
            logging.getLogger("bot.x").exception("with sk-secret")
        for _ in range(1000):
            logging.getLogger("asyncio").error("socket.accept() out of system resource")
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger("asyncio").filters.clear()
    said = capsys.readouterr().err
    assert "sk-secret" not in said
    assert "Traceback" in said
    assert said.count("out of system resource") == 1
