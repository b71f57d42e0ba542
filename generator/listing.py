"""The public list of models, without a key, like the real one's."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from generator.models import USD, Model, Models

CAPABILITY = "image_to_video"
SECTIONS = ("pricing", "modalities", "capabilities")


class Listing:
    """Handler of `/v1/models` and `/models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    async def answer(self, request: web.Request) -> web.Response:
        """The rows that pass all filters, with an ETag by which an unchanged list is not sent again."""
        wanted = {name: _values(request, name) for name in ("id", "capabilities", "include")}
        sections = SECTIONS if request.query.get("details") in ("true", "1") else wanted["include"]
        data = [
            _entry(id, model, SECTIONS if "all" in sections else sections)
            for id, model in self._models.items()
            if not wanted["id"] or {id, _alias(id)} & {*wanted["id"]}
        ]
        if wanted["capabilities"] and CAPABILITY not in wanted["capabilities"]:
            data = []
        text = json.dumps({"object": "list", "data": data})
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(text=text, content_type="application/json", headers={"ETag": tag})


def _values(request: web.Request, name: str) -> Sequence[str]:
    """A parameter's values, repeated or separated by commas."""
    return [value for given in request.query.getall(name, []) for value in given.split(",") if value]


def _alias(id: str) -> str:
    """The name without its source."""
    return id.partition("/")[2]


def _entry(id: str, model: Model, sections: Sequence[str]) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "pricing": {
            "kind": "fixed",
            "currency": "USD",
            "units": [{"price": float(model.rate / USD), "per": "second"}],
        },
        "modalities": {"input": ["image", "text"], "output": ["video"]},
        "capabilities": [CAPABILITY],
    }
    return {
        "id": id,
        "aliases": [_alias(id)],
        "type": "video/generations",
        "info": {"name": model.title or id, "developer": id.partition("/")[0]},
        "tags": ["playground:video"],
        **{name: whole[name] for name in SECTIONS if name in sections},
    }
