"""What every answer means: the error tables of create and retrieve, row by row, as pure functions."""

import json
import re
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Ambiguous, NotSent, ProviderError
from bot.model import Accepted, Finished, Pending, Refused
from bot.providers.results import DONE, FAILED, RUNNING
from bot.providers.wire import NO_LINK, OutOfUse, created, pause, polled

URL = "https://cdn.aimlapi.com/clip.mp4?sig=secret"
OLD_ID = "60ac7c34-3224-4b14-8e7d-0aa0db708325:kling-video/v1/standard/image-to-video"


def said(message: str, status: int = 400) -> bytes:
    """The hosts' error envelope."""
    envelope = {"message": message, "path": "/v2", "requestId": "8-1102-1301", "statusCode": status, "timestamp": "1"}
    return json.dumps(envelope).encode()


def js(value: Any) -> bytes:
    return json.dumps(value).encode()


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


# ── Retrieve ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [*sorted(RUNNING), "QUEUED", " Generating "])
def test_running(state: str) -> None:
    assert polled(200, js({"id": "i", "status": state, "video": None, "error": None}), 5) == Pending()


@pytest.mark.parametrize("state", [*sorted(DONE), "COMPLETED"])
def test_done(state: str) -> None:
    full = {"url": URL, "content_type": "video/mp4", "file_name": "x", "file_size": 7}
    assert polled(200, js({"status": state, "video": {"url": URL}}), 5) == Finished(URL)
    assert polled(201, js({"status": state, "video": full, "error": None, "meta": {"usage": None}}), 5) == Finished(URL)


@pytest.mark.parametrize(
    "video",
    [None, {}, {"url": None}, {"url": ""}, {"url": 5}, {"url": "clip.mp4"}, [], [{}], "", "//", "https://", {"id": URL},
     {"url": "https://cdn.aimlapi.com/cover.jpg?x=1"}],
)  # fmt: skip
def test_done_without_a_link_waits_and_is_odd(video: Any) -> None:
    said = polled(200, js({"status": "completed", "image_url": URL, "input": {"url": URL}, "video": video}), 9e9)
    assert said == Pending(NO_LINK, failed=True, waits="link")


@pytest.mark.parametrize(
    "more",
    [
        {"video": URL},
        {"video": [URL]},
        {"video": [{"url": URL}]},
        {"videos": [{"id": "1", "url": URL, "duration": "5"}]},
        {"videos": URL},
        {"video_url": URL},
        {"video": {"url": f"  {URL}\n"}},
        {"video": {"url": URL.removeprefix("https:")}},
        {"video": {"url": [URL]}},
        {"video": {"video": {"url": URL}}},
        {"video": None, "output": [URL]},
        {"output": {"video_url": URL}},
        {"result": {"url": URL}},
        {"url": URL},
        {"task_result": {"videos": [{"url": URL}]}},
        {"video": {"cover": {"url": "https://cdn.aimlapi.com/cover.jpg"}, "url": URL}},
        {"video": {"url": URL}, "image_url": "https://photos.example/photo.jpg"},
    ],
)
def test_a_clear_link_is_taken_wherever_it_stands(more: Any) -> None:
    assert polled(200, js({"status": "completed", **more}), 5) == Finished(URL)


def respelled(value: Any, spell: Any) -> Any:
    if isinstance(value, dict):
        return {spell(name): respelled(inner, spell) for name, inner in value.items()}
    return [respelled(inner, spell) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: re.sub("_(.)", lambda match: match[1].upper(), name),
        lambda name: name.title().replace("_", ""),
        lambda name: name.replace("_", "-"),
        lambda name: name.replace("_", ""),
        str.upper,
    ],
    ids=["camel", "Pascal", "kebab", "squashed", "UPPER"],
)
def test_names_are_read_whatever_their_capitals_and_dashes(spell: Any) -> None:
    def poll(value: Any) -> Any:
        return polled(200, js(respelled(value, spell)), 5)

    assert created("h", 200, js({spell("generation_id"): "g1"})) == Accepted("h", "g1")
    assert poll({"data": {"task_status": "succeed", "task_result": {"video_url": URL}}}) == Finished(URL)
    assert poll({"task": {"status": "completed", "download_url": URL}}) == Finished(URL)
    assert poll({"task_status": "processing"}) == Pending()
    assert poll({"task_status": "failed", "failure_reason": "risk control"}).reason == "moderation"
    assert poll({"task_state_word": "completed", "image_url": URL}) == Pending("no status")
    with pytest.raises(OutOfUse):
        created("h", 200, js({spell("code"): 1102}))


def test_the_documented_spelling_counts_more_than_another() -> None:
    assert polled(200, b'{"status": "queued", "Status": "failed"}', 5) == Pending()
    assert polled(200, b'{"STATUS": "failed", "status": "queued"}', 5) == Pending()
    assert polled(200, b'{"status": "inProgress"}', 5) == Pending()
    assert polled(200, b'{"status": "TimedOut"}', 5).reason == "failed"  # type: ignore[union-attr]


def test_an_answer_in_a_wrapper_counts_by_what_is_inside() -> None:
    def kling(state: str, **more: Any) -> bytes:
        return js({"code": 0, "message": "SUCCEED", "status": "success", "data": {"task_status": state, **more}})

    assert polled(200, kling("processing"), 5) == Pending()
    assert polled(200, kling("succeed", task_result={"videos": [{"url": URL}]}), 5) == Finished(URL)
    failed = polled(200, kling("failed", task_status_msg="x"), 5)
    assert isinstance(failed, Refused)
    assert polled(200, js([{"status": "completed", "video": {"url": URL}}]), 5) == Finished(URL)
    assert polled(200, js({"state": "In-Progress"}), 5) == Pending()
    assert polled(200, js({"video": {"url": URL}}), 5) == Finished(URL)
    assert polled(200, js({"status": "moon", "video": {"url": URL}}), 5) == Finished(URL)
    assert isinstance(polled(200, js({"url": URL}), 5), Pending)  # of what, nobody says


@pytest.mark.parametrize(
    ("state", "reason"),
    [("rejected", "failed"), ("failure", "failed"), ("fail", "failed"), ("FAIL", "failed"), ("Timed Out", "failed"),
     ("nsfw", "moderation"), ("content-moderated", "moderation"), ("policy_violation", "moderation"),
     ("generation_failed", "failed"), ("JOB_STATE_FAILED", "failed"), ("INTERNAL_ERROR", "failed"),
     ("nsfw_detected", "moderation"), ("content_policy_violation", "moderation"), ("Task.Failed", "failed")],
)  # fmt: skip
def test_words_that_end_a_job(state: str, reason: str) -> None:
    answer = polled(200, js({"id": "i", "status": state, "video": None}), 5)
    assert isinstance(answer, Refused)
    assert answer.reason == reason


@pytest.mark.parametrize(
    ("code", "reason"), [(1300, "moderation"), (1301, "moderation"), ("1303", "busy"), (1201, "failed")]
)
def test_a_code_beside_http_200_ends_a_job(code: object, reason: str) -> None:
    answer = polled(200, js({"code": code, "message": "x", "request_id": "r"}), 5)
    assert isinstance(answer, Refused)
    assert answer.reason == reason


@pytest.mark.parametrize("code", [1302, 5000, 1004, 1102])
def test_a_code_that_may_be_about_the_look_alone_ends_nothing(code: int) -> None:
    assert polled(200, js({"code": code, "message": "x"}), 5) == Pending(f"code {code}", failed=True)


@pytest.mark.parametrize("code", [0, 200, 7, "", None, True, "٣", -1, 10**30])
def test_codes_that_we_do_not_know_end_nothing(code: object) -> None:
    answer = polled(200, js({"code": code, "status": "queued"}), 5), polled(200, js({"code": code}), 5)
    assert answer == (Pending(), Pending("no status"))


@pytest.mark.parametrize("state", sorted(FAILED))
def test_failed(state: str) -> None:
    answer = polled(200, js({"status": state, "error": None}), 5)
    assert isinstance(answer, Refused)
    assert answer.reason == FAILED[state]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"name": "Error", "message": "Failure to pass the risk control system"}, "moderation"),
        ({"detail": [{"loc": ["body"], "msg": "x", "type": "face_detection_error", "input": URL}]}, "image"),
        ({"detail": [{"loc": ["body"], "msg": "x", "type": "image_too_large", "input": URL}]}, "image"),
        ({"detail": [{"loc": ["body"], "msg": "x", "type": "feature_not_supported", "input": URL}]}, "rejected"),
        ({"detail": "the resolution or aspect ratio is wrong"}, "image"),
        ("risk control", "moderation"),
        ("parallel task over resource pack limit", "busy"),
        ({"code": 1303, "message": "x"}, "busy"),
        ({"code": "1302", "message": "x"}, "busy"),
        ({"code": 1300, "message": "x"}, "moderation"),
        ({"name": "1301", "message": "x"}, "moderation"),
        ('upstream said {"code": 1301}', "moderation"),
        ({"code": 1102, "message": "x"}, "unavailable"),
        ({"code": 5000, "message": "x"}, "failed"),
        ({"name": "Error", "message": "1301 things went wrong"}, "failed"),
        ("boom", "failed"),
        ({}, "failed"),
        ([], "failed"),
        (7, "failed"),
    ],
)
def test_errors_in_a_job_come_in_three_shapes(error: Any, reason: str) -> None:
    answer = polled(200, js({"id": "i", "status": "error", "video": None, "error": error}), 5)
    assert isinstance(answer, Refused)
    assert answer.reason == reason
    assert "secret" not in answer.detail
    assert "://" not in answer.detail


@pytest.mark.parametrize("state", ["JOB_STATE_SUCCEEDED", "generation_completed", "video-ready", "task_status_succeed"])
def test_a_status_may_say_of_what_it_is(state: str) -> None:
    assert polled(200, js({"status": state, "output": [URL]}), 5) == Finished(URL)
    assert polled(200, js({"status": "JOB_STATE_RUNNING", "output": [URL]}), 5) == Pending()


def test_an_error_counts_unless_the_job_clearly_goes_on_or_is_done() -> None:
    error = {"name": "x", "message": "y"}
    assert isinstance(polled(200, js({"error": error}), 5), Refused)
    assert isinstance(polled(200, js({"status": "strange", "error": error}), 5), Refused)
    assert polled(200, js({"status": "queued", "error": error}), 5) == Pending()
    assert polled(200, js({"status": "completed", "video": {"url": URL}, "error": error}), 5) == Finished(URL)


@pytest.mark.parametrize("body", [{}, {"status": None}, {"status": 3}, {"status": "moon"}, {"status": ""}])
def test_unknown_and_missing_states_are_pending_and_odd(body: Any) -> None:
    answer = polled(200, js(body), 9e9)
    assert isinstance(answer, Pending)
    assert answer.detail


@pytest.mark.parametrize("status", [401, 402, 403, 408, 429, 500, 502, 503, 504, 301, 302, 400, 422, 0])
def test_other_answers_to_a_look_prove_nothing(status: int) -> None:
    assert polled(status, said("x", status), 9e9) == Pending(f"HTTP {status}", failed=True)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"7", b"\xff"])
def test_a_look_that_is_no_json_proves_nothing(body: bytes) -> None:
    assert isinstance(polled(200, body, 9e9), Pending)


def test_an_unknown_job_gets_ten_minutes() -> None:
    assert polled(404, b"", 599.9) == Pending("HTTP 404", failed=True)
    assert polled(404, b"", 600) == Refused("unknown_job", "HTTP 404")


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


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("TASK_STATUS_SUCCEED", Finished),
        ("TASK_STATUS_FAILED", Refused),
        ("TASK_STATUS_QUEUED", Pending),
        ("InProgress", Pending),
    ],
)
def test_what_is_alone_in_a_list_is_read_as_if_it_were_none(word: str, kind: type) -> None:
    task = {"task_status": word, **({"url": URL} if kind is Finished else {})}
    assert polled(200, js({"code": 200, "data": [task]}), 5) == polled(200, js(task), 5)
    answer = polled(200, js(task), 5)
    assert isinstance(answer, kind)
    assert not (isinstance(answer, Pending) and answer.detail)
