"""What may be kept of a provider's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.error_words import DETAIL, parse, redact, words


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Invalid image https://x.example/a?sig=b, sorry", "Invalid image [link] sorry"),
        ('{"url":"https://x.example/a"}', '{"url":"[link]"}'),
        ("see cdn.x.example/clip.mp4?Expires=5&Signature=abc now", "see [link] now"),
        ("www.x.example", "[link]"),
        ("//x.example/a", "[link]"),
        ("got data:image/jpeg;base64,/9j/4AAQ here", "got [data] here"),
        ("Authorization: Bearer abc.def", "Authorization: [key]"),
        ("the bearer  abc123 is wrong", "the [key] is wrong"),
        ("Incorrect API key provided: sk-abc***123, check it", "Incorrect API key provided: [key], check it"),
        ('"api_key": "hunter2"', '"api_key: [key]"'),
        ("token=hunter2", "token: [key]"),
        ("request 60ac7c34-3224-4b14-8e7d-0aa0db708325 failed", "request [id] failed"),
        ("Q" * 80, "[id]"),
        ("a\nb\x00c\td\u202ee", "a b c d e"),
        ("model kling-video/v1/standard/image-to-video failed", "model kling-video/v1/standard/image-to-video failed"),
        ("Your API key is invalid", "Your API key is invalid"),
        ("expected 5 | 10, received 7", "expected 5 | 10, received 7"),
    ],
)
def test_redact(text: str, kept: str) -> None:
    assert redact(text) == kept


def test_long_words_are_cut_short() -> None:
    assert len(redact("word " * 10_000)) == DETAIL
    assert "sk-" not in redact("a " * 1499 + "sk-" + "b1" * 5000)


@given(st.text(), st.text())
def test_nothing_that_is_a_link_survives(before: str, after: str) -> None:
    text = redact(f"{before}https://secret.example/{after}")
    assert "secret.example" not in text
    assert len(text) <= DETAIL
    assert text.isprintable()


def test_words_are_found_in_every_shape_and_the_input_is_not() -> None:
    assert words("plain") == "plain"
    assert words({"name": "N", "message": "M"}) == "N; M"
    detail = [{"loc": ["body", "image_url"], "msg": "too large", "type": "image_too_large", "input": "https://secret"}]
    assert words({"detail": detail}) == "image_too_large; too large"
    assert words({"error": {"code": 1301, "message": "M"}, "requestId": "R"}) == "code 1301; M"
    assert words(None) == words(7) == words({"code": True}) == ""


@given(st.binary())
def test_parse_never_raises(body: bytes) -> None:
    words(parse(body))


def test_an_answer_of_very_many_objects_is_none() -> None:
    assert parse(b"[" + b"{}," * 19_999 + b"{}]") == [{}] * 20_000
    assert parse(b"[" + b"{}," * 20_000 + b"{}]") is None
