"""What every answer to a create means: its error table, row by row, as pure functions; and Retry-After."""

from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Ambiguous, NotSent, ProviderError
from bot.model import Accepted, Finished, Pending, Refused
from bot.providers.wire import OutOfUse, created, pause, polled
from tests.bot.providers.answers import OLD_ID, js, said

# ── Create ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize(
    ("body", "remote_id"),
    [
        ({"id": OLD_ID}, OLD_ID),
        ({"id": "zx9-_AbCdEfGhIjKlMnOp"}, "zx9-_AbCdEfGhIjKlMnOp"),
        ({"generation_id": "g1"}, "g1"),
        ({"id": None, "generation_id": "g1"}, "g1"),
        ({"id": "", "generation_id": "g1"}, "g1"),
        ({"id": "i", "generation_id": "g1"}, "i"),
        ({"id": 17}, "17"),
        ({"id": "i", "status": "queued", "meta": {"usage": {"credits_used": 63000}}}, "i"),
        ({"id": "i", "status": "error", "error": {"name": "x", "message": "y"}}, "i"),
    ],
)
def test_any_2xx_with_an_id_is_taken(status: int, body: Any, remote_id: str) -> None:
    assert created("h", status, js(body)) == Accepted("h", remote_id)


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"<html>", b"[]", b'"id"', b"null", b"{}", b'{"id": null}', b'{"id": ""}', b'{"id": " "}',
     b'{"id": true}', b'{"id": 1.5}', b'{"id": ["x"]}', b'{"id": "a\\u0000b"}', b'{"id": "\\ud800"}', b'{"id": "x"',
     b"[" * 100_000, b"\xff\xfe\x00", b'{"error": "x"}', b'{"id": "' + b"x" * 1001 + b'"}', b'{"data": {"id": "x"}}'],
)  # fmt: skip
def test_a_2xx_without_a_usable_id_may_have_been_paid(body: bytes) -> None:
    with pytest.raises(Ambiguous):
        created("h", 200, body)


@pytest.mark.parametrize("status", [408, 500, 502, 504, 505, 520, 524, 599, 100, 199, 0, 600])
def test_what_leaves_it_open_is_ambiguous(status: int) -> None:
    with pytest.raises(Ambiguous):
        created("h", status, said("Internal server error", status))


@pytest.mark.parametrize("status", [429, 503])
def test_busy_hosts_took_nothing(status: int) -> None:
    for answer in (said("Too Many Requests", status), b"", b"<html>busy</html>", js({"code": 1303, "message": "x"})):
        with pytest.raises(NotSent) as caught:
            created("h", status, answer)
        assert not isinstance(caught.value, OutOfUse)
        assert caught.value.retry_after == 30
    with pytest.raises(NotSent) as caught:
        created("h", status, b"", pause=7)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("status", [420, 425])
def test_other_words_for_not_now_took_nothing_either(status: int) -> None:
    with pytest.raises(NotSent) as caught:
        created("h", status, b"")
    assert (caught.value.retry_after, caught.value.waits) == (30, "room")


def test_a_code_beside_http_200_is_an_answer_to_a_create() -> None:
    with pytest.raises(NotSent) as caught:
        created("h", 200, js({"code": 1303, "message": "parallel task over resource pack limit"}))
    assert caught.value.waits == "room"
    with pytest.raises(OutOfUse) as out:
        created("h", 200, js({"code": "1102", "message": "resource pack depleted"}))
    assert out.value.waits == "account"
    refused = created("h", 200, js({"code": 1301, "message": "x"}))
    assert isinstance(refused, Refused)
    assert refused.reason == "moderation"
    assert created("h", 200, js({"code": 1303, "id": "i"})) == Accepted("h", "i")
    for code in (0, 5000, 9999):
        with pytest.raises(Ambiguous):
            created("h", 200, js({"code": code, "message": "x"}))


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 407, 410, 301, 302, 303, 307, 308])
def test_what_only_the_operator_can_mend_puts_the_host_out_of_use(status: int) -> None:
    for answer in (said("no", status), b"", b"<html>", said("risk control", status)):
        with pytest.raises(OutOfUse):
            created("h", status, answer)


@pytest.mark.parametrize("code", [1100, 1101, 1102])
@pytest.mark.parametrize("status", [429, 400])
def test_klings_account_codes_put_the_host_out_of_use_whatever_the_status(status: int, code: int) -> None:
    for body in ({"code": code, "message": "x"}, {"message": f"Error code: {code}, resource pack depleted"}):
        with pytest.raises(OutOfUse):
            created("h", status, js(body))


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (400, "Invalid body: duration: expected 5 | 10, received 7", "rejected"),
        (422, "feature_not_supported: masks with 10 s", "rejected"),
        (409, "conflict", "rejected"),
        (413, "Payload Too Large", "image"),
        (400, "Failure to pass the risk control system", "moderation"),
        (400, "blocked: content policy", "moderation"),
        (400, "the resolution or aspect ratio is not supported", "image"),
        (400, "image_too_large", "image"),
        (400, "parallel task over resource pack limit", "busy"),
        (400, "image_url: width 1301 is odd, 1102 pixels", "rejected"),
    ],
)
def test_other_4xx_are_a_no(status: int, message: str, reason: str) -> None:
    answer = created("h", status, said(message, status))
    assert isinstance(answer, Refused)
    assert answer.reason == reason
    assert answer.detail.startswith(f"HTTP {status}: ")


def test_a_refusal_without_words_is_still_one() -> None:
    assert created("h", 400, b"") == Refused("rejected", "HTTP 400")
    assert created("h", 400, js({"statusCode": "400"})) == Refused("rejected", "HTTP 400")
    assert created("h", 400, b"bad request") == Refused("rejected", "HTTP 400: bad request")


# ── Retry-After ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 1), ("7", 7), (" 7 ", 7), ("2.5", 2.5), ("99999", 600), ("9" * 5000, 600), (None, None), ("", None),
     ("-5", None), ("soon", None), ("٣", None), ("inf", None), ("nan", None), ("1e3", None)],
)  # fmt: skip
def test_retry_after_in_seconds(header: str | None, seconds: float | None) -> None:
    assert pause(header, 1e9) == seconds


def test_retry_after_as_a_date() -> None:
    now = 1_000_000_000
    assert pause(formatdate(now + 90, usegmt=True), now) == 90
    assert pause(formatdate(now + 9000, usegmt=True), now) == 600
    assert pause(formatdate(now - 90, usegmt=True), now) == 1
    assert pause("Sun, 09 Sep 2001 01:47:10 -0000", now) == 30


# ── Anything at all ──────────────────────────────────────────────────────────────────────────────────────────────────

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = st.dictionaries(
    st.sampled_from(["id", "generation_id", "status", "video", "error", "message", "detail", "code", "url", "type"]),
    json_values | st.sampled_from(["completed", "error", "queued"]) | st.fixed_dictionaries({"url": st.text()}),
)
bodies = st.binary() | json_values.map(js) | fields.map(js)


@given(st.integers(0, 700), bodies)
@example(200, b'{"id":' + b"9" * 5000 + b"}")
def test_no_answer_to_a_create_raises_anything_but_our_errors(status: int, body: bytes) -> None:
    try:
        answer = created("h", status, body)
    except NotSent:
        assert 300 <= status < 500 or status == 503
    except ProviderError:
        assert not 300 <= status < 400
    else:
        assert isinstance(answer, Accepted) == (200 <= status < 300)


@given(st.integers(0, 700) | st.just(200), bodies, st.floats(0, 1e6))
def test_no_answer_to_a_look_raises(status: int, body: bytes, age: float) -> None:
    answer = polled(status, body, age)
    if not 200 <= status < 300 and status not in (404, 410):
        assert isinstance(answer, Pending)
    if not isinstance(answer, Finished):
        assert len(answer.detail) < 400
        assert answer.detail.isprintable()


@given(st.text())
def test_no_header_makes_pause_raise(header: str) -> None:
    wait = pause(header, 1e9)
    assert wait is None or 1 <= wait <= 600
