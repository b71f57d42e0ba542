"""A community whose admins and members speak through the one door."""

from dataclasses import dataclass, replace
from typing import Any

from bot.conversation import Inbound, Named, Reply
from bot.model import Address
from bot.privacy.retention import Retention
from tests.houses import House, attached

TOWN, OTHER = "telegram:-1", "telegram:-2"
BOB = Named("person", "telegram:8", "Bob")
STAFF = Named("role", "55", "Staff")


@dataclass
class Town:
    """A community on a house, where user 1 is the admin."""

    house: House
    admins: frozenset[str] = frozenset({"1"})
    asked: int = 0

    async def say(
        self,
        text: str,
        *named: Named,
        user: str = "1",
        scope: str = TOWN,
        platform: str = "telegram",
        photo: bool = False,
        **changes: Any,
    ) -> Reply:
        self.house.sent += 1

        async def administers() -> bool:
            self.asked += 1
            return scope == TOWN and user in self.admins

        inbound = Inbound(
            Address(platform, scope.partition(":")[2] or user, f"m{self.house.sent}"),
            user,
            f"{platform}:t{self.house.sent}",
            text,
            (attached(),) if photo else (),
            scope=scope,
            label=f"User {user}",
            named=named,
            administers=administers,
            shared=bool(scope),
        )
        return await self.house.core.handle(replace(inbound, **changes))

    async def order(self, user: str = "8", text: str = "she smiles", **changes: Any) -> Reply:
        return await self.say(text, user=user, photo=True, **changes)


def retention(house: House) -> Retention:
    return Retention(house.store, house.media, clock=house.clock, photos=9e9, clips=9e9, platforms=("telegram",))
