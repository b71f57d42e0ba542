"""The chat page for the suite that every platform passes: a browser without a screen, which sends again what failed."""

import asyncio
import io
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from adapters.web.chat_page import ChatPage
from adapters.web.job_json import JobJson
from adapters.web.server import make_app, serve
from adapters.web.session import Sessions
from bot import texts
from bot.jobs.shelf import Shelf
from bot.media.signed_links import Links
from tests.adapters.driving import Shown, at_work
from tests.fakes import QuickProvider
from tests.houses import House, wired


@dataclass(eq=False)
class Form:
    """What the page sends; its key stays the same when it is sent again."""

    key: str
    text: str
    photo: bytes | None
    asked: str = ""
    answer: dict[str, Any] | None = None


class WebDriver:
    """Somebody on the page. What the page does by itself: it sends again, and makes buttons of what it is told."""

    name = "web"
    chats = False

    def __init__(self, house: House) -> None:
        self.house = house
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.forms: list[Form] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.server: AsyncExitStack | None = None
        self.base = self.token = ""

    async def say(self, words: str = "", photo: bytes | None = None, to: Shown | None = None) -> Form:
        form = Form(secrets.token_hex(8), words, photo, "" if photo else self._asked())
        self.forms.append(form)
        self._do(self._send(form))
        return form

    async def again(self, said: Form) -> None:
        await self._send(said)

    def shown(self) -> list[Shown]:
        answers = [one.answer for one in self.forms if one.answer]
        # A question stands in the conversation until it is answered; a job is shown by its events.
        said = [self._answer(one) for one in answers if not one.get("job")]
        return [*said, *map(self._job, self.jobs.values())]

    def is_reply(self, shown: Shown, said: Form) -> bool:
        return bool(said.answer and shown.handle["id"] == said.answer["job"])

    async def tap(self, shown: Shown, label: str) -> None:
        await self.say(shown.buttons[label])
        if "question" in shown.handle:
            shown.handle["question"]["buttons"] = []  # it goes with its answer

    async def kill(self) -> None:
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)
        if self.server:
            await self.server.aclose()
        self.server = None

    async def start(self) -> None:
        self.server = AsyncExitStack()
        links = Links(b"k" * 32, time.time)
        sessions = Sessions(links, time.time, private=True, password=None, secure=False)

        async def health() -> tuple[bool, dict[str, Any]]:
            return True, {}

        core, media = self.house.core, self.house.media
        app = make_app(links, media.stored, health, ChatPage(core, sessions, JobJson(core, links)))
        self.base = await self.server.enter_async_context(serve(app, "127.0.0.1", 0))
        async with self.http.get(self.base) as answer:
            state = re.search(r'id="state">(.*?)</script>', await answer.text(), re.DOTALL)
        assert state
        self.token = json.loads(state[1])["csrf"]
        self._do(self._listen())
        for form in self.forms:
            if form.answer is None:
                self._do(self._send(form))

    def _do(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, form: Form) -> None:
        data = aiohttp.FormData(default_to_multipart=True)
        data.add_field("key", form.key)
        data.add_field("text", form.text or "/animate")
        data.add_field("asked", form.asked)
        if form.photo:
            data.add_field("photo", io.BytesIO(form.photo), filename="me.jpg", content_type="image/jpeg")
        async with self.http.post(f"{self.base}/say", data=data, headers={"X-Photoplay": self.token}) as answer:
            told = await answer.json()
        for question in self._questions():
            if told.get("answered", "").endswith(f" {question['id']}"):
                question["buttons"] = []
        for known in [one.answer for one in self.forms if one.answer]:
            if told.get("answered") and known.get("command") == form.asked:
                known["buttons"], known["command"] = [], ""
        form.answer = told

    def _asked(self) -> str:
        """The yes to the question that a text answers: a removal that was asked about last, or the latest order."""
        command: str = (self.forms[-1].answer or {}).get("command", "") if self.forms else ""
        standing = self._questions()
        return command or (standing[-1]["buttons"][0][1] if standing else "")

    def _questions(self) -> list[dict[str, Any]]:
        """Those that stand."""
        found = [one.answer.get("question") for one in self.forms if one.answer]
        return [question for question in found if question and question["buttons"]]

    async def _listen(self) -> None:
        kind = ""
        with suppress(aiohttp.ClientError):
            async with self.http.get(f"{self.base}/events", timeout=aiohttp.ClientTimeout(None)) as answer:
                async for line in answer.content:
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    kind = value if name == "event" else kind
                    if name == "data" and kind == "job":
                        job = json.loads(value)
                        self.jobs[job["id"]] = job
                    elif name == "data" and kind == "forgotten":
                        self.jobs.clear()

    def _answer(self, answer: dict[str, Any]) -> Shown:
        question = answer.get("question", {})
        names = [job["prompt"] for job in answer.get("jobs", ())]
        words = "\n".join([answer["text"], *names])
        return Shown(words, dict(question.get("buttons", answer.get("buttons", ()))), bool(answer.get("clip")), answer)

    def _job(self, job: dict[str, Any]) -> Shown:
        buttons: dict[str, str] = {texts.jobs.CANCEL: f"/cancel {job['id']}"} if job["cancel"] else {}
        if job["clip"] or job["state"] == "done":
            buttons[texts.chat.again(5)] = f"/again {job['id']}"
            if job["others"]:
                buttons[texts.models.AGAIN_WITH] = f"/with {job['id']}"
        return Shown(f"{job['prompt']}\n{job['text']}", buttons, bool(job["clip"]), job)


@asynccontextmanager
async def web(folder: Path, clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[WebDriver]:
    chats = {"web": Shelf()}
    async with wired(folder, time.time, new_id, clip, chats, provider=QuickProvider(clip)) as house:
        driver = WebDriver(house)
        async with at_work(house, chats):
            await driver.start()
            try:
                yield driver
            finally:
                await driver.kill()
                await driver.http.close()
