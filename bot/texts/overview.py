"""Sentences of the operator's page."""

from bot.sentence import Moment, Number, Sentence, _, _n, join, sentences, verbatim
from bot.texts.jobs import STATES
from bot.texts.phrases import about, ago, clips_, credits_, reason

LABELS = {
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
    "log": _("Log"),
    "find_acts": _("A name, a community, a verb"),
    "acts_log": _("What admins and operators did"),
    "money": _("Money"),
    "by_day": _("The last 30 days"),
    "by_host": _("By provider"),
    "by_model": _("By model"),
    "by_community": _("By community"),
    "taken": _("What providers took"),
    "compared": _("Compared with providers' books"),
    "not_compared": _("No provider's books were compared yet."),
    "left": _("Left at providers"),
    "nobody": _("no provider"),
    "people": _("People"),
    "find_people": _("A name or an id, of a person or a community"),
    "communities": _("Communities"),
    "latest_people": _("People"),
    "linked": _("Linked with"),
    "grant": _("Give"),
    "grant_how": _("Credits, as in 50 until Friday"),
    "revoke": _("Take back what was given"),
    "ban": _("Ban"),
    "ban_how": _("How long, as in for 2 days; empty: for good"),
    "unban": _("End the ban"),
    "set": _("Set"),
    "quota_how": _("Allowance, as in 30 a day"),
    "usage": _("The last 30 days"),
    "usage_alt": _("The same as a picture: credits, clips, refunds and waits by day"),
    "limits": _("Limits"),
    "limits_how": _("A limit, as in longest 5 or flight 3"),
    "cap": _("Cap"),
    "cap_how": _("Credits a month, or off"),
    "flights_how": _("Clips at once, or off"),
    "acts": _("What can be done"),
    "latest_jobs": _("Latest orders"),
    "jobs": _("Orders"),
    "show": _("Show"),
    "unfinished_tab": _("Unfinished"),
    "clip_tab": _("Clips"),
    "failed_tab": _("Without a clip"),
    "find_job": _("An order's name, or a person as in telegram:123"),
    "find": _("Find"),
    "none": _("There is none."),
    "more": _("Older ones"),
    "no_job": _("No order has that name."),
    "timeline": _("What happened"),
    "facts": _("Facts"),
    "moves": _("Credits"),
    "incidents": _("Incidents"),
    "person": _("Person"),
    "community": _("Community"),
    "private": _("a private chat"),
    "platform": _("Platform"),
    "model": _("Model"),
    "seconds": _("Seconds"),
    "price": _("Price"),
    "host": _("Provider"),
    "remote": _("Name there"),
    "request": _("Our name for the request"),
    "asked_until": _("Asked after, without an answer, until"),
    "polls": _("Looks at it"),
    "tries": _("Failures of this step"),
    "halted": _("On hold since a restore"),
    "yes": _("yes"),
    "refund": _("Give back"),
    "refund_lead": _("Gives the credits of this clip back; ceilings go on counting it."),
    "ordered": _("Ordered"),
    "started": _("Sent to a provider"),
    "accepted": _("Taken"),
    "made": _("Clip made"),
    "given_up": _("Ended without a clip"),
    "delivered": _("Delivered"),
    "undelivered": _("Could not be delivered"),
    "due": _("Next look"),
    "queue_part": _("In line"),
    "render_part": _("Rendering"),
    "delivery_part": _("Delivery"),
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


MOVES = {
    "hold": _("reserved"),
    "capture": _("spent"),
    "refund": _("given back"),
    "lapse": _("lapsed with their grant"),
    "grant": _("granted"),
    "revoke": _("revoked"),
    "adjust": _("counted anew"),
}
"""Movements in the ledger."""


def move(kind: str, amount: int, book: str) -> Sentence:
    """A movement of credits, and in whose book."""
    return join(" · ", [MOVES[kind], credits_(amount), book])


def used_this_month(used: int, cap: int | None) -> Sentence:
    """What a community used this month, of its cap."""
    if cap is None:
        return _("{credits} this month", credits=credits_(used))
    return _("{credits} this month of {cap}", credits=credits_(used), cap=Number(cap))


def last_ordered(age: float) -> Sentence:
    """When somebody ordered last, by how long ago that is in seconds."""
    return _("last ordered {ago}", ago=ago(age))


def banned(until: Sentence, because: str) -> Sentence:
    """A ban; `until` is empty for one for good."""
    return sentences(_("Banned until {until}.", until=until) if until else _("Banned for good."), reason(because))


def bar_of_day(at: float, used: int) -> Sentence:
    """What a bar of the chart of days shows."""
    return join(": ", [verbatim(Moment(at, "date", "UTC")), credits_(used)])


def cost_of_day(at: float, millionths: int) -> Sentence:
    """The same of what providers took."""
    return join(": ", [verbatim(Moment(at, "date", "UTC")), dollars(millionths)])


def day(at: float) -> Sentence:
    """A day under a chart."""
    return verbatim(Moment(at, "mark", "UTC"))


def dollars(millionths: int) -> Sentence:
    """An amount in dollars."""
    return _("${amount}", amount=Number(millionths / 1_000_000, places=2))


def part_of_money(used: int, clips: int, millionths: int) -> Sentence:
    """What clips came to; `millionths` of a dollar that a provider took for them, if it said so."""
    cost = [dollars(millionths)] if millionths else []
    return join(" · ", [credits_(used), clips_(clips), *cost])


def total(used: int, millionths: int) -> Sentence:
    """The sum of a chart of days."""
    return join(" · ", [credits_(used), *([dollars(millionths)] if millionths else [])])


def called(label: str, person: str) -> Sentence:
    """A person by name and id."""
    return join(" · ", [label, person])


def part_of_time(name: Sentence, seconds: float) -> Sentence:
    """A part of a job's time."""
    return join(": ", [name, about(max(1.0, seconds))])


def seconds(value: float) -> Sentence:
    """A span of time to the second."""
    return _("{seconds} s", seconds=Number(round(value)))


def after(value: float) -> Sentence:
    """How long after the step before it a step came."""
    return _("after {time}", time=seconds(value) if value < 120 else about(value))


def facts(platform: str, host: str, model: str, price: int, age: float) -> Sentence:
    """A job in a line: where it was asked, where it is made and by what, its price, its age in seconds."""
    return join(" · ", [platform, host, model, credits_(price), ago(age)])


def hour(at: float) -> Sentence:
    """An hour under a chart, in UTC."""
    return verbatim(Moment(at, "time", "UTC"))


def chart_of_hours(clips: int, failed: int) -> Sentence:
    """What the chart of the last day shows, for people who cannot see it."""
    made = _n("{count} clip", "{count} clips", clips)
    lost = _n("{count} order without one", "{count} orders without one", failed)
    return join(", ", [made, lost])


def bar_of_hour(at: float, clips: int, failed: int) -> Sentence:
    """What a bar of that chart shows."""
    return join(": ", [verbatim(Moment(at, "time", "UTC")), chart_of_hours(clips, failed)])
