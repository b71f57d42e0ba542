"""The section “People”: search, a person, a community. What is changed there are the commands of admins."""

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from adapters.web.operator import charts
from adapters.web.operator.jobs import line
from adapters.web.operator.session import PATH
from bot import texts
from bot.overview import Community, CommunityProfile, Person, Profile

PEOPLE = f"{PATH}/people"
COMMUNITIES = f"{PATH}/communities"


def path(person: str) -> str:
    """Of a person's page."""
    return f"{PEOPLE}/{quote(person, safe=':')}"


def values(people: Sequence[Person], communities: Sequence[Community], find: str, now: float) -> dict[str, Any]:
    """What the template of the search shows."""
    return {
        "find": find,
        "people": [
            {
                "path": path(one.id),
                "name": one.label or one.id,
                "facts": texts.overview.called(one.id, texts.overview.last_ordered(now - one.at)),
            }
            for one in people
        ],
        "communities": [
            {
                "path": f"{COMMUNITIES}/{quote(one.scope, safe=':')}",
                "name": one.scope,
                "facts": texts.overview.used_this_month(one.used, one.cap),
            }
            for one in communities
        ],
    }


def person(found: Profile, now: float) -> dict[str, Any]:
    """What the template of a person shows."""
    return {
        "person": found.id,
        "called": found.label or found.id,
        "linked": [(path(other), other) for other in found.linked],
        "memberships": [
            {
                "scope": one.scope,
                "where": one.scope or texts.overview.LABELS["private"],
                "allowance": one.allowance,
                "ban": one.ban,
                "grants": one.grants,
            }
            for one in found.memberships
        ],
        "rows": [line(job, now) for job in found.jobs],
    }


def community(found: CommunityProfile) -> dict[str, Any]:
    """What the template of a community shows."""
    return {
        "scope": found.scope,
        "used": texts.overview.used_this_month(found.used, found.cap),
        "part": charts.part(found.used, found.cap),
        "limits": found.limits,
        "usage": found.usage,
        "chart": f"data:image/png;base64,{base64.b64encode(found.chart).decode()}" if found.chart else "",
    }
