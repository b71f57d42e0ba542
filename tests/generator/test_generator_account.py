"""The account behind the stand-in, over sockets, against the host's published schemas."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from generator_drawings import body, create, data_uri, drawing, encoded, look, until

from generator import receipts
from generator.models import DEFAULT, Model
from generator.receipts import Asked, Receipts
from generator.server import PATH, Generator
from tests.published import SERVICE, problems

PHOTO = data_uri(encoded(drawing(300, 300), "JPEG"))
NO_PICTURE = "data:image/jpeg;base64,AAAA"
OTHER = "klingai/video-v2-6-pro-image-to-video"
pytestmark = pytest.mark.usefixtures("small_clips")
MODELS = {DEFAULT: Model((5, 10), "Kling 1 Standard"), OTHER: Model((5, 10), "Kling 2.6 Pro", Fraction(100_000))}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer key"}) as session:
        yield session


async def asked(session: aiohttp.ClientSession, url: str, **query: Any) -> Any:
    """The answer to a service request, which fits its published schema."""
    async with session.get(url, params=[*query.items()]) as answer:
        assert answer.status == 200, await answer.text()
        said = await answer.json()
    path = "/" + url.split("/", 3)[3]
    assert problems(SERVICE[path], said) == []
    return said


async def refused(session: aiohttp.ClientSession, url: str, query: list[tuple[str, str]]) -> str:
    async with session.get(url, params=query) as answer:
        assert answer.status == 400
        return str((await answer.json())["message"])


async def post(session: aiohttp.ClientSession, base: str, client: str, **fields: Any) -> aiohttp.ClientResponse:
    content = io.BytesIO(json.dumps(body(**fields)).encode())
    async with session.post(base + PATH, data=content, headers={"X-Client-Request-Id": client}) as answer:
        await answer.read()
        return answer


async def test_a_create_is_in_the_log_once_it_is_finished(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path, key="key", delay=1.0, models=MODELS, deposit=10.0).serve() as base:
        answer = await post(session, base, "claim:1", image_url=PHOTO)
        inference = answer.headers["x-inference-id"]
        assert (answer.status, answer.headers["x-client-request-id"]) == (201, "claim:1")
        assert (await answer.json())["id"] == inference
        assert (await asked(session, base + "/v2/logs", period="1h"))["data"] == []
        assert (await asked(session, base + "/v2/billing"))["current_balance"] == 10 - 0.1575  # held
        assert (await asked(session, base + "/v2/billing/transactions"))["data"] == []
        async with session.get(base + PATH, params={"generation_id": inference}) as early:
            assert "x-aimlapi-credits-used" not in early.headers
        await until(session, base, inference, "completed")
        (row,) = (await asked(session, base + "/v2/logs", period="1h"))["data"]
        assert (row["inference_id"], row["client_request_id"]) == (inference, "claim:1")
        assert (row["status"], row["model"]) == ("succeeded", DEFAULT)
        assert row["cost"] == {"usd": 0.1575, "credits": 315_000}
        (charge,) = (await asked(session, base + "/v2/billing/transactions", direction="CHARGE"))["data"]
        assert (charge["reference_id"], charge["amount"]) == (inference, row["cost"])
        assert (await asked(session, base + "/v2/billing"))["current_balance"] == 10 - 0.1575
        async with session.get(base + PATH, params={"generation_id": inference}) as late:
            assert late.headers["x-aimlapi-credits-used"] == "315000"
            assert late.headers["x-aimlapi-usd-spent"] == "0.1575"
            assert (await late.json())["meta"]["usage"]["credits_used"] == 315_000
        async with session.get(base + "/v1/billing/balance") as legacy:
            assert (await legacy.json())["balance"] == round((10 - 0.1575) * 2_000_000)
        (measured,) = (await asked(session, base + "/models/metrics", aliases=DEFAULT))["models"]
        assert measured["alias"] == DEFAULT
        assert measured["metrics"]["duration_ms"]["p50"] >= 1000
        assert (await asked(session, base + "/models/metrics", aliases=OTHER))["models"] == []


async def test_what_fails_costs_nothing(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path, deposit=10.0).serve() as base:
        generation = await create(session, base, image_url=NO_PICTURE)
        await until(session, base, generation, "error")
        bad = await post(session, base, "claim-2", duration=7)
        assert (bad.status, bad.headers["x-client-request-id"]) == (400, "claim-2")
        rows = (await asked(session, base + "/v2/logs", status="failed"))["data"]
        assert [(row["inference_id"], row["client_request_id"]) for row in rows] == [
            (bad.headers["x-inference-id"], "claim-2"),
            (generation, None),
        ]
        assert {row["cost"]["credits"] for row in rows} == {0}
        assert (await asked(session, base + "/v2/logs", status="succeeded"))["data"] == []
        assert (await asked(session, base + "/v2/billing/transactions"))["data"] == []
        assert (await asked(session, base + "/v2/billing"))["current_balance"] == 10


async def test_an_id_of_another_form_is_dropped(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        for client in ("a b", "ä", "x" * 129):
            answer = await post(session, base, client, duration=7)
            assert "x-client-request-id" not in answer.headers
        assert (await post(session, base, "x" * 128, duration=7)).headers["x-client-request-id"] == "x" * 128
        rows = (await asked(session, base + "/v2/logs"))["data"]
        assert [row["client_request_id"] for row in rows] == ["x" * 128, None, None, None]


async def test_nothing_is_made_for_an_account_that_is_empty(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path, models=MODELS, deposit=0.2, delay=60).serve() as base:
        assert (await post(session, base, "one", image_url=PHOTO)).status == 201
        assert (await post(session, base, "two", image_url=PHOTO)).status == 403
        (row,) = (await asked(session, base + "/v2/logs"))["data"]
        assert (row["client_request_id"], row["status"]) == ("two", "failed")


async def test_without_a_deposit_clips_are_free(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        generation = await create(session, base, image_url=PHOTO)
        await until(session, base, generation, "completed")
        (charge,) = (await asked(session, base + "/v2/billing/transactions"))["data"]
        assert (charge["reference_id"], charge["amount"]["credits"]) == (generation, 0)


BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)


def after(seconds: int, offset: str = "Z") -> str:
    """A moment so many seconds after the first row of `several`."""
    return (BEGAN + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat() + offset


def several(folder: Path, count: int) -> list[str]:
    """That many finished rows a second apart, of both models in turn, each third failed."""
    start = BEGAN.timestamp()
    now = [start]
    kept = Receipts(folder / "receipts.sqlite", lambda: now[0])
    for n in range(count):
        now[0] = start + n
        kept.begin(Asked(f"i{n}", f"c{n}", f"r{n}", (DEFAULT, OTHER)[n % 2]), 10)
        kept.settle(f"i{n}", succeeded=n % 3 != 2)
    return [f"i{n}" for n in range(count)]


async def test_pages_windows_and_filters_of_the_log(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        names = several(tmp_path, 25)
        window = {"start": after(0), "end": after(5000, "+00:00")}
        seen = []
        for offset in range(0, 30, 10):
            said = await asked(session, base + "/v2/logs", **window, limit=10, offset=offset)
            seen += [row["inference_id"] for row in said["data"]]
            assert said["pagination"] == {"limit": 10, "offset": offset, "total": 25, "has_more": offset < 20}
        assert seen == names[::-1]
        short = await asked(session, base + "/v2/logs", start=after(1, ""), end=after(3, ""))
        assert [row["inference_id"] for row in short["data"]] == ["i2", "i1"]
        of = await asked(session, base + "/v2/logs", **window, model=OTHER.partition("/")[2], status="failed")
        assert [row["inference_id"] for row in of["data"]] == ["i23", "i17", "i11", "i5"]
        assert (await asked(session, base + "/v2/logs"))["data"] == []  # the last day


@pytest.mark.parametrize(
    "query",
    [
        [("status", "succeeded,failed")],
        [("limit", "0")],
        [("limit", "101")],
        [("limit", "x")],
        [("offset", "-1")],
        [("start", "2026-01-01")],
        [("start", "2026-01-01"), ("end", "2026-01-02"), ("period", "1d")],
        [("start", "2026-01-02"), ("end", "2026-01-01")],
        [("start", "2026-01-01"), ("end", "2026-05-01")],
        [("start", "yesterday"), ("end", "2026-05-01")],
        [("period", "93d")],
        [("period", "0h")],
        [("model", "x")] * 51,
    ],
)
async def test_a_log_that_cannot_be_told_is_refused(
    session: aiohttp.ClientSession, tmp_path: Path, query: list[tuple[str, str]]
) -> None:
    async with Generator(tmp_path).serve() as base:
        assert (await refused(session, base + "/v2/logs", query)).startswith("Invalid request: ")


async def test_charges_go_by_a_cursor(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        names = several(tmp_path, 25)
        paid = [name for n, name in enumerate(names) if n % 3 != 2]
        url, seen, query = base + "/v2/billing/transactions", [], {"limit": "5", "from": after(-5000)}
        while True:
            said = await asked(session, url, **query)
            seen += [row["reference_id"] for row in said["data"]]
            if not said["pagination"]["has_more"]:
                break
            query["cursor"] = said["pagination"]["next_cursor"]
        assert said["pagination"]["next_cursor"] is None
        assert seen == paid[::-1]
        part = await asked(session, url, **{"from": after(1), "to": after(4)})
        assert [row["reference_id"] for row in part["data"]] == ["i3", "i1"]
        assert (await asked(session, url, direction="TOPUP"))["data"] == []
        assert (await asked(session, url, type="REFUND"))["data"] == []
        for wrong in ({"cursor": "x"}, {"from": "2025-10-09"}, {"type": "ALL"}, {"direction": "UP"}, {"limit": "0"}):
            assert await refused(session, url, [*wrong.items()])


async def test_the_account_is_for_whoever_has_the_key(tmp_path: Path) -> None:
    async with Generator(tmp_path, key="key").serve() as base, aiohttp.ClientSession() as stranger:
        for path in ("/v2/logs", "/v2/billing", "/v2/billing/transactions", "/v1/billing/balance"):
            async with stranger.get(base + path) as answer:
                assert answer.status == 401
        for path in ("/v1/models", "/models", "/models/metrics"):
            async with stranger.get(base + path) as answer:
                assert answer.status == 200
        async with stranger.post(base + PATH, data=b"{}", headers={"X-Client-Request-Id": "c"}) as answer:
            assert (answer.status, answer.headers["x-client-request-id"]) == (401, "c")
            assert answer.headers["x-inference-id"]
        keyed = {"Authorization": "Bearer key"}
        async with stranger.get(base + "/v2/logs", headers=keyed, params={"key_prefix": "ke"}) as answer:
            assert (await answer.json())["data"] == []  # nothing is kept of strangers
        async with stranger.get(base + "/v2/logs", headers=keyed, params={"key_prefix": "other"}) as answer:
            assert answer.status == 403


async def test_the_log_is_told_two_hundred_times_a_minute(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        for _ in range(200):
            async with session.get(base + "/v2/logs") as answer:
                assert answer.status == 200
        async with session.get(base + "/v2/logs") as answer:
            assert answer.status == 429


async def test_the_public_list(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path, models=MODELS).serve() as base:
        url = base + "/v1/models"
        whole = await asked(session, url, capabilities="image_to_video", include="pricing,modalities,capabilities")
        assert [entry["id"] for entry in whole["data"]] == [*MODELS]
        assert whole["data"][1]["pricing"]["units"] == [{"price": 0.05, "per": "second"}]
        assert whole["data"][1]["aliases"] == ["video-v2-6-pro-image-to-video"]
        assert whole == await asked(session, url, details="true") == await asked(session, url, include="all")
        bare = await asked(session, url, id="video-v2-6-pro-image-to-video,x")
        assert [{*entry} for entry in bare["data"]] == [{"id", "aliases", "type", "info", "tags"}]
        assert (await asked(session, url, capabilities="streaming"))["data"] == []
        async with session.get(url) as answer:
            tag = answer.headers["ETag"]
        async with session.get(url, headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        async with session.get(url, params={"include": "all"}, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 200


async def test_metrics_take_no_other_parameter(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        url = base + "/models/metrics"
        assert "nothing" in await refused(session, url, [("models", "nothing")])
        assert await refused(session, url, [("aliases", "x")] * 101)


async def test_several_processes_and_a_restart_see_the_same(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path, deposit=1.0).serve() as one, Generator(tmp_path, deposit=1.0).serve() as other:
        generation = await create(session, one, image_url=PHOTO)
        await until(session, other, generation, "completed")
        assert [row["inference_id"] for row in (await asked(session, other + "/v2/logs"))["data"]] == [generation]
    async with Generator(tmp_path, deposit=1.0).serve() as base:
        assert (await asked(session, base + "/v2/billing"))["current_balance"] == 1 - 0.1575
        state = await look(session, base, generation)
        assert state["meta"] == {"usage": {"credits_used": 315_000}}


def test_rows_are_kept_for_as_long_as_they_may_be_asked_for(tmp_path: Path) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC).timestamp()]
    kept = Receipts(tmp_path / "r", lambda: now[0])
    kept.refuse(Asked("old", None, "r", DEFAULT))
    now[0] += timedelta(days=60).total_seconds()
    kept.refuse(Asked("new", None, "r", DEFAULT))
    now[0] += receipts.KEEP - timedelta(days=30).total_seconds()
    kept.forget()
    rows, total = kept.log(0, now[0], models=[], succeeded=None, limit=9, offset=0)
    assert ([row.inference for row in rows], total) == (["new"], 1)


async def test_one_outcome_counts_and_threads_share_the_rows(tmp_path: Path) -> None:
    kept = Receipts(tmp_path / "r")
    await asyncio.gather(
        *(asyncio.to_thread(kept.begin, Asked(f"i{n}", None, "r", DEFAULT), 10) for n in range(20)),
    )
    await asyncio.gather(*(asyncio.to_thread(kept.settle, f"i{n % 20}", succeeded=n < 20) for n in range(40)))
    assert kept.taken() == sum(kept.charged(f"i{n}") for n in range(20))
    first = kept.charged("i0")
    kept.settle("i0", succeeded=first == 0)
    assert kept.charged("i0") == first


def test_a_file_that_is_no_database_is_trouble_with_the_disk(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"x" * 5000)
    with pytest.raises(OSError, match="receipts cannot be used"):
        Receipts(tmp_path / "r")
