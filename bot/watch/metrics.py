"""The metrics, in prometheus-client's types. Labels are hosts, models, platforms, results and the like: never a person,
never a community.

What begins with “This process” is counted in memory, since its start: with several processes, add it up. The rest is
read from the database, and is the same wherever it is read: take any, or the highest.
"""

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot import catalogue
from bot.billing import DIFFERENCES, Comparison
from bot.model import Job
from bot.watch.meters import Kind, Meters
from storage.vitals import Snapshot

STATES = ("queued", "submitting", "asking", "running", "delivering")
MOVEMENTS = ("hold", "capture", "refund", "lapse", "grant", "revoke", "adjust")
_LONG = (1, 2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 600, 1200, 3600, 14_400)
"""Buckets of waits for a clip, in seconds."""
_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""Buckets of waits of this machine, in seconds."""
_OTHER = "other"
"""Label of a model that is in no row (any more)."""


@dataclass(frozen=True)
class Reading:
    """What a scrape tells besides the counters. None: unknown; it is left out then."""

    process: str
    """`run` or `worker`."""
    snapshot: Snapshot | None = None
    ceilings: Mapping[tuple[str, str], tuple[float, float | None]] = field(default_factory=dict)
    """Spent, and the ceiling, by unit (`credits`, `money`) and span (`day`, `month`)."""
    outbox_overdue: float | None = None
    """Seconds."""
    balances: Mapping[str, float] = field(default_factory=dict)
    troubles: Mapping[str, str] = field(default_factory=dict)
    connections: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    """Whether each connection is up, by platform and name."""
    floods: Mapping[str, int] = field(default_factory=dict)
    last_round: float | None = None
    """Unix seconds."""
    media_bytes: int | None = None
    disk_free: int | None = None
    """Bytes free for them."""
    backup_age: float | None = None
    """Seconds since the newest backup in BACKUP_DIR."""
    ledger_error: int | None = None
    """Credits by which the whole ledger and the jobs differ."""
    comparisons: Sequence[Comparison] = ()
    """The last one of each host."""


class Metrics(Meters, Collector):
    """Counters of this process; with each `Reading`, the whole text of a scrape."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series for each other one, which is not read
        self._registry = CollectorRegistry(auto_describe=False)
        self._reading = Reading("")
        self._jobs = self._counter("jobs", "jobs that ended", "outcome", "reason", "host", "model", "platform")
        self._queue = self._histogram("job_queue_seconds", "from an order to its purchase", _LONG)
        self._render = self._histogram("job_render_seconds", "from a purchase to the clip", _LONG, "host", "model")
        self._delivery = self._histogram("job_delivery_seconds", "from the clip to its message", _LONG, "platform")
        self._deliveries = self._counter("deliveries", "results that were sent, or could not be", "platform", "result")
        self._orders = self._counter("orders", "purchases that were tried", "host", "result")
        self._polls = self._counter("polls", "polls of providers", "host", "result")
        self._requests = self._counter("provider_requests", "requests to providers", "host", "method", "result")
        self._messages = self._counter("messages", "messages to platforms by the worker", "platform", "kind", "result")
        self._database = self._histogram("database_seconds", "transactions", _SHORT, "kind")
        self._lag = self._histogram("loop_lag_seconds", "how late the event loop comes back to a task", _SHORT)
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    def ended(self, job: Job) -> None:
        host, model, where = job.host or "", _model(job.order.model), job.address.platform
        self._jobs.labels(job.outcome or "", job.reason or "", host, model, where).inc()
        self._deliveries.labels(where, "sent" if job.sent_id is not None else "undeliverable").inc()
        if job.started_at is not None:
            self._queue.observe(max(0.0, job.started_at - job.created_at))
        if job.settled_at is not None and job.accepted_at is not None and job.outcome == "clip" and job.was_watched:
            self._render.labels(host, model).observe(max(0.0, job.settled_at - job.accepted_at))
        if job.done_at is not None and job.settled_at is not None:
            self._delivery.labels(where).observe(max(0.0, job.done_at - job.settled_at))

    def bought(self, host: str, result: str) -> None:
        self._orders.labels(host, result).inc()

    def polled(self, host: str, result: str) -> None:
        self._polls.labels(host, result).inc()

    def asked(self, host: str, method: str, result: str) -> None:
        self._requests.labels(host, method, result).inc()

    def said(self, platform: str, kind: Kind, result: str) -> None:
        self._messages.labels(platform, kind, result).inc()

    def database(self, kind: str, seconds: float) -> None:
        self._database.labels(kind).observe(seconds)

    def lagged(self, seconds: float) -> None:
        self._lag.observe(seconds)

    def text(self, reading: Reading) -> bytes:
        """A scrape in Prometheus' text format."""
        self._reading = reading
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """What was read; the registry calls it."""
        reading = self._reading
        if reading.snapshot:
            yield from _of_installation(reading.snapshot)
            # A job of today whose entries are wrong is in both.
            error = max(reading.snapshot.ledger_error, reading.ledger_error or 0)
            yield _gauge("ledger_error_credits", "Credits by which the ledger and the jobs differ; 0.", error)
        yield from _of_money(reading)
        yield from _of_comparisons(reading.comparisons)
        yield from _of_process(reading)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"photoplay_{name}", f"This process: {what}.", labels, registry=self._registry)

    def _histogram(self, name: str, what: str, buckets: Iterable[float], *labels: str) -> Histogram:
        what = f"This process: seconds {what}." if name.startswith("job_") else f"This process: seconds of {what}."
        return Histogram(f"photoplay_{name}", what, labels, registry=self._registry, buckets=tuple(buckets))


def _gauge(name: str, what: str, values: Mapping[str, float] | float | None, label: str = "") -> GaugeMetricFamily:
    """A gauge with one value, or one for each value of `label`; without any for None."""
    found = GaugeMetricFamily(f"photoplay_{name}", what, labels=[label] if label else None)
    each = values if isinstance(values, Mapping) else {} if values is None else {"": values}
    for key, value in each.items():
        found.add_metric([key] if label else [], value)
    return found


def _of_installation(now: Snapshot) -> Iterable[Metric]:
    states = {state: now.states.get(state, 0) for state in STATES}
    yield _gauge("jobs_now", "Unfinished jobs by state.", states, "state")
    yield _gauge("oldest_due_timestamp_seconds", "When the job was due that is due longest.", now.oldest_due)
    yield _gauge("orders_in_doubt", "Orders of which nobody knows whether they were bought.", now.in_doubt)
    moved = {kind: now.moved.get(kind, 0) for kind in MOVEMENTS}
    yield _gauge("credits_moved_today", "Credits that moved since midnight UTC.", moved, "movement")
    name, what = "update_handled_timestamp_seconds", "When the latest update of a platform was handled."
    yield _gauge(name, what, now.heard, "platform")
    name, what = "update_waiting_timestamp_seconds", "When the oldest update arrived that is not handled yet."
    yield _gauge(name, what, now.waiting, "platform")
    yield _gauge("buying_paused", "Whether the operator paused buying.", now.paused)
    yield _gauge("incidents_day", "Incidents of the last 24 hours.", now.incidents)


def _of_money(reading: Reading) -> Iterable[Metric]:
    spent = GaugeMetricFamily("photoplay_spent", "Spent by everybody together.", labels=["unit", "span"])
    ceiling = GaugeMetricFamily("photoplay_ceiling", "What may be spent; absent: any number.", labels=["unit", "span"])
    for key, (used, limit) in reading.ceilings.items():
        spent.add_metric(key, used)
        if limit is not None:
            ceiling.add_metric(key, limit)
    yield from (spent, ceiling)
    yield _gauge("balance", "What a host says is left, in dollars.", reading.balances, "host")


def _of_comparisons(comparisons: Sequence[Comparison]) -> Iterable[Metric]:
    at = {one.host: one.at for one in comparisons}
    yield _gauge("reconciled_timestamp_seconds", "When a host's charges were last compared with jobs.", at, "host")
    found = GaugeMetricFamily(
        "photoplay_reconciled_jobs", "The last comparison of a host's charges with jobs.", labels=["host", "result"]
    )
    for one in comparisons:
        for verdict in ("delivered", *DIFFERENCES):
            found.add_metric([one.host, verdict], one.counts.get(verdict, 0))
    yield found


def _of_process(reading: Reading) -> Iterable[Metric]:
    yield _gauge("database_up", "This process: whether the database answers.", reading.snapshot is not None)
    yield _gauge("outbox_overdue_seconds", "Lateness of the oldest post that is due.", reading.outbox_overdue)
    up = {name: not trouble for name, trouble in reading.troubles.items()}
    yield _gauge("platform_up", "This process: whether a platform works.", up, "platform")
    gateway = GaugeMetricFamily(
        "photoplay_gateway_up", "This process: whether a connection is up.", labels=["platform", "shard"]
    )
    for name, connections in reading.connections.items():
        for shard, is_up in connections.items():
            gateway.add_metric([name, shard], is_up)
    yield gateway
    name, what = "floods", "This process: how often a platform told us to slow down."
    floods = Metric(f"photoplay_{name}", what, "counter")
    for where, count in reading.floods.items():
        floods.add_sample(f"photoplay_{name}_total", {"platform": where}, count)
    yield floods
    yield _gauge("worker_round_timestamp_seconds", "This process: the worker's last round.", reading.last_round)
    yield _gauge("media_bytes", "Bytes of photos, clips and what is made of them.", reading.media_bytes)
    yield _gauge("disk_free_bytes", "Bytes free on the disk of DATA_DIR.", reading.disk_free)
    name, what = "backup_age_seconds", "Since the newest backup; absent without BACKUP_DIR, or before the first."
    yield _gauge(name, what, reading.backup_age)
    build = GaugeMetricFamily("photoplay_build_info", "What runs.", labels=["version", "python", "process"])
    build.add_metric([importlib.metadata.version("photoplay"), platform.python_version(), reading.process], 1)
    yield build


def _model(name: str) -> str:
    return name if any(name == model.id for model in catalogue.rows()) else _OTHER
