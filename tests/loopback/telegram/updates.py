"""Delivery of updates: long polling, or a webhook."""

import asyncio
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from tests.loopback.telegram.methods import Methods
from tests.loopback.telegram.model import JSON, Pending, Refusal, Upload

_OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_IS_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


@dataclass(eq=False)
class Webhook:
    url: str = ""
    secret: str = ""
    connections: int = 40
    lanes: dict[int, deque[Pending]] = field(default_factory=dict)
    """Updates of one chat are delivered in order."""
    error: str = ""


def _chat_of(update: JSON) -> int:
    thing = next(value for value in update.values() if isinstance(value, dict))
    return int((thing.get("chat") or thing["from"])["id"])


class Updates(Methods):
    """Long polls and deliveries, over `_session` while serving."""

    _session: aiohttp.ClientSession

    def __init__(self, username: str, can_read_all: bool) -> None:
        super().__init__(username, can_read_all)
        self.webhook: Webhook | None = None
        self.webhook_pause = 0.05
        self.woken = self._wake
        self._poll: asyncio.Future[None] | None = None
        self._deliveries: set[asyncio.Task[None]] = set()
        self._heard = asyncio.Condition()

    async def _look_again(self) -> None:
        """Re-evaluate the predicates of `until`."""
        async with self._heard:
            self._heard.notify_all()

    async def _get_updates(self, p: JSON) -> list[JSON]:
        if self.webhook:
            raise Refusal(_WEBHOOK_IS_ACTIVE, 409)
        self._end_poll(_OTHER_POLL)
        self._remember_allowed(p)
        offset = p.get("offset", 0)
        if offset < 0:
            self.pending = self.pending[offset:]
        # Only delivered updates can be confirmed: `again` may repeat an old one.
        self.pending = [each for each in self.pending if not each.handed or each.update["update_id"] >= offset]
        if not self.pending and p.get("timeout"):
            await self._look_again()  # confirmation takes effect before the end of this call
            await self._wait_for_update(min(p["timeout"], 50))
        limit = p.get("limit", 100)
        batch = self.pending[: limit if 1 <= limit <= 100 else 100]
        for each in batch:
            each.handed = True
        return sorted((each.update for each in batch), key=lambda update: int(update["update_id"]))

    async def _wait_for_update(self, seconds: float) -> None:
        poll = self._poll = asyncio.get_running_loop().create_future()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(poll, seconds)
        finally:
            if self._poll is poll:
                self._poll = None

    def _end_poll(self, reason: str) -> None:
        """End the earlier of two polls, like Telegram."""
        if self._poll and not self._poll.done():
            self._poll.set_exception(Refusal(reason, 409))

    def _remember_allowed(self, p: JSON) -> None:
        if "allowed_updates" in p:
            self.allowed = frozenset(p["allowed_updates"]) or None

    def _wake(self) -> None:
        if self.webhook:
            self._deliver(self.webhook)
        elif self._poll and not self._poll.done():
            self._poll.set_result(None)

    def _deliver(self, webhook: Webhook) -> None:
        for each in self.pending:
            if each.handed:
                continue
            each.handed = True
            chat = _chat_of(each.update)
            if chat in webhook.lanes:
                webhook.lanes[chat].append(each)
                continue
            webhook.lanes[chat] = deque([each])
            task = asyncio.create_task(self._empty(webhook, chat))
            self._deliveries.add(task)
            task.add_done_callback(self._deliveries.discard)

    async def _empty(self, webhook: Webhook, chat: int) -> None:
        lane = webhook.lanes[chat]
        while lane and self.webhook is webhook:
            if await self._posted(webhook, lane[0].update):
                self.pending.remove(lane.popleft())
                await self._look_again()
            else:
                await asyncio.sleep(self.webhook_pause)
        for each in lane:
            each.handed = False
        del webhook.lanes[chat]

    async def _posted(self, webhook: Webhook, update: JSON) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
        try:
            async with self._session.post(webhook.url, json=update, headers=headers) as response:
                if 200 <= response.status < 300:
                    return True
                webhook.error = f"Wrong response from the webhook: {response.status} {response.reason}"
        except (aiohttp.ClientError, TimeoutError) as broken:
            webhook.error = str(broken)
        return False

    def _set_webhook(self, p: JSON, files: dict[str, Upload]) -> bool:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", p.get("secret_token", "")):
            raise Refusal("secret token contains unallowed characters")
        self._end_poll("terminated by setWebhook request")
        self._remember_allowed(p)
        self._delete_webhook(p, files)
        if p.get("url"):
            self.webhook = Webhook(p["url"], p.get("secret_token", ""), p.get("max_connections", 40))
            self._wake()
        return True

    def _delete_webhook(self, p: JSON, files: dict[str, Upload]) -> bool:
        self.webhook = None
        if p.get("drop_pending_updates") in ("true", "True", True):
            self.pending.clear()
        for each in self.pending:
            each.handed = False
        return True

    def _get_webhook_info(self, p: JSON, files: dict[str, Upload]) -> JSON:
        told: JSON = {"url": "", "has_custom_certificate": False, "pending_update_count": len(self.pending)}
        if self.webhook:
            told |= {"url": self.webhook.url, "max_connections": self.webhook.connections}
            if self.webhook.error:
                told |= {"last_error_date": int(self.now()), "last_error_message": self.webhook.error}
        return told | ({"allowed_updates": sorted(self.allowed)} if self.allowed else {})
