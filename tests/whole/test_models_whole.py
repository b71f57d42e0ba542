"""With the stand-in alone: somebody picks *With sound* where they are, sees what it costs, and gets a clip with sound.

The parts are those of `photoplay run`; Telegram and Discord are loopback servers. The page's way is in `test_browser`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot import texts
from bot.app import App, open_app
from bot.config import Settings
from bot.model import Job
from tests.adapters.discord.discord_rig import elsewhere
from tests.houses import picture
from tests.loopback.discord.server import DiscordApi
from tests.loopback.telegram.server import BotApi

WITH_SOUND = "With sound (Kling 2.6 Pro) · 5 credits for 5 s"


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[App]:
    async with open_app(settings, social=True) as app:
        tasks = [asyncio.create_task(run) for run in (app.worker.run(), app.supervisor.run(), app.runner.run())]
        try:
            yield app
        finally:
            app.worker.stop()
            app.runner.stop()
            tasks[1].cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)


async def made(app: App, person: str) -> Job:
    """The person's only clip."""
    (job,) = await app.store.jobs(person, 10)
    assert job.clip
    return job


def agreed(job: Job) -> None:
    assert (job.order.model, job.order.sound, job.price) == ("klingai/video-v2-6-pro-image-to-video", True, 5)
    assert job.clip
    assert job.clip.sound


async def test_on_telegram(tmp_path: Path) -> None:
    api = BotApi()
    async with api.serve():
        settings = Settings(
            _env_file=None, data_dir=tmp_path / "data", telegram_token=api.token, telegram_api_url=api.base
        )
        async with at_work(settings) as app:
            ann = api.user("Ann")
            chat = api.private(ann)
            api.say(ann, chat, "/model")
            await api.until(lambda: any(WITH_SOUND in post.words for post in api.sent(chat)), 60)
            shown = next(post for post in api.sent(chat) if WITH_SOUND in post.words)
            api.press(ann, shown, next(label for label in shown.labels if label.startswith("With sound · 5 credits")))
            await api.until(
                lambda: any(
                    "From now on your clips are made by With sound" in str(one) for one in api.answers.values()
                ),
                60,
            )
            api.photo(ann, chat, picture(), "slow push in")
            await api.until(lambda: any("video" in post for post in api.sent(chat)), 60)
            agreed(await made(app, f"telegram:{ann.id}"))
            clip = next(post for post in api.sent(chat) if "video" in post)
            assert texts.models.AGAIN_WITH in clip.labels
            api.press(ann, clip, texts.models.AGAIN_WITH)
            await api.until(lambda: any("made by another model" in post.words for post in api.sent(chat)), 60)


async def test_on_discord(tmp_path: Path) -> None:
    api = DiscordApi()
    with elsewhere():
        async with api.serve() as base:
            settings = Settings(
                _env_file=None, data_dir=tmp_path / "data", discord_token=api.token, discord_api_url=base
            )
            guild = api.guild()
            channel, ann = api.channel(guild), api.user("ann")
            async with at_work(settings) as app:
                await api.until(lambda: api.connected and not app.supervisor.troubles()["discord"])
                asked = api.complete(ann, channel, "animate", "model", "with sound")
                await api.until(lambda: asked.callbacks)
                ((words, value),) = asked.choices.items()
                assert words.startswith(WITH_SOUND)
                options = {"image": ("me.jpg", picture()), "prompt": "slow push in", "model": value, "duration": 5}
                api.slash(ann, channel, "animate", options)
                await api.until(lambda: any(api.plays(post) for post in channel.messages if post.author is api.me))
                agreed(await made(app, f"discord:{ann.id}"))
