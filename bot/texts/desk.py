"""Sentences of the operator's page."""

from bot.sentence import Moment, Number, Sentence, _, _n, join, verbatim
from bot.texts.jobs import STATES
from bot.texts.phrases import about, ago, credits_

DESK = {
    "title": _("Operator's page"),
    "sections": _("Sections"),
    "now": _("Now"),
    "leave": _("Sign out"),
    "enter": _("Open the page"),
    "enter_lead": _("This link lets you in once. The page stays open for twelve hours, in this browser."),
    "shut": _("This page is for whoever runs Photoplay"),
    "shut_lead": _(
        "Say /operator page to the bot in a private chat, or photoplay admin page in a shell: it answers with a link."
    ),
    "link_over": _("This link is over"),
    "back": _("Back"),
    "undo": _("Undo"),
    "said": _("What came of it"),
    "buying": _("Buying"),
    "buying_on": _("goes on"),
    "buying_paused": _("paused"),
    "pause": _("Pause buying"),
    "resume": _("Resume buying"),
    "reason": _("Reason, for the log"),
    "in_line": _("In line"),
    "at_hosts": _("At providers"),
    "delivering": _("On their way"),
    "in_doubt": _("In doubt"),
    "incidents_day": _("Incidents today"),
    "overdue": _("Overdue"),
    "on_time": _("nothing"),
    "spent": _("Spent"),
    "hours": _("The last 24 hours"),
    "health": _("Health"),
    "all_well": _("All is well."),
    "not_well": _("Something is not well."),
    "worker": _("Worker's last round"),
    "database": _("Database"),
    "outbox": _("Oldest post that waits"),
    "up": _("works"),
    "unfinished": _("Unfinished orders"),
    "none_unfinished": _("Nothing is in line, and nothing is being made."),
}


def state(name: str) -> Sentence:
    """A job's state."""
    return STATES[name]


def moment(at: float) -> Sentence:
    """A date and a time, short, in UTC."""
    return verbatim(Moment(at, "stamp", "UTC"))


def span(seconds: float) -> Sentence:
    """A span of time, rounded."""
    return about(seconds)


def number(value: float) -> Sentence:
    """A number, with two places where it is no whole one."""
    return verbatim(Number(round(value)) if value == round(value) else Number(value, places=2))


_SPENT = {
    ("credits", "day"): _("Credits today"),
    ("credits", "month"): _("Credits this month"),
    ("money", "day"): _("Money today"),
    ("money", "month"): _("Money this month"),
}


def spent(unit: str, of: str) -> Sentence:
    """What a bar of spending shows: `credits` or `money`, of a `day` or a `month`."""
    return _SPENT[unit, of]


def of_limit(used: float, limit: float | None) -> Sentence:
    """What is used of what may be."""
    if limit is None:
        return _("{used}, no ceiling", used=number(used))
    return _("{used} of {limit}", used=number(used), limit=number(limit))


def facts(platform: str, host: str, model: str, price: int, age: float) -> Sentence:
    """A job in a line: where it was asked, where it is made and by what, its price, its age in seconds."""
    return join(" · ", [platform, host, model, credits_(price), ago(age)])


def hour(at: float) -> Sentence:
    """An hour under a chart, in UTC."""
    return verbatim(Moment(at, "time", "UTC"))


def chart_of_hours(clips: int, failed: int) -> Sentence:
    """What the chart of the last day shows, for whoever cannot see it."""
    made = _n("{count} clip", "{count} clips", clips)
    lost = _n("{count} order without one", "{count} orders without one", failed)
    return join(", ", [made, lost])


def bar_of_hour(at: float, clips: int, failed: int) -> Sentence:
    """What a bar of that chart shows."""
    return join(": ", [verbatim(Moment(at, "time", "UTC")), chart_of_hours(clips, failed)])
