"""What never reaches a log, and what reaches it once."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot import log_context, logs


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


def test_words_of_an_error_are_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logs.set_up("INFO", [])
        try:
            raise ValueError("odd\n2026-01-01 00:00:00 ERROR bot: all is lost\r\x1b[2J\u2028")
        except ValueError:
            logging.getLogger("bot.x").exception("a page broke")
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(level)
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.endswith("ERROR bot.x: a page broke")
    assert all(line.startswith("  ") for line in rest)
    assert rest[-1] == r"  2026-01-01 00:00:00 ERROR bot: all is lost\r\x1b[2J\u2028"


def said_as_json(level: str, secrets: list[str], capsys: pytest.CaptureFixture[str], say: Callable[[], None]) -> str:
    before, old = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logs.set_up(level, secrets, "json")
        say()
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(old)
    return capsys.readouterr().err


def test_a_short_password_is_not_spelt_by_marks_in_other_words(capsys: pytest.CaptureFixture[str]) -> None:
    said = said_as_json("INFO", ["a", "base"], capsys, lambda: logging.getLogger("bot.x").warning("a database"))
    assert json.loads(said)["message"] == "a database"


def test_thousands_of_words_that_cannot_be_read_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("storage.sealed")
    said = said_as_json("INFO", [], capsys, lambda: [log.error("words in %s cannot be read", n) for n in range(9)])
    assert len(said.splitlines()) == 1


ODD = ["sk-secret", 'pa"ss\\word', "päss\tword", "line\nbreak", "\u2028very odd\x7f"]


@pytest.mark.parametrize("secret", ODD)
def test_no_secret_passes_as_text_however_text_would_spell_it(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logs.set_up("INFO", [secret])
        logging.getLogger("bot.x").warning("with %s in it", secret)
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(level)
    assert capsys.readouterr().err.endswith("with ••• in it\n")


@pytest.mark.parametrize("secret", ODD)
def test_no_secret_passes_as_json_however_json_would_spell_it(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    def say() -> None:
        with log_context.about(platform=f"p-{secret}", job="k7m2p9q4xw"):
            try:
                raise ValueError(f"key {secret} is odd")
            except ValueError:
                logging.getLogger("bot.x").exception("with %s", secret)
        logs.hide(["derived-secret"])
        logging.getLogger("bot.x").warning("derived-secret")

    said = said_as_json("INFO", [secret], capsys, say)
    first, second = (json.loads(line) for line in said.splitlines())
    assert not any(secret in value or "derived-" in value for value in (*first.values(), *second.values()))
    for spelt in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        assert spelt not in said
    assert first["message"] == "with •••"
    assert first["error"].startswith("Traceback")
    assert (first["level"], first["logger"], first["job"]) == ("ERROR", "bot.x", "k7m2p9q4xw")
    assert "job" not in second
    assert datetime.fromisoformat(first["at"]).utcoffset() == timedelta(0)


def test_a_json_line_is_one_line_of_bounded_length(capsys: pytest.CaptureFixture[str]) -> None:
    odd = "x\r\n{\u2028\x1b[31m\x85" + "y" * 128_000

    said = said_as_json("INFO", [], capsys, lambda: logging.getLogger("bot.x").warning("said %s", odd))
    assert len(said.splitlines()) == 1
    assert len(said) < logs.LONGEST + 500
    assert json.loads(said)["message"].startswith(odd[:9].join(["said ", ""]))


async def test_tasks_are_about_what_they_were_begun_for() -> None:
    seen = []

    async def look() -> None:
        await asyncio.sleep(0)
        seen.append(dict(log_context.current()))

    with log_context.about(platform="telegram"):
        task = asyncio.create_task(look())
        with log_context.about(platform="discord", job="k7m2p9q4xw"):
            await look()
        await look()
    await task
    await look()
    assert seen[0] == {"platform": "discord", "job": "k7m2p9q4xw"} or seen[0] == {"platform": "telegram"}
    assert sorted(map(len, seen)) == [0, 1, 1, 2]
