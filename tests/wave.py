"""A command that the table has not: with its row, its function and its text it is everywhere that it says."""

from bot.commands.command import Command
from bot.context import Context
from bot.conversation import Inbound, Reply


async def wave(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    return Reply(f"👋 {argument}".strip())


WAVE = Command("wave", wave, "wave to me", menu="everywhere", label="Wave")
