"""A host's books: our balance, what it took for a generation, and the list of all it took.

No live call has confirmed the documented shapes. All that is assumed of them is in `dollars`, `spent` and `page_of`.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from bot.billing import Charge
from bot.providers.error_words import parse
from bot.providers.hosts import Host
from bot.providers.request_log import moment
from bot.providers.transport import Silence, Transport
from bot.providers.wire import usable_id

CREDITS = 2_000_000
"""A host's own credits that cost a dollar (documented by AI/ML API)."""
ROWS, PAGES = 100, 1000
"""Rows of a page, the host's maximum; and pages of one reading, at most."""
MOST = 10**9
"""Dollars of a balance; more is a mistake of ours in reading it."""
DEAREST = 10_000
"""Dollars of a generation; more is such a mistake, too. A year of them fits into a database's sums."""
LONGEST_CURSOR = 1000


def dollars(answer: bytes) -> float | None:
    """The balance in dollars, of either answer: the present one's dollars, or the old one's credits."""
    said = parse(answer)
    if not isinstance(said, dict):
        return None
    if said.get("currency") == "USD" and (left := _number(said.get("current_balance"))) is not None:
        return left
    credits = _number(said.get("balance"))
    return None if credits is None else credits / CREDITS


def spent(headers: Mapping[str, str], answer: bytes) -> int | None:
    """Millionths of a dollar that a finished generation cost; None if it is not said, or as nothing: an answer to a
    poll may say what the poll itself cost."""
    for name, unit in (("x-aimlapi-usd-spent", 1.0), ("x-aimlapi-credits-used", 1 / CREDITS)):
        if found := _millionths(_text(headers.get(name)), unit):
            return found
    said = parse(answer)
    for part in ("meta", "usage", "credits_used"):
        said = said.get(part) if isinstance(said, dict) else None
    return _millionths(_number(said), 1 / CREDITS) or None


@dataclass(frozen=True, slots=True)
class Page:
    """Charges for the use of models. `next`: cursor of the next page; None on the last."""

    charges: Sequence[Charge]
    next: str | None


def page_of(answer: bytes) -> Page | None:
    """Read a page of the list; None for an answer that is none."""
    said = parse(answer)
    rows = said.get("data") if isinstance(said, dict) else None
    paging = said.get("pagination") if isinstance(said, dict) else None
    if not isinstance(rows, list) or not isinstance(paging, dict) or not isinstance(paging.get("has_more"), bool):
        return None
    cursor = paging.get("next_cursor") if paging["has_more"] else None
    if paging["has_more"] and not (isinstance(cursor, str) and len(cursor) <= LONGEST_CURSOR):
        return None
    return Page([charge for row in rows if isinstance(row, dict) and (charge := _charge(row))], cursor)


async def charges(transport: Transport, host: Host, since: float, until: float) -> Sequence[Charge] | str:
    """All that the host took for generations between two times in Unix seconds; or why it cannot be had whole."""
    found: list[Charge] = []
    cursor = None
    for _ in range(PAGES):
        asked: dict[str, object] = {
            "from": _stamp(since),
            "to": _stamp(until + 1),
            "type": "MODEL_USAGE",
            "limit": ROWS,
        }
        if cursor is not None:
            asked["cursor"] = cursor
            await asyncio.sleep(host.log_pause)
        said = await transport.get(host, f"{host.base_url}{host.books}?{urlencode(asked)}")
        if isinstance(said, Silence):
            return f"no answer: {said.why}"
        if said.status != 200:
            return f"HTTP {said.status}"
        page = await asyncio.to_thread(page_of, said.body)
        if page is None:
            return "no list of charges"
        found += page.charges
        if page.next is None:
            return found
        cursor = page.next
    return f"more than {len(found)} charges"


def _charge(row: dict[str, object]) -> Charge | None:
    amount = row.get("amount")
    usd = _millionths(_number(amount.get("usd") if isinstance(amount, dict) else None), 1.0)
    id, model, at = usable_id(row.get("reference_id")), row.get("model"), moment(row.get("created_at"))
    if row.get("type") != "MODEL_USAGE" or not id or usd is None or at is None:
        return None
    return Charge(id, usd, at, model if isinstance(model, str) else "")


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(max(at, 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: str | None) -> float | None:
    try:
        return _number(float(value)) if value else None
    except ValueError:
        return None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST * CREDITS:  # NaN, too
        return None
    return float(value)


def _millionths(value: float | None, dollar: float) -> int | None:
    """Of a dollar, rounded up; None for no number, a negative one, or an absurd one."""
    if value is None or not 0 <= value * dollar <= DEAREST:
        return None
    return math.ceil(round(value * dollar * 1_000_000, 3))
