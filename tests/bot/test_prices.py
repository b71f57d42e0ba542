"""Prices that apply: the operator's, the hosts' lists, the rows; kept in the database, read at night, compared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from adapters import console
from bot import catalogue, stand_in, texts
from bot.admin import prices as commands
from bot.app import open_app
from bot.catalogue import DEFAULT
from bot.check import examine
from bot.config import Settings
from bot.errors import Misconfigured
from bot.ids import new_id
from bot.jobs.history import History
from bot.model import Incident
from bot.prices import Prices, tonight
from bot.providers.client import Providers
from bot.providers.hosts import aimlapi
from bot.quotas.rules import HOUSE, Rule
from bot.sentence import Sentence
from generator.models import Model
from generator.server import Generator
from storage import Store
from tests import templates
from tests.clock import Clock
from tests.houses import House, attached, configure, picture
from tests.loopback.provider.scripted import closed_port
from tests.samples import BEST, OFFERS, an_order

pytestmark = pytest.mark.databases

VEO = catalogue.row("google/veo-3.1-i2v")
PRO = catalogue.row("kling-video/v1/pro/image-to-video")
KEY = SecretStr("sk-1")
LISTED = {
    DEFAULT.id: Model((5, 10), rate=Fraction(100_000)),
    VEO.id: Model((4, 6, 8), rate=Fraction(400_000)),
    PRO.id: Model((5, 10), rate=Fraction(450_000)),
}
"""What a host lists: 4 and 4.5 credits a second beside the first model's one."""


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, aimlapi_key=KEY, **values)


async def no_uri(name: str) -> str:
    return ""


@dataclass
class Desk:
    """Prices over a store and a host, and what the operators were told."""

    prices: Prices
    providers: Providers
    told: list[Sentence] = field(default_factory=list)

    async def tell(self, words: Sentence) -> None:
        self.told.append(words)

    def rate(self, model: catalogue.Model) -> tuple[Fraction, str] | None:
        found = next((one.price for one in self.prices.offers().every if one.id == model.id), None)
        return (found.a_second, found.source) if found else None


@asynccontextmanager
async def desk(store: Store, clock: Clock, base: str, **values: Any) -> AsyncIterator[Desk]:
    async def report(incident: Incident) -> None:
        raise AssertionError(incident)

    providers = Providers([aimlapi(KEY, base)], link=None, data_uri=no_uri, clock=clock, report=report, timeout=5)
    try:
        made = Desk(Prices(settings(**values), store, providers, clock), providers)
        made.prices.tell = made.tell
        yield made
    finally:
        await providers.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[str]:
    async with Generator(tmp_path / "host", models=LISTED).serve() as base:
        yield base


async def test_a_list_is_read_at_the_start_and_kept(store: Store, clock: Clock, host: str) -> None:
    async with desk(store, clock, host) as one:
        await one.prices.open()
        assert (one.rate(VEO), one.rate(PRO)) == (None, (Fraction(25, 6), ""))
        await one.prices.round()
        assert (one.rate(VEO), one.rate(PRO)) == ((4, "aimlapi"), (Fraction(9, 2), "aimlapi"))
        assert one.rate(DEFAULT) == (1, "aimlapi")
    async with desk(store, clock, closed_port()) as later:
        await later.prices.open()
        assert later.rate(VEO) == (4, "aimlapi")
        clock.tick(2 * 86_400)
        await later.prices.round()
        assert later.rate(VEO) == (4, "aimlapi"), "a list that cannot be had changes nothing"


async def test_a_model_whose_price_only_the_list_knows_can_be_the_default(
    store: Store, clock: Clock, host: str
) -> None:
    async with desk(store, clock, closed_port(), model=VEO.id) as silent:
        with pytest.raises(Misconfigured, match="price is not known"):
            await silent.prices.open()
    async with desk(store, clock, host, model=VEO.id) as one:
        await one.prices.open()
        assert one.prices.offers().default.model.id == VEO.id
        assert one.rate(VEO) == (4, "aimlapi")


async def test_the_operators_price_counts_first_then_the_settings_then_the_list(
    store: Store, clock: Clock, host: str, house: House
) -> None:
    async with desk(store, clock, host, model_prices=(f"{VEO.id}=7",)) as one:
        await one.prices.open()
        await one.prices.round()
        assert (one.rate(VEO), one.rate(PRO)) == ((7, ""), (Fraction(9, 2), "aimlapi"))


async def test_the_list_is_read_once_a_night_by_one_process(store: Store, clock: Clock, host: str) -> None:
    clock.now = tonight(clock.now) + 1000
    async with desk(store, clock, host) as one, desk(store, clock, host) as other:
        asked = []
        for each in (one, other):
            await each.prices.open()
            real = each.providers.prices

            async def counted(name: str, before: Any = None, real: Any = real) -> Any:
                asked.append(clock.now)
                return await real(name, before)

            each.providers.prices = counted  # type: ignore[method-assign]
        for _ in range(49):
            for each in (one, other):
                await each.prices.round()
            clock.tick(3600)
        assert len(asked) == 3
        assert [at - asked[0] for at in asked] == [0, 24 * 3600, 48 * 3600]


async def test_a_failure_is_tried_again_in_an_hour(store: Store, clock: Clock, host: str) -> None:
    async with desk(store, clock, closed_port()) as silent, desk(store, clock, host) as one:
        await silent.prices.open()
        await one.prices.open()
        await silent.prices.round()
        clock.tick(1800)
        one.prices._started = True
        await one.prices.round()
        assert one.rate(VEO) is None
        clock.tick(1801)
        await one.prices.round()
        assert one.rate(VEO) == (4, "aimlapi")


async def test_the_operator_is_told_once_of_what_does_not_fit(store: Store, clock: Clock, host: str) -> None:
    async with desk(store, clock, host) as one:
        await one.prices.open()
        await one.prices.round()
        first = list(one.told)
        gone = [row for row in catalogue.rows() if row.id not in LISTED]
        said = [
            texts.prices.changed("base", DEFAULT.title, "aimlapi", Fraction("0.0315"), Fraction("0.05")),
            texts.prices.changed("risen", PRO.title, "aimlapi", Fraction(25, 6), Fraction(9, 2)),
            *(texts.prices.changed("gone", row.title, "aimlapi", None, "") for row in gone),
        ]
        assert first == ["\n".join(said)], "in one message"
        clock.tick(86_400)
        await one.prices.round()
        assert one.told == first
        noted = await store.incidents(50)
        assert {str(incident.what) for incident in noted} == {*map(str, said)}


async def test_a_price_that_the_operator_set_does_not_follow_the_list(store: Store, clock: Clock, host: str) -> None:
    async with desk(store, clock, host, model_prices=(f"{PRO.id}=4",)) as one:
        await one.prices.open()
        await one.prices.round()
        dearer = texts.prices.changed("dearer", PRO.title, "aimlapi", Fraction(4), Fraction(9, 2))
        assert dearer in one.told[0].splitlines()
        assert one.rate(PRO) == (4, "")


async def test_durations_of_the_list_are_the_first_estimate(store: Store, clock: Clock, tmp_path: Path) -> None:
    async with Generator(tmp_path / "timed", models=LISTED).serve() as base:
        async with desk(store, clock, base) as one:
            await one.prices.open()
            assert (one.providers.terms("aimlapi", VEO.id).usual, one.providers.terms().told) == (300.0, False)
            real = one.providers.prices

            async def measured(name: str, before: Any = None) -> Any:
                found = await real(name, before)
                object.__setattr__(found, "medians", {VEO.id: 80.0})
                return found

            one.providers.prices = measured  # type: ignore[method-assign]
            await one.prices.round()
            terms = one.providers.terms("aimlapi", VEO.id)
            assert (terms.usual, terms.told, terms.blind) == (80.0, True, 10.0)
            history = History(store, one.providers, clock)
            assert await history.usual(VEO.id, 4) == 80.0
            assert await history.usual(DEFAULT.id, 5) == DEFAULT.usual
            assert await history.usual(PRO.id, 5) is None
            order = an_order(model=VEO.id, seconds=4)
            assert (await history.rhythm(order)).usual == pytest.approx(80.0)
        async with desk(store, clock, closed_port()) as later:
            await later.prices.open()
            assert later.providers.terms("aimlapi", VEO.id).usual == 80.0


def test_a_row_may_have_polls_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    quick = replace(VEO, polls=2.5, usual=20.0, version=2)
    monkeypatch.setattr(catalogue, "ROWS", (*catalogue.ROWS, quick))
    providers = Providers(
        [aimlapi(KEY)],
        link=None,
        data_uri=no_uri,
        clock=Clock(),
        report=lambda incident: None,  # type: ignore[arg-type, return-value]
    )
    terms = providers.terms("aimlapi", VEO.id)
    assert (terms.blind, terms.usual) == (2.5, 20.0)
    assert providers.terms("aimlapi", DEFAULT.id).blind == 10.0


# ── /operator price ──────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def kept(house: House, base: str) -> AsyncIterator[Desk]:
    """Prices of the house's own store, by which its orders are priced."""
    async with desk(house.store, house.clock, base) as one:
        await one.prices.open()
        await one.prices.round()
        configure(house.core, offers=one.prices.offers, reprice=one.prices.reload, owners=frozenset({"telegram:7"}))
        yield one


async def test_an_operator_sets_a_price_and_takes_it_back(house: House, host: str) -> None:
    async with kept(house, host) as one:
        said = await house.say("/operator price kling 1 pro 5.5 a second")
        assert said.text == "A second of Kling 1 Pro costs 5.50 credits from now on."
        assert one.rate(PRO) == (Fraction(11, 2), "operator")
        job = await house.job((await house.say("she smiles --model kling-1-pro", attached())).job)
        assert job.price == 28
        (undo,) = said.buttons
        assert (await house.say(undo.command)).text == texts.admin.UNDONE
        await one.prices.reload()
        assert one.rate(PRO) == (Fraction(9, 2), "aimlapi")
        for words in ("Hailuo 2.3 3", "Hailuo 2.3 = 3 credits per second", "hailuo-2.3: 3/1 credits a second"):
            assert "costs 3 credits" in (await house.say(f"/operator price {words}")).text
        rule = (await house.store.quotas.rules(HOUSE))[""]
        assert rule.prices == ("minimax/hailuo-2.3=3",)
        assert (await house.say("/operator price Hailuo 2.3 off")).text == texts.prices.was_unset("Hailuo 2.3", None)
        assert (await house.store.quotas.rules(HOUSE)).get("", Rule()).prices is None
        assert (await house.say("/operator price Hailuo 2.3 off")).text == texts.prices.not_set("Hailuo 2.3")
        await house.say("/operator price kling 1 pro 3")
        assert one.rate(PRO) == (3, "operator")
        back = texts.prices.was_unset(PRO.title, Fraction(9, 2))
        assert (await house.say("/operator price kling 1 pro off")).text == back


async def test_all_prices_and_where_they_are_from(house: House, host: str) -> None:
    async with kept(house, host):
        await house.say("/operator price Wan 2.6 6")
        shown = (await house.say("/operator price")).text.splitlines()
    assert "· Veo 3.1: 4 credits a second (by the list of AI/ML API)" in shown
    assert "· Wan 2.6: 6 credits a second (set by you)" in shown
    assert "· Kling 1 Standard: 1 credit a second (by the list of AI/ML API)" in shown
    assert "· Hailuo 2.3: no known price, so it is not offered" in shown
    assert len(shown) == len(catalogue.rows()) + 1


@pytest.mark.parametrize("words", ["Veo 3.1", "Veo 3.1 0", "Veo 3.1 1001", "Veo 3.1 -4", "Veo 3.1 four", "4", "x 1/0"])
async def test_what_is_no_price_is_refused(house: House, host: str, words: str) -> None:
    configure(house.core, owners=frozenset({"telegram:7"}))
    assert texts.prices.HOW in (await house.say(f"/operator price {words}")).text
    assert (await house.store.quotas.rules(HOUSE)).get("", Rule()).prices is None


async def test_a_model_that_is_not_known_is_named(house: House) -> None:
    configure(house.core, owners=frozenset({"telegram:7"}))
    said = (await house.say("/operator price Vio 3.1 4")).text
    assert said == "I don't know a model called “Vio 3.1”. Did you mean Veo 3.1 or Veo 3.1 Fast?"
    said = (await house.say("/operator price xyz 4")).text
    assert said == "I don't know a model called “xyz”. /operator price shows all of them."


async def test_nobody_else_sets_prices(house: House) -> None:
    assert (await house.say("/operator price veo 3.1 1")).text == texts.admin.NOT_OPERATOR
    assert commands.MOST == 1000


async def test_the_audit_says_which_price_it_was(house: House, host: str) -> None:
    async with kept(house, host):
        await house.say("/operator price Wan 2.6 6 because it rose")
        log = (await house.say("/audit")).text
    assert "price" in log
    assert "Wan 2.6 not set → 6 credits a second" in log
    assert log.endswith("it rose")


async def test_check_compares_the_list_and_recommends_a_narrow_key(tmp_path: Path, host: str) -> None:
    told = [one async for one in examine(settings(data_dir=tmp_path / "a", aimlapi_url=host))]
    said = {one.text: one.kind for one in told}
    assert said["Prices: AI/ML API lists 3 of the 13 models of Photoplay."] == "good"
    gone = texts.prices.changed("gone", "Wan 2.6", "aimlapi", None, "")
    assert said[str(gone)] == "hint"
    assert [text for text in said if "model:video" in text]
    silent = [one.text async for one in examine(settings(data_dir=tmp_path / "b", aimlapi_url=closed_port()))]
    assert any(text.startswith("Prices: AI/ML API tells none now") for text in silent)


@pytest.mark.usefixtures("light_app")
async def test_the_stand_in_alone_makes_a_clip_with_sound_that_a_film_keeps(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(picture(300, 300))
    data = tmp_path / "data"
    await templates.put(data)
    async with open_app(Settings(_env_file=None, data_dir=data)) as app:
        working = asyncio.create_task(app.worker.run())
        clips = []
        for words in ("she sings --model sound", "she smiles"):
            photo = console.picture(tmp_path / "photo.jpg")
            reply = await app.core.handle(console.inbound(new_id(), words, [photo]))
            assert reply.job, reply.text
            async with asyncio.timeout(60):
                while (job := await app.store.job(reply.job)) is None or job.state != "done":
                    await asyncio.sleep(0.05)
            assert job.clip, job.reason
            clips.append(job.clip)
        assert [clip.sound for clip in clips] == [True, False]
        assert (await app.media.join(clips)).sound
        app.worker.stop()
        await working


def test_the_stand_in_is_handed_what_it_needs() -> None:
    made = stand_in.models()
    assert made[PRO.id].rate == 262_500
    assert made[VEO.id].rate == made[DEFAULT.id].rate == 63_000
    assert (made[VEO.id].sound, made[PRO.id].end) == ("generate_audio", "tail_image_url")


async def test_one_price_is_shown_and_words_name_models(house: House) -> None:
    configure(house.core, offers=OFFERS, owners=frozenset({"telegram:7"}))
    shown = (await house.say("/operator price veo 3.1")).text.splitlines()
    assert shown == ["· Veo 3.1: 6 credits a second", texts.prices.HOW]
    assert (await house.say("/operator price with sound")).text.startswith("· Kling 2.6 Pro: 2.50 credits a second")
    assert (await house.say("/operator price best 5")).text == texts.prices.was_set(BEST.title, Fraction(5))
