"""What every answer to a poll means: the error table of retrieve, row by row, as pure functions."""

import re
from typing import Any

import pytest

from bot.model import Accepted, Finished, Pending, Refused
from bot.providers.results import DONE, FAILED, RUNNING
from bot.providers.wire import NO_LINK, OutOfUse, created, polled
from tests.bot.providers.answers import URL, js, said


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
    assert polled(200, b'{"status": "TimedOut"}', 5).reason == "failed"  # type: ignore[union-attr]  # or the test fails


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
