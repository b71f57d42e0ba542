"""Orders on any platform, and waiting for their end."""

from bot import texts
from bot.conversation import Inbound, Reply
from bot.model import Address
from tests.adapters.driving import Driver, Shown, sees, until
from tests.houses import picture

AGAIN = texts.chat.again(5)


def hold(driver: Driver) -> None:
    """Nothing leaves the queue."""
    driver.house.worker.only = "nobody"


def go_on(driver: Driver) -> None:
    driver.house.worker.only = None
    driver.house.worker.poke()


def bought(driver: Driver) -> int:
    return len(driver.house.provider.orders)


async def a_clip(driver: Driver, words: str = "she smiles") -> Shown:
    """The clip of an order, once all of it is done."""
    await driver.say(words, picture())
    shown = await sees(driver, words, clip=True)
    await settled(driver)
    return shown


async def settled(driver: Driver) -> None:
    """Until no job is under way."""

    async def idle() -> bool:
        states = (await driver.house.store.health(0.0)).states
        return not sum(count for state, count in states.items() if state != "done")

    await until(idle)


async def quiet(driver: Driver) -> None:
    """Until all that the person said is worked off: what is said now is answered last."""
    before = sum("credits left today" in shown.words for shown in driver.shown())
    await driver.say("/quota")
    await until(lambda: sum("credits left today" in shown.words for shown in driver.shown()) > before)


async def admin(driver: Driver, town: tuple[Address, str], text: str) -> Reply:
    """An admin of the community says something there."""

    async def yes() -> bool:
        return True

    place, scope = town
    return await driver.house.core.handle(Inbound(place, "1", f"admin:{text}", text, scope=scope, administers=yes))
