"""Reports to admins, in figures."""

from datetime import tzinfo

from bot.sentence import Moment, Number, Sentence, _, _n, verbatim
from bot.texts.phrases import about, clips_, credits_, shorten

CHART = {
    "sums": _("{clips} clips · {credits} credits · {refunds} given back"),
    "credits": _("Credits a day"),
    "clips": _("Clips a day"),
    "refunds": _("Given back a day"),
    "waits": _("Waiting time a day, median (minutes)"),
    "most": _("at most {most}"),
    "none": _("nothing"),
}


def chart_day(at: float, where: tzinfo) -> Sentence:
    """Label of a day in the chart; `at`: a moment of it, Unix seconds."""
    return verbatim(Moment(at, "mark", str(where)))


def last_days(count: int) -> Sentence:
    """Span of a report, in days."""
    return _n("The last day", "The last {count} days", count)


def usage_head(span: Sentence, clips: int, credits: int, refunds: int, wait: float | None) -> Sentence:
    """Sums of a report; `wait`: median seconds from order to clip, None without clips."""
    found = (
        _("{span}: {clips}, {credits}, {refunds} given back, a clip took {wait}.", wait=about(wait))
        if wait is not None
        else _("{span}: {clips}, {credits}, {refunds} given back.")
    )
    return found.fill(span=span, clips=clips_(clips), credits=credits_(credits), refunds=refunds)


def usage_cost(usd: float, known: int) -> Sentence:
    """What the hosts took for a report's clips, in dollars, as far as it is known."""
    return _n(
        "The hosts took ${usd} for {count} of them.",
        "The hosts took ${usd} for {count} of them.",
        known,
        usd=Number(usd, places=2),
    )


def usage_line(label: str, clips: int, credits: int, refunds: int) -> Sentence:
    """Line of a report about one person, in clips and credits."""
    found = (
        _("· {label} – {credits} in {clips}, {refunds} given back", refunds=refunds)
        if refunds
        else _("· {label} – {credits} in {clips}")
    )
    return found.fill(label=shorten(label, 24), credits=credits_(credits), clips=clips_(clips))


def and_more(count: int) -> Sentence:
    """Number of omitted lines."""
    return _("· and {count} more; all of them are in {/export}", count=count)


EXPORTED = _("The ledger and the audit log, the latest first.")
