"""The one door: whatever a person sends, on any platform, is an `Inbound`, and gets a `Reply`."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from bot import commands, machine, orders, quota, status, texts
from bot.errors import Illegal, Refusal, StoreDown
from bot.fitting import Fitting
from bot.history import History
from bot.machine import hold
from bot.media import Media, Pictures
from bot.model import Address, Inbound, Job, Order, Reply, Role
from bot.orders import Draft
from bot.ports import Provider, Store, Submission

log = logging.getLogger(__name__)


class Core:
    """What Photoplay does, whoever asks and wherever. `poke` wakes the worker."""

    def __init__(
        self,
        store: Store,
        media: Media,
        provider: Provider,
        history: History,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        model: str,
        daily_credits: int,
        poke: Callable[[], None],
        link: Callable[[str], str] | None = None,
    ) -> None:
        self.store = store
        self.media = media
        self.provider = provider
        self.history = history
        self.clock = clock
        self.new_id = new_id
        self.model = model
        self.daily_credits = daily_credits
        self.poke = poke
        self.fitting = Fitting(media, link)

    async def handle(self, inbound: Inbound) -> Reply:
        """Answer anything. What cannot be done is said in words; nothing is spent then."""
        inbound = replace(inbound, text=_legible(inbound.text))
        try:
            if inbound.text.startswith("/") and (not inbound.attachments or commands.named(inbound.text)):
                return await commands.run(self, inbound)
            return await self.order(inbound)
        except Refusal as refusal:
            return Reply(str(refusal), refused=True)
        except StoreDown as error:
            log.error("an order could not be taken: %s", error)
            return Reply(texts.TRY_LATER, refused=True)

    async def track(self, job_id: str, status_id: str, shown: str) -> bool:
        """Tell which message is a job's status line. False: the job is done already, take the line away."""
        return await self.store.track(job_id, status_id, shown)

    async def closed(self, chat: Address) -> None:
        """Nobody can be answered in `chat` any more: what is still in line for it is given back."""
        for job in await self.store.queued(chat):
            with suppress(Illegal):
                await self.store.change(job.id, lambda job: machine.apply(job, machine.Cancelled(), self.clock()))
        self.poke()

    async def allowance(self, inbound: Inbound) -> tuple[int | None, int, quota.Window]:
        """A person's credits per window (None: unlimited), how many are in use, and the window."""
        window = quota.window(self.clock())
        limit = quota.allowance(inbound.address.platform, self.daily_credits)
        return limit, await self.store.used(inbound.person, window.key), window

    async def status(self, job: Job) -> Reply:
        """The status line of a job as it stands."""
        ahead = 0
        with suppress(StoreDown):  # the order is in; its place is not worth a fright
            ahead = await self.store.ahead(job) if job.state == "queued" else 0
        rhythm = await self.history.rhythm(job.order, job.host)
        terms = self.provider.terms(job.host)
        return status.line(job, rhythm, self.clock(), ahead=ahead, slots=self.history.slots, stand_in=terms.stand_in)

    async def order(self, inbound: Inbound) -> Reply:
        """Order a clip of the pictures that came along. Raises `Refusal`."""
        if not inbound.attachments:
            raise Refusal(texts.NO_PHOTO)
        roles = [attachment.role for attachment in inbound.attachments]
        if roles.count("photo") + roles.count("end") > 2:
            raise Refusal(texts.ONE_PHOTO)
        if orders.wordless(inbound.text):
            if earlier := await self.store.find(inbound.key):  # one picture of an album, come back after a crash
                return await self.status(earlier)
            return Reply(texts.NO_WORDS, refused=True, ask=inbound.text.strip())
        draft = orders.read(inbound.text, inbound.options)
        for attachment in inbound.attachments:
            if attachment.role == "brush":
                orders.check_path(attachment.path)
        return await self.place(inbound, draft, roles, lambda: self.media.keep(inbound.attachments))

    async def place(
        self,
        inbound: Inbound,
        draft: Draft,
        roles: Sequence[Role],
        pictures: Callable[[], Awaitable[Pictures]],
        *,
        follows: Job | None = None,
    ) -> Reply:
        """Order a clip; `pictures` is asked for only once nothing else stands in the way. Raises `Refusal`."""
        orders.check(draft, roles)
        if ("static_mask" in roles or "brush" in roles) and not self.provider.terms().masks:
            raise Refusal(texts.NO_MASKS)
        if earlier := await self.store.find(inbound.key):
            return await self.status(earlier)
        price = quota.price(draft.seconds)
        limit, used, window = await self.allowance(inbound)
        self._afford(price, limit, used, window)
        order = _order_of(self.model, draft, await pictures())
        now = self.clock()
        job = Job(
            id=self.new_id(),
            key=inbound.key,
            person=inbound.person,
            address=inbound.address,
            order=order,
            price=price,
            window=window.key,
            created_at=now,
            due_at=now,
            changed_at=now,
            spoiler=inbound.spoiler,
            limit=inbound.limit,
            follows=follows.id if follows else None,
        )
        try:
            submission = await self.store.submit(job, hold(job), limit)
        except StoreDown:
            # Perhaps only the answer was lost. While nobody knows, the photos stay: a job may need them.
            try:
                taken = await self.store.find(inbound.key)
            except StoreDown:
                raise Refusal(texts.NOT_SURE) from None
            if taken is None:
                await self.media.discard(photo.name for photo in order.photos)
                raise
            submission = Submission(taken, used)
        if submission.job is None or submission.job.id != job.id:
            await self.media.discard(photo.name for photo in order.photos)
        if submission.job is None:
            refill = texts.refill(window.ends_at - now)
            raise Refusal(texts.used_up(price, max(0, (limit or 0) - submission.used), refill))
        self.poke()
        return await self.status(submission.job)

    def _afford(self, price: int, limit: int | None, used: int, window: quota.Window) -> None:
        if limit is not None and used + price > limit:
            refill = texts.refill(window.ends_at - self.clock())
            raise Refusal(texts.used_up(price, max(0, limit - used), refill))


def _legible(text: str) -> str:
    """Without what no database and no provider can take: zero bytes and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def _order_of(model: str, draft: Draft, pictures: Pictures) -> Order:
    return Order(
        model=model,
        photo=pictures.photo,
        prompt=draft.prompt,
        seconds=draft.seconds,
        negative=draft.negative,
        cfg=draft.cfg,
        end=pictures.end,
        static_mask=pictures.static_mask,
        brushes=pictures.brushes,
    )
