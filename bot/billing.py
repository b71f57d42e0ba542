"""What hosts say of prices, durations and charges, and how our own rows and jobs compare with it. Pure.

Money is in dollars, or in millionths of them where it is counted. Times are Unix seconds.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Literal

from bot.catalogue import DEFAULT, Model

CREDIT = Fraction(63_000, 2_000_000)
"""Dollars that a second of the first model cost in early 2025, where no list says it: one credit of ours."""

MILLIONTHS = 1_000_000
Change = Literal["gone", "renamed", "dearer", "risen", "base"]
"""“dearer”: than what people go on paying here; “risen”: and people pay it from now on; “base”: the first model
costs more, by which credits are reckoned."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a host's list. `usd`: dollars a second; None if it quotes none, or by a rule that we do not know."""

    id: str
    aliases: tuple[str, ...] = ()
    usd: Fraction | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """A host's public list, as far as it concerns our rows. `medians`: seconds of a render, by id. `told`: keys of the
    changes in it that the operator was told of."""

    host: str
    models: tuple[Listed, ...]
    etag: str = ""
    medians: Mapping[str, float] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    def find(self, model: Model) -> Listed | None:
        """The entry of a model, by its id or an alias; of several the dearest, as one of them is charged."""
        sold = model.sold.get(self.host)
        named = [one for one in self.models if sold and sold.id in (one.id, *one.aliases)]
        return min(named, key=lambda one: (one.id != (sold and sold.id), -(one.usd or 0)), default=None)

    def price(self, model: Model) -> Fraction | None:
        """Credits a second: dollars, compared with those of the first model."""
        found, first = self.find(model), self.find(DEFAULT)
        if found is None or found.usd is None:
            return None
        if model.id == DEFAULT.id:
            return Fraction(1)
        return found.usd / ((first and first.usd) or CREDIT)

    def dump(self) -> str:
        models = [[one.id, one.aliases, str(one.usd) if one.usd is not None else None] for one in self.models]
        return json.dumps({"models": models, "etag": self.etag, "medians": self.medians, "told": self.told})

    @classmethod
    def load(cls, host: str, body: str) -> "PriceList":
        said = json.loads(body)
        models = (Listed(id, tuple(names), Fraction(usd) if usd else None) for id, names, usd in said["models"])
        return cls(host, tuple(models), said["etag"], said["medians"], tuple(said["told"]))


@dataclass(frozen=True, slots=True)
class Changed:
    """A row of ours that a host's list contradicts. `now`: its other name, or the credits a second of the list;
    `was`: credits a second that apply here. Both in dollars for “base”."""

    model: Model
    host: str
    what: Change
    was: Fraction | None = None
    now: Fraction | str = ""

    @property
    def key(self) -> str:
        return f"{self.what}:{self.model.id}:{self.now}"


def changes(
    rows: Sequence[Model], prices: PriceList, before: PriceList | None = None, fixed: Collection[str] = ()
) -> Sequence[Changed]:
    """What the list says against these rows, whose prices are those that apply here; `before`: the last one.

    `fixed`: ids of the models whose prices do not follow the list.
    """
    found = []
    for row in rows:
        if prices.host not in row.sold:
            continue
        listed, quoted = prices.find(row), prices.price(row)
        if listed is None:
            found.append(Changed(row, prices.host, "gone"))
        elif listed.id != row.sold[prices.host].id:
            found.append(Changed(row, prices.host, "renamed", now=listed.id))
        if quoted is not None and row.price is not None and quoted > row.price.a_second:
            what: Change = "dearer" if row.id in fixed else "risen"
            found.append(Changed(row, prices.host, what, row.price.a_second, quoted))
        if row.id == DEFAULT.id and listed and listed.usd:
            was = before.find(row) if before else None
            cost = (was and was.usd) or CREDIT
            if listed.usd > cost:
                found.append(Changed(row, prices.host, "base", cost, listed.usd))
    return found


@dataclass(frozen=True, slots=True)
class Charge:
    """An entry of a host's books about a generation. `id`: its id there; `usd`: millionths; `model`: its name there."""

    id: str
    usd: int
    at: float
    model: str = ""


Verdict = Literal["delivered", "undelivered", "unpaid", "unknown", "foreign"]
"""Paid and delivered; paid and not delivered; delivered and not paid; paid for a model of ours and not known here; paid
for another model, so by another program with our key."""
DIFFERENCES: tuple[Verdict, ...] = ("undelivered", "unpaid", "unknown")


@dataclass(frozen=True, slots=True)
class Ours:
    """A job, as far as it is compared; `at`: when it was settled. `remote_id` is empty if its person is forgotten."""

    job: str
    remote_id: str
    state: str
    outcome: str | None
    reason: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A charge, or a clip without one (`usd` is None), and what is here to it. `at`: of the charge, else of the job."""

    reference: str
    verdict: Verdict
    at: float
    usd: int | None
    ours: Ours | None
    remote_id: str

    @property
    def differs(self) -> bool:
        return self.verdict in DIFFERENCES


@dataclass(frozen=True, slots=True)
class Comparison:
    """Sums of a comparison of a host's charges with our jobs: how many of each kind, and their millionths."""

    host: str
    at: float
    since: float
    counts: Mapping[str, int]
    usd: Mapping[str, int]

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, body: str) -> "Comparison":
        return cls(**json.loads(body))


def reference(host: str, remote_id: str) -> str:
    """The name of a generation in our books, which are to hold no id that leads to a person's clip."""
    return sha256(f"{host}\0{remote_id}".encode()).hexdigest()
