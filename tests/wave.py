"""A command outside the table, to test that row, function and text suffice for all platforms."""

from bot.commands.command import Command
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.sentence import verbatim


async def wave(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    return Reply(verbatim(f"👋 {argument}".strip()))


WAVE = Command("wave", wave, verbatim("wave to me"), menu="everywhere", label=verbatim("Wave"))
