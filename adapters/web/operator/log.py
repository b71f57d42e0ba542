"""The sections “Incidents” and “Log”: what went wrong, and what admins and operators did."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from adapters.web.operator.jobs import JOBS
from adapters.web.operator.session import PATH
from bot import texts
from bot.model import Incident
from bot.overview import Deed
from bot.quotas.rules import HOUSE

INCIDENTS = f"{PATH}/incidents"
LOG = f"{PATH}/log"


def incidents(found: Sequence[Incident]) -> dict[str, Any]:
    """What the template of incidents shows."""
    return {
        "rows": [
            {
                "at": texts.overview.moment(one.at),
                "what": one.what,
                "detail": one.detail,
                "host": texts.phrases.host(one.host),
                "job": one.job,
                "path": f"{JOBS}/{one.job}" if one.job else "",
            }
            for one in found
        ]
    }


def acts(found: Sequence[Deed], find: str) -> dict[str, Any]:
    """What the template of the log shows."""
    return {
        "find": find,
        "rows": [
            {
                "words": one.words,
                "scope": one.scope,
                "path": f"{PATH}/communities/{quote(one.scope, safe=':')}",
            }
            if one.scope not in ("", HOUSE)
            else {"words": one.words, "scope": "", "path": ""}
            for one in found
        ],
    }
