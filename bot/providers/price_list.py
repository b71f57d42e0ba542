"""A host's public list of models, with prices, and the list of how long they take.

No live call has confirmed the documented shape. All that is assumed of it is in `listed`, `usd_a_second` and `medians`.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from bot import catalogue
from bot.billing import Listed
from bot.providers.error_words import parse

QUERY = urlencode({"capabilities": "image_to_video", "include": "pricing,modalities,capabilities"})
SECOND = frozenset({"second", "seconds", "sec", "s", "1 second", "video second", "video_second"})
"""Names of the unit that we can compare, in lower case."""
DEAREST = 100
"""Dollars a second above which a price is a mistake of ours in reading it."""
LONGEST_NAME = 200
SHORTEST, LONGEST = 10.0, 7200.0
"""Seconds that a render may take; less is the time of the request alone."""


def listed(answer: bytes, host: str) -> Sequence[Listed] | None:
    """The entries that bear a name of our rows; None for an answer that is no list, or without any of them."""
    said = parse(answer)
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, list):
        return None
    ours = {row.sold[host].id: row.resolution for row in catalogue.rows() if host in row.sold}
    found = []
    for entry in data:
        if not isinstance(entry, dict) or not _name(entry.get("id")):
            continue
        aliases = entry.get("aliases")
        names = [name for name in aliases if _name(name)] if isinstance(aliases, list) else []
        known = next((name for name in (entry["id"], *names) if name in ours), None)
        if known:
            usd = usd_a_second(entry.get("pricing"), ours[known])
            found.append(Listed(entry["id"], tuple(name for name in names if name in ours), usd))
    return found or None


def usd_a_second(pricing: object, resolution: str) -> Fraction | None:
    """Dollars a second in that resolution; None if none is quoted. Of several prices the highest, so that none is sold
    below its cost."""
    if not isinstance(pricing, dict) or pricing.get("currency", "USD") != "USD":
        return None
    rates = {"fixed": pricing.get("units"), "variants": pricing.get("variants")}.get(str(pricing.get("kind")))
    if not isinstance(rates, list):
        return None
    found = [_rate(rate) for rate in rates if isinstance(rate, dict) and _fits(rate, resolution)]
    known = [rate for rate in found if rate is not None]
    return max(known, default=None) if len(known) == len(found) else None


def medians(answer: bytes) -> Mapping[str, float]:
    """Seconds that half of a model's renders took, by the names that the host knows it by."""
    said = parse(answer)
    models = said.get("models") if isinstance(said, dict) else None
    found = {}
    for entry in models if isinstance(models, list) else []:
        alias = entry.get("alias") if isinstance(entry, dict) else None
        seconds = _number(_inside(entry, "metrics", "duration_ms", "p50")) / 1000
        if isinstance(alias, str) and SHORTEST <= seconds <= LONGEST:
            found[alias] = seconds
    return found


def _name(value: object) -> bool:
    """Whether it can be shown as a model's name."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _fits(rate: dict[str, Any], resolution: str) -> bool:
    """Whether a price is for that resolution, or for any."""
    said = [rate, *(inner for inner in rate.values() if isinstance(inner, dict))]
    named = [str(each["resolution"]).lower() for each in said if "resolution" in each]
    return not named or not resolution or resolution.lower() in named


def _rate(rate: dict[str, Any]) -> Fraction | None:
    price = _number(rate.get("price"))
    per = rate.get("per")
    if not isinstance(per, str) or per.lower() not in SECOND or not 0 < price <= DEAREST:
        return None
    return Fraction(round(price * 1_000_000), 1_000_000) or None


def _inside(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _number(value: object) -> float:
    """A finite number; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        return float(value) if math.isfinite(value) else 0.0
    except OverflowError:
        return 0.0
