"""What `Providers` needs from outside, in the simplest form, and an order to sell it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.errors import StoreDown
from bot.model import Brush, Incident, Order, Photo
from bot.providers.client import Providers
from bot.providers.hosts import Host, aimlapi, apilaplas
from tests.loopback.provider.scripted import Scripted

KEY = "sk-verysecret0123456789"
MODEL = "kling-video/v1/standard/image-to-video"
PHOTO = Photo("photo.jpg", 640, 480)
ORDER = Order(MODEL, PHOTO, "she smiles")
REQUEST = "job1.1"

Make = Callable[..., Providers]
"""The fixture `make`: `Providers` over these hosts."""


@dataclass
class Desk:
    """What `Providers` needs from outside."""

    now: float = 1_000_000.0
    incidents: list[Incident] = field(default_factory=list)
    down: bool = False

    def clock(self) -> float:
        return self.now

    async def report(self, incident: Incident) -> None:
        if self.down:
            raise StoreDown("the disk is full")
        self.incidents.append(incident)


async def data_uri(name: str) -> str:
    return f"data:image/jpeg;base64,{name}"


def row(script: Scripted | str) -> Host:
    """The first host."""
    return aimlapi(SecretStr(KEY), script if isinstance(script, str) else script.base)


def other(script: Scripted | str) -> Host:
    """The second one."""
    return apilaplas(SecretStr(KEY + "x"), script if isinstance(script, str) else script.base)


SCHEMAS: dict[str, Any] = json.loads((Path(__file__).parent / "schemas.json").read_text())
MASK = Photo("mask.png", 640, 480)
FULL = Order(
    ORDER.model,
    PHOTO,
    "she smiles",
    seconds=5,
    negative="blur",
    cfg=0.25,
    end=Photo("end.jpg", 640, 480),
    static_mask=Photo("still.png", 640, 480),
    brushes=(Brush(MASK, ((0, 0), (639, 479))), Brush(Photo("two.png", 640, 480), ((5, 100), (6, 101), (7, 99)))),
)


def link(photo: Photo) -> str:
    return f"https://photos.example/{photo.name}?sig=1"
