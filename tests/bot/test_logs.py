"""What never reaches a log, and what reaches it once."""

import logging

import pytest

from bot import logs


def test_no_secret_passes_not_even_in_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
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
        logging.getLogger().setLevel(level)
    said = capsys.readouterr().err
    assert "sk-secret" not in said
    assert "Traceback" in said
    assert said.count("out of system resource") == 1


def test_a_message_is_one_line_of_bounded_length_and_derived_secrets_go_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logs.set_up("DEBUG", ["sk-secret"])
        logs.hide(["derived-secret"])
        log = logging.getLogger("bot.x")
        log.warning("said %s", "x\r\n2026-01-01 ERROR bot: all is lost\x1b[31m\u2028" + "y" * 128_000)
        log.debug("%s", "z" * (logs.LONGEST - 50) + "derived-secret")
        logging.getLogger("telegram.Bot").debug("what somebody wrote")
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(level)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert r"x\r\n2026-01-01 ERROR bot: all is lost\x1b[31m\u2028yyy" in lines[0]
    assert max(map(len, lines)) <= logs.LONGEST + 1
    assert "derived" not in "".join(lines)
