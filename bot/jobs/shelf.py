"""A `Chat` for console and web page, where people fetch their clips: a result counts as delivered once stored.

Nothing is sent; clients follow the job in the store.
"""

from bot.conversation import Posted, Reply
from bot.model import Address, Job


class Shelf:
    """A `Chat` without messages."""

    once = True

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        return Posted(nonce)

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        """No message to edit."""

    async def remove(self, address: Address, message: str) -> None:
        """No message to remove."""

    def person(self, user: str) -> Address | None:
        """No private chats."""

    def alone(self, job: Job) -> Address | None:
        """No private chat."""
