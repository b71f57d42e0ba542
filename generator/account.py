"""The account's service endpoints: requests, balance, charges, and how long models take."""

import base64
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

from aiohttp import web

from generator.errors import Refused
from generator.models import USD
from generator.receipts import KEEP, Receipt, Receipts

LOGS_A_MINUTE = 200
PAGE, LONGEST_PAGE = 50, 100
MODELS_LIMIT, ALIASES_LIMIT = 50, 100
WINDOW = 300
"""Seconds over which `/models/metrics` looks."""
LOW = 1.0  # USD
PERIOD = re.compile(r"([1-9]\d{0,5})([hd])")
TYPES = ("PAYMENT", "BONUS", "REFUND", "ADJUSTMENT", "MODEL_USAGE", "CREDITS_EXPIRED", "INIT")


class Account:
    """Handlers. `authorize` raises `Refused` for a request without the key; `deposit`: USD paid in at the start."""

    def __init__(
        self,
        receipts: Receipts,
        authorize: Callable[[web.Request], None],
        *,
        deposit: float = 0.0,
        endpoint: str = "/v2/video/generations",
    ) -> None:
        self._receipts, self._authorize = receipts, authorize
        self._deposit, self._endpoint = deposit, endpoint
        self._asked: deque[float] = deque()

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            web.get("/v2/logs", self._logs),
            web.get("/v2/billing", self._billing),
            web.get("/v2/billing/transactions", self._transactions),
            web.get("/v1/billing/balance", self._balance),
            web.get("/models/metrics", self._metrics),
        ]

    def left(self) -> float:
        """USD that are neither spent nor held."""
        return round(self._deposit - self._receipts.taken() / USD, 9)

    async def _logs(self, request: web.Request) -> web.Response:
        self._authorize(request)
        self._count()
        query = request.query
        start, end = _window(request)
        models, statuses = query.getall("model", []), query.getall("status", [])
        if len(models) > MODELS_LIMIT:
            raise _invalid("model", f"at most {MODELS_LIMIT} values", str(len(models)))
        if unknown := [status for status in statuses if status not in ("succeeded", "failed")]:
            raise _invalid("status", '"succeeded" or "failed"', unknown[0])
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key.startswith(query.get("key_prefix", "")):
            raise Refused(403, "Forbidden: requests of another key are listed for management keys only")
        limit, offset = _number(request, "limit", PAGE, 1, LONGEST_PAGE), _number(request, "offset", 0, 0, 10**9)
        succeeded = statuses[0] == "succeeded" if len({*statuses}) == 1 else None
        rows, total = self._receipts.log(start, end, models=models, succeeded=succeeded, limit=limit, offset=offset)
        more = offset + len(rows) < total
        paging = {"limit": limit, "offset": offset, "total": total, "has_more": more}
        return web.json_response({"data": [_logged(row) for row in rows], "pagination": paging})

    def _count(self) -> None:
        """Raises `Refused` at the 201st request within a minute."""
        now = time.monotonic()
        while self._asked and self._asked[0] <= now - 60:
            self._asked.popleft()
        if len(self._asked) >= LOGS_A_MINUTE:
            raise Refused(429, f"Too many requests: at most {LOGS_A_MINUTE} in 60 seconds")
        self._asked.append(now)

    async def _billing(self, request: web.Request) -> web.Response:
        self._authorize(request)
        return web.json_response({"current_balance": self.left(), "currency": "USD"})

    async def _balance(self, request: web.Request) -> web.Response:
        self._authorize(request)
        left = self.left()
        return web.json_response(
            {
                "balance": round(left * USD),
                "lowBalance": left < LOW,
                "lowBalanceThreshold": round(LOW * USD),
                "lastUpdated": _iso(time.time()),
                "autoDebitStatus": "disabled",
                "status": "current",
                "statusExplanation": "Balance is current",
            }
        )

    async def _transactions(self, request: web.Request) -> web.Response:
        self._authorize(request)
        query = request.query
        limit = _number(request, "limit", PAGE, 1, LONGEST_PAGE)
        start = _moment(request, "from", offset=True) or 0.0
        end = _moment(request, "to", offset=True) or time.time() + 1
        if end <= start:
            raise _invalid("to", "a moment later than from", query.get("to", ""))
        for name, known in (("direction", ("TOPUP", "CHARGE")), ("type", TYPES)):
            if query.get(name, known[0]) not in known:
                raise _invalid(name, " or ".join(known), query[name])
        after = _position(query["cursor"]) if "cursor" in query else None
        usage = query.get("direction") in (None, "CHARGE") and query.get("type") in (None, "MODEL_USAGE")
        rows = self._receipts.charges(start, end, limit=limit + 1, after=after) if usage else []
        more = len(rows) > limit
        shown = rows[:limit]
        paging = {"next_cursor": _cursor(shown[-1]) if more else None, "has_more": more}
        return web.json_response({"data": [_charge(row) for row in shown], "pagination": paging})

    async def _metrics(self, request: web.Request) -> web.Response:
        """Without a key. Models that finished nothing lately are missing."""
        if unknown := {*request.query} - {"aliases"}:
            raise _invalid(min(unknown), "no such parameter", request.query[min(unknown)])
        aliases = request.query.getall("aliases", [])
        if len(aliases) > ALIASES_LIMIT:
            raise _invalid("aliases", f"at most {ALIASES_LIMIT} values", str(len(aliases)))
        taken: dict[str, list[float]] = defaultdict(list)
        for model, seconds in self._receipts.durations(WINDOW):
            if not aliases or model in aliases:
                taken[model].append(seconds)
        models = [
            {"alias": model, "endpoint": self._endpoint, "metrics": {"duration_ms": _percentiles(seconds)}}
            for model, seconds in sorted(taken.items())
        ]
        said = {"window_seconds": WINDOW, "generated_at": _iso(time.time()), "models": models}
        return web.json_response(said)


def _logged(row: Receipt) -> dict[str, Any]:
    return {
        "created": _iso(row.created),
        "status": "succeeded" if row.succeeded else "failed",
        "origin": "api",
        "model": row.model,
        "cost": _money(row.credits),
        "tokens": {"input": 0, "output": 0, "total": 0},
        "request_id": row.request,
        "inference_id": row.inference,
        "client_request_id": row.client,
    }


def _charge(row: Receipt) -> dict[str, Any]:
    return {
        "created_at": _iso(row.finished),
        "direction": "CHARGE",
        "type": "MODEL_USAGE",
        "amount": _money(row.credits),
        "model": row.model,
        "reference_id": row.inference,
    }


def _money(credits: int) -> dict[str, Any]:
    return {"usd": credits / USD, "credits": credits}


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 99
    return {f"p{n}": round(cuts[n - 1] * 1000, 1) for n in (50, 75, 90, 99)}


def _window(request: web.Request) -> tuple[float, float]:
    """Start and end of a log request, in Unix seconds; the last day if nothing is said."""
    query, now = request.query, time.time()
    start, end = _moment(request, "start"), _moment(request, "end")
    if (start is None) != (end is None) or ("period" in query and start is not None):
        raise Refused(400, "Invalid request: give either period, or both start and end")
    if start is None or end is None:
        found = PERIOD.fullmatch(query.get("period", "24h"))
        if not found:
            raise _invalid("period", "a number and h or d", query["period"])
        start, end = now - int(found[1]) * (3600 if found[2] == "h" else 86_400), now + 1
    if not start <= end <= start + KEEP + 1:
        raise Refused(400, "Invalid request: end: expected within 92 days from start")
    return start, end


def _moment(request: web.Request, name: str, *, offset: bool = False) -> float | None:
    """A parameter in ISO 8601 as Unix seconds; `offset`: it must have a UTC offset, else UTC is assumed."""
    given = request.query.get(name)
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is None and not offset:
            moment = moment.replace(tzinfo=UTC)
        if moment.tzinfo is None:
            raise ValueError
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise _invalid(name, "a moment in ISO 8601" + " with an offset" * offset, given) from None


def _number(request: web.Request, name: str, preset: int, least: int, most: int) -> int:
    given = request.query.get(name, str(preset))
    if not re.fullmatch(r"[0-9]{1,10}", given) or not least <= int(given) <= most:
        raise _invalid(name, f"an integer from {least} to {most}", given)
    return int(given)


def _cursor(row: Receipt) -> str:
    said = json.dumps([row.finished, row.position])
    return base64.urlsafe_b64encode(said.encode()).decode()


def _position(cursor: str) -> tuple[float, int]:
    try:
        moment, position = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return float(moment), int(position)
    except (ValueError, TypeError, RecursionError):
        raise _invalid("cursor", "one that was issued here", cursor) from None


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _invalid(field: str, expected: str, received: str) -> Refused:
    return Refused(400, f"Invalid request: {field}: expected {expected}, received {json.dumps(received[:60])}")
