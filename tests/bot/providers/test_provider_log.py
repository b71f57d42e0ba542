"""A host's log of requests over real sockets: was an order taken whose answer never came?"""

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_desk import KEY, MODEL, ORDER, REQUEST, Desk, Make, other
from pydantic import SecretStr

from bot.errors import Ambiguous
from bot.model import Accepted, Pending, Refused
from bot.providers import request_log
from bot.providers.hosts import Host, aimlapi
from bot.providers.request_log import page_of
from tests.loopback.provider.scripted import Scripted, closed_port
from tests.published import SERVICE, problems

AT = 1_000_000.0
"""Time of the request, as in `Desk`."""


def quick(script: Scripted | str, name: str = "aimlapi") -> Host:
    """A host whose log may be asked at any pace."""
    base = script if isinstance(script, str) else script.base
    return replace(aimlapi(SecretStr(KEY), base), name=name, log_pause=0.0)


def logged(request_id: str | None, inference_id: str = "inf", status: str = "succeeded", at: float = AT) -> Any:
    """A row in the documented shape."""
    return {
        "created": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": status,
        "origin": "api",
        "model": MODEL,
        "cost": {"usd": 0.0, "credits": 0},
        "tokens": {"input": 0, "output": 0, "total": 0},
        "request_id": "req",
        "inference_id": inference_id,
        "client_request_id": request_id,
    }


def page(*rows: object, more: bool = False) -> Mapping[str, Any]:
    return {"data": list(rows), "pagination": {"limit": 100, "offset": 0, "total": len(rows), "has_more": more}}


async def look(make: Make, *hosts: Host, at: str | None = "aimlapi", request: str = REQUEST) -> object:
    return await make(*hosts).look(at, request, AT - 60, AT + 60.5)


# ── What is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_create_carries_our_id(first: Scripted, second: Scripted, make: Make) -> None:
    """To a host without a log, too: it may ignore the header."""
    first.say(429)
    second.say(201, {"id": "two"})
    await make(quick(first), other(second)).create(ORDER, REQUEST)
    assert [seen.headers["x-client-request-id"] for seen in (*first.seen, *second.seen)] == [REQUEST, REQUEST]


async def test_the_log_is_asked_for_the_time_around_the_request(first: Scripted, make: Make) -> None:
    first.say(200, page())
    assert await look(make, quick(first)) == Pending()
    (seen,) = first.seen
    assert (seen.method, seen.path) == ("GET", "/v2/logs")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert "x-client-request-id" not in seen.headers
    assert seen.query == {
        "start": ["1970-01-12T13:45:40Z"],
        "end": ["1970-01-12T13:47:41Z"],
        "limit": ["100"],
        "offset": ["0"],
    }


async def test_a_look_never_covers_more_than_the_host_allows(first: Scripted, make: Make) -> None:
    first.say(200, page())
    await make(quick(first)).look("aimlapi", REQUEST, AT, AT + 400 * 86_400)
    start, end = (datetime.fromisoformat(first.seen[0].query[name][0]) for name in ("start", "end"))
    assert (end - start).days == 90


def test_the_rows_of_these_tests_are_as_published() -> None:
    assert problems(SERVICE["/v2/logs"], page(logged(REQUEST), logged(None, status="failed"), more=True)) == []


# ── What it says ─────────────────────────────────────────────────────────────────────────────────────────────────────

ROWS: Mapping[str, tuple[list[object], object]] = {
    "ours": ([logged("x.1"), logged(REQUEST, "mine", at=AT + 3)], Accepted("aimlapi", "mine", AT + 3)),
    "ours, of another attempt": ([logged("job1.7", "mine")], Accepted("aimlapi", "mine", AT)),
    "ours, twice": (
        [logged(REQUEST, "late", at=AT + 9), logged(REQUEST, "early", at=AT + 2)],
        Accepted("aimlapi", "early", AT + 2),
    ),
    "ours, failed and not": (
        [logged(REQUEST, "no", "failed"), logged(REQUEST, "yes")],
        Accepted("aimlapi", "yes", AT),
    ),
    "ours, still running": ([logged(REQUEST, "mine", "processing")], Accepted("aimlapi", "mine", AT)),
    "ours, at a time that cannot be read": (
        [{**logged(REQUEST, "mine"), "created": "yesterday"}],
        Accepted("aimlapi", "mine", AT - 60),
    ),
    "ours, failed": ([logged(REQUEST, "no", "failed")] * 2, Refused("failed", "aimlapi logged it as failed")),
    "failed, of another attempt": ([logged("job1.7", "no", "failed")], Pending()),
    "somebody else's": ([logged("job2.1"), logged("job1"), logged("job11.1"), logged("a job1.1")], Pending()),
    "without an id": ([logged(None), {}, None, "job1.1"], Pending()),
    "nothing": ([], Pending()),
    "ours, which cannot be polled": (
        [{**logged(REQUEST), "inference_id": None}],
        Pending("a row of ours has no id", failed=True),
    ),
}


@pytest.mark.parametrize("case", ROWS)
async def test_a_log(case: str, first: Scripted, make: Make) -> None:
    rows, found = ROWS[case]
    first.say(200, page(*rows))
    assert await look(make, quick(first)) == found


async def test_pages_are_read_to_the_end(first: Scripted, make: Make) -> None:
    first.say(200, page(logged("x.1"), logged(REQUEST, "no", "failed"), more=True))
    first.say(200, page(None, logged("y.1"), logged("z.1"), more=True))
    first.say(200, page(logged(REQUEST, "yes")))
    assert await look(make, quick(first)) == Accepted("aimlapi", "yes", AT)
    assert [seen.query["offset"] for seen in first.seen] == [["0"], ["2"], ["5"]]


async def test_a_log_without_an_end_is_left(first: Scripted, make: Make) -> None:
    for _ in range(100):
        first.say(200, page(logged("x.1"), more=True))
    assert await look(make, quick(first)) == Pending("more than 60 rows", failed=True)
    first.steps.clear()
    first.say(200, page(more=True))
    assert await look(make, quick(first)) == Pending("an empty page, and more to come", failed=True)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b"<html>", "no log"),
        (200, [], "no log"),
        (200, {"data": {}, "pagination": {"has_more": False}}, "no log"),
        (200, {"data": [logged(REQUEST)]}, "no log"),
        (200, {"data": [], "pagination": {"has_more": "no"}}, "no log"),
        (403, {"message": "this key may not"}, "HTTP 403"),
        (404, b"", "HTTP 404"),
        (500, b"", "HTTP 500"),
    ],
)
async def test_what_is_no_log_says_nothing(status: int, body: object, why: str, first: Scripted, make: Make) -> None:
    first.say(status, body)
    assert await look(make, quick(first)) == Pending(why, failed=True)


async def test_a_host_that_is_away_says_nothing(make: Make) -> None:
    assert await look(make, quick(closed_port())) == Pending("no answer: nobody listens there", failed=True)
    providers = make(other(closed_port()))
    assert await providers.look("forgotten", REQUEST, 0, 9) == Pending("no log is kept there", failed=True)
    assert await providers.look(None, REQUEST, 0, 9) == Pending("no log is kept there", failed=True)


async def test_a_page_that_fails_leaves_the_look_without_an_end(first: Scripted, make: Make) -> None:
    first.say(200, page(logged(REQUEST, "no", "failed"), more=True))
    first.say(502)
    assert await look(make, quick(first)) == Pending("HTTP 502", failed=True)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["data", "pagination", "has_more", "inference_id", "created", "status", "client_request_id"]), x)
))  # fmt: skip
def test_no_shape_of_json_raises(said: object) -> None:
    page_of(json.dumps(said).encode())
    page_of(json.dumps({"data": [said, {"created": said}], "pagination": {"has_more": False}}).encode())


async def test_a_page_is_read_beside_the_loop(first: Scripted, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = []

    def read(answer: bytes) -> object:
        readers.append(threading.current_thread())
        return page_of(answer)

    monkeypatch.setattr(request_log, "page_of", read)
    first.say(200, page(logged(REQUEST, "mine")))
    assert await look(make, quick(first)) == Accepted("aimlapi", "mine", AT)
    assert readers
    assert threading.main_thread() not in readers


# ── Pace ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_429_is_waited_for(first: Scripted, make: Make, desk: Desk) -> None:
    providers = make(quick(first))
    first.say(429, Retry_After="20")
    assert await providers.look("aimlapi", REQUEST, 0, 9) == Pending("HTTP 429", failed=True)
    desk.now += 19
    assert await providers.look("aimlapi", REQUEST, 0, 9) == Pending("its log rests for 1 s", failed=True)
    assert len(first.seen) == 1
    desk.now += 1
    first.say(200, page(logged(REQUEST, "mine")))
    assert await providers.look("aimlapi", REQUEST, 0, 9) == Accepted("aimlapi", "mine", AT)


async def test_looks_at_once_keep_the_hosts_pace(first: Scripted, make: Make) -> None:
    """The documented 200 a minute are left to others, too: other processes, other tools with the key."""
    assert aimlapi(SecretStr(KEY)).log_pause >= 60 / 200
    for _ in range(4):
        first.say(200, page())
    providers, loop = make(replace(quick(first), log_pause=0.1)), asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(providers.look("aimlapi", f"job{n}.1", 0, 9) for n in range(4)))
    assert len(first.seen) == 4
    assert loop.time() - began >= 0.29


# ── Several hosts ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_logs_are_asked_if_nobody_knows_the_host(first: Scripted, second: Scripted, make: Make) -> None:
    first.say(200, page())
    second.say(200, page(logged(REQUEST, "there")))
    assert await look(make, quick(first), quick(second, "second"), at=None) == Accepted("second", "there", AT)
    assert len(first.seen) == 1


async def test_a_host_known_is_asked_alone(first: Scripted, second: Scripted, make: Make) -> None:
    second.say(200, page())
    assert await look(make, quick(first), quick(second, "second"), at="second") == Pending()
    assert first.seen == []


async def test_a_refusal_counts_if_no_other_host_can_have_been_asked(
    first: Scripted, second: Scripted, make: Make
) -> None:
    no = page(logged(REQUEST, "no", "failed"))
    first.say(200, no)
    assert await look(make, quick(first), other(second), at=None) == Pending()
    first.say(200, no)
    second.say(200, page())
    assert await look(make, quick(first), quick(second, "second"), at=None) == Pending()
    first.say(200, no)
    second.say(200, no)
    assert isinstance(await look(make, quick(first), quick(second, "second"), at=None), Refused)
    first.say(200, no)
    assert isinstance(await look(make, quick(first), other(second), at="aimlapi"), Refused)


async def test_one_log_that_cannot_be_read_leaves_all_without_an_end(
    first: Scripted, second: Scripted, make: Make
) -> None:
    first.say(200, page())
    second.say(500)
    found = await look(make, quick(first), quick(second, "second"), at=None)
    assert found == Pending("HTTP 500", failed=True)


def test_the_rows_say_who_has_receipts(make: Make) -> None:
    providers = make(quick("http://127.0.0.1:1"), other("http://127.0.0.1:2"))
    assert [providers.asked_for(host) for host in ("aimlapi", "apilaplas", "gone", None)] == [1800.0, 0.0, 0.0, 1800.0]
    assert make(other("http://127.0.0.1:2")).asked_for(None) == 0.0


# ── The answer to the create ─────────────────────────────────────────────────────────────────────────────────────────

CUT = b"HTTP/1.1 %d So\r\nContent-Length: 999\r\nX-Inference-Id: %s\r\n\r\n%s"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id": ', b"{}"])
async def test_the_header_names_a_generation_that_the_body_does_not(body: bytes, first: Scripted, make: Make) -> None:
    first.raw(CUT % (201, b"paid", body))
    assert await make(quick(first)).create(ORDER, REQUEST) == Accepted("aimlapi", "paid")


async def test_the_body_counts_before_the_header(first: Scripted, make: Make) -> None:
    first.say(201, {"id": "body"}, X_Inference_Id="header")
    assert await make(quick(first)).create(ORDER, REQUEST) == Accepted("aimlapi", "body")
    first.say(200, {"code": 1301, "message": "x"}, X_Inference_Id="header")
    assert isinstance(await make(quick(first)).create(ORDER, REQUEST), Refused)


@pytest.mark.parametrize(("status", "named"), [(500, b"paid"), (201, b" "), (201, b"a" * 1001)])
async def test_a_header_that_proves_nothing(status: int, named: bytes, first: Scripted, make: Make) -> None:
    first.raw(CUT % (status, named, b""))
    with pytest.raises(Ambiguous) as caught:
        await make(quick(first)).create(ORDER, REQUEST)
    assert caught.value.host == "aimlapi"


async def test_a_host_without_receipts_is_not_believed(first: Scripted, make: Make) -> None:
    first.raw(CUT % (201, b"paid", b""))
    with pytest.raises(Ambiguous):
        await make(other(first)).create(ORDER, REQUEST)
