"""Admins' reports: use by person, the audit log, and both as CSV."""

import asyncio
import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from statistics import median

from bot import offers, texts
from bot.admin import chart
from bot.admin.people import how, time_zone
from bot.context import Context
from bot.conversation import Inbound, Paper, Reply
from bot.errors import Refusal
from bot.quotas import pricing
from bot.quotas.records import Act, Movement, Spending
from bot.quotas.rules import FOREVER, HOUSE, OWN, Rule
from bot.sentence import Sentence, join, verbatim

SPANS = {"week": 7, "month": 30}
"""Days of a report, today included."""
MOST = 200_000
"""Maximum rows of a report."""
PEOPLE = 15
"""Maximum lines of a table in a chat."""
ACTS = 15
NOBODY: Mapping[str, str] = {}
NAMED = 90
"""Days whose orders are searched for display names."""
_PLACES = frozenset({"gallery", "review"})
"""Fields of a rule that are channels, as `chat/thread`."""
_PEOPLE = frozenset({"people"})
"""Lists whose entries are shown, instead of their length."""
_SETTINGS = frozenset({"allowance", *Rule.__dataclass_fields__})
_TIMES = frozenset({"banned", "until"})
"""Fields of a rule or grant that are times, in Unix seconds."""


async def usage(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """People and sums, with a chart."""
    span = argument.strip().lower() or "week"
    if span not in SPANS:
        raise Refusal(how(inbound, texts.admin.USAGE_HOW))
    where, _ = await time_zone(ctx, inbound)
    days = SPANS[span]
    first = datetime.fromtimestamp(ctx.clock(), where).date() - timedelta(days=days - 1)
    since = pricing.midnight(first, where)
    spendings = await ctx.store.figures.spendings(inbound.scope, since, MOST)
    if not spendings:
        return Reply(texts.admin.NO_USAGE, private=True)
    head = texts.reports.last_days(days)
    waits = [entry.waited for entry in spendings if entry.outcome == "clip"]
    made, credits, refunds = _sums(spendings)
    lines = [texts.reports.usage_head(head, made, credits, refunds, median(waits) if waits else None)]
    usd, known = await ctx.store.bills.sum(since, inbound.scope)
    if usd:
        lines.append(texts.reports.usage_cost(usd / pricing.MILLIONTHS, known))
    people = _people(spendings)
    lines += [texts.reports.usage_line(*line) for line in people[:PEOPLE]]
    if len(people) > PEOPLE:
        lines.append(texts.reports.and_more(len(people) - PEOPLE))
    series = await asyncio.to_thread(_series, spendings, where, [first + timedelta(days=n) for n in range(days)])
    sums = texts.reports.CHART["sums"].fill(clips=made, credits=credits, refunds=refunds)
    picture = await asyncio.to_thread(chart.draw, head, sums, series, inbound.language)
    return Reply(join("\n", lines), papers=(Paper("usage.png", picture, picture=True),), private=True)


async def audit(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """The audit log: actor, act, time and reason."""
    where, _ = await time_zone(ctx, inbound)
    acts = await _steps(ctx, inbound, ACTS)
    if not acts:
        return Reply(texts.admin.NO_AUDIT, private=True)
    names = await _names(ctx, inbound, acts)
    return Reply(join("\n", (line(act, where, names) for act in acts)), private=True)


async def _names(ctx: Context, inbound: Inbound, acts: Sequence[Act]) -> Mapping[str, str]:
    """Display names of people, by id, as far as the acts or their orders tell them."""
    about = {act.about.partition(":")[2]: act.label for act in acts if act.about.startswith("person:")}
    names = {**about, **{act.actor: act.name for act in acts}}
    if any(name in act.before + act.after for act in acts for name in _PEOPLE):
        spent = await ctx.store.figures.spendings(inbound.scope, ctx.clock() - NAMED * 86_400.0, MOST)
        names |= {entry.person: entry.label for entry in spent}
    return {person: name for person, name in names.items() if name}


async def export(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Ledger and audit as CSV."""
    moves = await ctx.store.figures.ledger(inbound.scope, 0.0, MOST)
    acts = await _steps(ctx, inbound, MOST)
    papers = await asyncio.to_thread(lambda: (_ledger(moves), _audit(acts)))
    return Reply(texts.reports.EXPORTED, papers=papers, private=True)


async def _steps(ctx: Context, inbound: Inbound, limit: int) -> list[Act]:
    """The scope's acts, newest first; private chats and the operator's switches are visible to operators only."""
    scopes = (inbound.scope,) if inbound.scope else (OWN, HOUSE)
    found = [act for scope in scopes for act in await ctx.store.figures.audit(scope, limit)]
    return sorted(found, key=lambda act: -act.at)[:limit]


# ── Sums ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sums(spendings: Iterable[Spending]) -> tuple[int, int, int]:
    """Clips, credits spent, credits refunded."""
    found = Counter[str]()
    for entry in spendings:
        if entry.outcome == "clip":
            found["clips"] += 1
            found["credits"] += entry.price
        elif entry.outcome == "failed":
            found["refunds"] += entry.price
    return found["clips"], found["credits"], found["refunds"]


def _people(spendings: Sequence[Spending]) -> list[tuple[str, int, int, int]]:
    """Label, clips, credits and refunds per person, highest spending first."""
    by_person: dict[str, list[Spending]] = {}
    for entry in spendings:
        by_person.setdefault(entry.person, []).append(entry)
    lines = [(own[-1].label or person, *_sums(own)) for person, own in by_person.items()]
    return sorted(lines, key=lambda line: (-line[2], -line[1], line[0]))


def _series(spendings: Sequence[Spending], where: tzinfo, days: Sequence[date]) -> list[chart.Day]:
    by_day: dict[date, list[Spending]] = {}
    for entry in spendings:
        by_day.setdefault(datetime.fromtimestamp(entry.at, where).date(), []).append(entry)
    found = []
    for day in days:
        own = by_day.get(day, [])
        waits = [entry.waited for entry in own if entry.outcome == "clip"]
        found.append(
            chart.Day(
                texts.reports.chart_day(pricing.midnight(day, where), where),
                *_sums(own),
                median(waits) / 60 if waits else 0.0,
            )
        )
    return found


def line(act: Act, where: tzinfo, names: Mapping[str, str] = NOBODY) -> Sentence:
    """An act in a line of the log; `names`: those of people, by id."""
    return texts.admin.act(
        texts.admin.stamp(act.at, where),
        act.name or act.actor,
        act.verb,
        act.label,
        change(act, where, names),
        act.because,
    )


def change(act: Act, where: tzinfo, names: Mapping[str, str] = NOBODY) -> Sentence:
    """The change made by an act, in a few words."""
    before, after = _worded(act.before), _worded(act.after)
    parts = []
    for name in sorted({*before, *after} - {"because", "grant", "paused"}):  # the verb implies `paused`
        called = texts.admin.FIELDS.get(name) or verbatim(name)
        if name in _PEOPLE:
            parts.append(_came_and_went(before.get(name), after.get(name), names))
            continue
        if name == "prices":
            parts += _repriced(before.get(name), after.get(name))
            continue
        old, new = (_short(name, side.get(name), where, act.scope) for side in (before, after))
        if old != new:
            parts.append(texts.admin.changed_from(called, old, new) if name in _SETTINGS else join(" ", [called, new]))
    return join(", ", parts)


def _worded(state: str) -> dict[str, object]:
    """The fields of an act's JSON, with an allowance as one."""
    found: dict[str, object] = json.loads(state or "{}")
    credits, span = found.pop("credits", None), found.pop("span", None)
    if isinstance(credits, int):
        found["allowance"] = texts.phrases.rate(credits, str(span or "day"))
    return found


def _repriced(before: object, after: object) -> Iterator[Sentence]:
    """What a second of each model cost by the operator, and costs now."""
    old, new = (
        dict(str(each).rpartition("=")[::2] for each in side) if isinstance(side, list) else {}
        for side in (before, after)
    )
    for model in sorted({*old, *new}):
        if old.get(model) != new.get(model):
            was, now = (
                texts.prices.a_second(Fraction(side[model])) if model in side else texts.admin.NOT_SET
                for side in (old, new)
            )
            yield texts.admin.changed_from(offers.said_title(model), was, now)


def _came_and_went(before: object, after: object, names: Mapping[str, str]) -> Sentence:
    old, new = (
        [names.get(str(each), str(each)) for each in side] if isinstance(side, list) else [] for side in (before, after)
    )
    return texts.admin.listed([each for each in new if each not in old], [each for each in old if each not in new])


def _short(name: str, value: object, where: tzinfo, scope: str) -> Sentence:
    if isinstance(value, list) and name == "models":
        return join(", ", [offers.said_title(str(each)) for each in value])
    if isinstance(value, list):
        return texts.admin.entries(len(value))
    if name in _TIMES and isinstance(value, int | float):
        if value >= FOREVER:
            return texts.admin.FOR_GOOD
        end = texts.admin.stamp(value, where)
        return texts.admin.until(end) if name == "banned" else end
    if isinstance(value, bool):
        return texts.admin.YES if value else texts.admin.NO_
    if name in _PLACES and value == f"{scope.partition(':')[2]}/":  # a group is its own channel
        return texts.admin.HERE
    if name in _PLACES and isinstance(value, str):
        return verbatim(f"#{value.removesuffix('/')}")
    if name == "best" and value in texts.admin.EACH:
        return texts.admin.EACH[str(value)]
    if value is None:
        return texts.admin.NOT_SET
    return value if isinstance(value, Sentence) else verbatim(value if isinstance(value, int | float) else str(value))


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
"""First characters of formulas, including full width, for Japanese spreadsheets."""


def cell(value: object) -> object:
    """A CSV cell that no spreadsheet evaluates as a formula; numbers stay numbers."""
    if isinstance(value, str) and value.strip() and value.lstrip()[0] in _FORMULA:
        return f"'{value}"
    if isinstance(value, str) and value[:1] in ("\t", "\r", "\n"):
        return f"'{value}"
    return value


def _table(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Paper:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return Paper(name, file.getvalue().encode("utf-8-sig"))


def _ledger(moves: Sequence[Movement]) -> Paper:
    head = ("at_utc", "kind", "person", "job", "book", "span", "held", "spent", "given", "actor", "because")
    rows = (
        (_utc(m.at), m.kind, m.person, m.job, m.book, m.span, m.held, m.spent, m.given, m.actor, m.because)
        for m in moves
    )
    return _table("ledger.csv", head, rows)


def _plain(state: str) -> str:
    """An act's JSON as `name: value` pairs; times in ISO 8601."""
    found = json.loads(state or "{}")
    return "; ".join(f"{name}: {_value(name, found[name])}" for name in sorted(found) if found[name] is not None)


def _value(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(" ".join(map(str, each)) if isinstance(each, list) else str(each) for each in value)
    if name in _TIMES and isinstance(value, int | float):
        return "for good" if value >= FOREVER else _utc(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _audit(acts: Sequence[Act]) -> Paper:
    head = ("at_utc", "actor", "name", "verb", "about", "label", "because", "before", "after", "undoes")
    rows = (
        (_utc(a.at), a.actor, a.name, a.verb, a.about, a.label, a.because, _plain(a.before), _plain(a.after), a.undoes)
        for a in acts
    )
    return _table("audit.csv", head, rows)


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, pricing.zone(None)).isoformat(timespec="seconds")
