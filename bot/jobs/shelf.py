"""A chat for places where people come for their clips: a result counts as delivered once it is kept.

On the console and on the web page nobody is sent anything; whoever waits follows the job in the store.
"""

from bot.model import Address, Job, Posted, Reply


class Shelf:
    """A `Chat` that keeps silent."""

    once = True

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        return Posted(nonce)

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        """Nothing stands there to be edited."""

    async def remove(self, address: Address, message: str) -> None:
        """Nothing stands there to be removed."""

    def alone(self, job: Job) -> Address | None:
        """Nobody is written to."""
