"""What each model can and cannot, in words; how a model is named; which one the settings choose."""

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bot import catalogue, stand_in, texts
from bot.abilities import Needs, fits
from bot.catalogue import DEFAULT
from bot.check import examine
from bot.chosen_models import offers
from bot.config import Settings
from bot.errors import Misconfigured, Refusal
from bot.model import Finished, Order, Pending, Photo
from bot.offers import Choice, Offers, alone
from bot.ordering import prompt
from bot.ordering.prompt import Draft
from bot.providers import hosts, wire
from bot.quotas import pricing
from generator import request
from generator.errors import Refused
from storage import rows
from tests.houses import House, attached, configure, picture
from tests.samples import a_job, an_order

VEO, KLING_3, TURBO = (
    catalogue.row(id)
    for id in (
        "google/veo-3.1-i2v",
        "klingai/video-v3-standard-image-to-video",
        "klingai/v2.5-turbo/pro/image-to-video",
    )
)


@pytest.mark.parametrize(
    ("title", "needs", "said"),
    [
        ("Veo 3.1", Needs(8, end=True),
         "Veo 3.1 takes no end picture. Please leave it out. "
         "Kling 3.0 Standard can do all you asked for: --model kling-3.0-standard"),
        ("Wan 2.6", Needs(5, static_mask=True),
         "Wan 2.6 can't hold parts of a photo still. Please leave that mask out. "
         "Kling 1 Standard can do all you asked for: --model kling-1-standard"),
        ("Kling 2.6 Pro", Needs(5, brushes=True),
         "Kling 2.6 Pro can't move parts of a photo along a path. Please leave the brushes out. "
         "Kling 1 Standard can do all you asked for: --model kling-1-standard"),
        ("Hailuo 2.3", Needs(10, negative=True),
         "Hailuo 2.3 takes no list of things to avoid. Please leave --no out. "
         "Kling 1 Standard can do all you asked for: --model kling-1-standard"),
        ("Seedance 2.0", Needs(15, cfg=True),
         "Seedance 2.0 can't be told how strictly to follow the words. Please leave --cfg out. "
         "Kling 3.0 Standard can do all you asked for: --model kling-3.0-standard"),
        ("Kling 1 Standard", Needs(5, sound=True),
         "Kling 1 Standard makes clips without sound. Please order one without. "
         "Kling 2.6 Pro can do all you asked for: --model kling-2.6-pro"),
        ("Kling 1 Standard", Needs(7),
         "Clips of Kling 1 Standard have 5 or 10 seconds, not 7. "
         "Kling 3.0 Standard can do all you asked for: --model kling-3.0-standard"),
        ("Veo 3.1", Needs(5), "Clips of Veo 3.1 have 4, 6 or 8 seconds, not 5. "
         "Kling 1 Standard can do all you asked for: --model kling-1-standard"),
        ("Seedance 2.0", Needs(3),
         "Clips of Seedance 2.0 have 4 to 15 seconds, not 3. "
         "Kling 3.0 Standard can do all you asked for: --model kling-3.0-standard"),
        ("Seedance 2.0", Needs(16), "Clips of Seedance 2.0 have 4 to 15 seconds, not 16."),
        ("Hailuo 2.3", Needs(10, words=2001),
         "Hailuo 2.3 takes up to 2,000 characters, and there are 2,001. Please shorten the words. "
         "Kling 1 Standard can do all you asked for: --model kling-1-standard"),
        ("Kling 1 Standard", Needs(10, end=True), texts.options.ONLY_FIVE),
        ("Kling 1 Pro", Needs(10, brushes=True), texts.options.ONLY_FIVE),
        ("Kling 1.6 Pro", Needs(5, end=True, static_mask=True), texts.options.END_OR_MASKS),
    ],
)  # fmt: skip
def test_what_a_model_cannot_is_said_with_one_that_can(title: str, needs: Needs, said: str) -> None:
    model = catalogue.named(title)
    assert model
    assert fits(needs, model) == said


@pytest.mark.parametrize("model", catalogue.rows(), ids=lambda model: model.title)
def test_the_model_that_is_named_instead_can_do_it(model: catalogue.Model) -> None:
    wishes: list[dict[str, Any]] = [
        {what: True} for what in ("end", "static_mask", "brushes", "negative", "cfg", "sound")
    ]
    for wish in (*wishes, {"words": 2400}, {"end": True, "sound": True}):
        for seconds in range(1, 17):
            refusal = fits(Needs(seconds, **wish), model)
            able = [one for one in catalogue.rows() if fits(Needs(seconds, **wish), one) is None]
            named = [one for one in able if refusal and refusal.endswith(f" asked for: --model {one.slug}")]
            if refusal is None:
                assert model in able
            elif refusal not in (texts.options.ONLY_FIVE, texts.options.END_OR_MASKS):
                assert bool(named) == bool(able)


def test_all_that_a_row_allows_fits_it() -> None:
    for model in catalogue.rows():
        for seconds in model.seconds:
            assert fits(Needs(seconds, model.longest), model) is None
        short = Needs(
            model.preset,
            static_mask=model.static_mask,
            brushes=model.brushes,
            negative=model.negative,
            cfg=model.cfg,
            sound=bool(model.sound),
        )
        assert fits(short, model) is None
        if model.end:
            assert fits(replace(short, end=True, static_mask=False, brushes=False), model) is None


@pytest.mark.parametrize(
    ("said", "seconds"), [("she smiles", 4), ("she smiles --duration 8", 8), ("she smiles --6s", 6)]
)
def test_seconds_are_those_of_the_model(said: str, seconds: int) -> None:
    assert prompt.read(said, can=alone(VEO)) == Draft("she smiles", seconds, model=VEO)


def test_seconds_that_the_model_has_not_are_refused_with_its_own() -> None:
    with pytest.raises(Refusal, match=re.escape("can be 4, 6 or 8 seconds, not “5”. For example: --duration 8")):
        prompt.read("she smiles --duration 5", can=alone(VEO))
    with pytest.raises(Refusal, match=re.escape("--duration can be 3 to 15 seconds. For example: --duration 15")):
        prompt.read("she smiles --duration", can=alone(KLING_3))
    with pytest.raises(Refusal, match=re.escape("can be 5 or 10 seconds, not “7”. For example: --duration 10")):
        prompt.read("she smiles --duration 7")


async def test_help_and_what_stays_name_lengths_of_the_model(house: House) -> None:
    configure(house.core, model=replace(VEO, price=DEFAULT.price))
    assert "--duration 8 (or --8s) – a clip of 8 seconds instead of 4" in (await house.say("/help me")).text
    reply = await house.say("she smiles --8s", attached(picture(640, 360)))
    job = await house.finish(await house.job(reply.job))
    assert "--duration 4" in (await house.say(f"/next {job.id}")).text


async def test_check_tells_of_a_model_that_is_not_the_usual_one(tmp_path: Path) -> None:
    told = [finding async for finding in examine(settings(data_dir=tmp_path / "a", model="Veo 3.1", model_price=4))]
    assert [one.kind for one in told if "Model: Veo 3.1, 16 credits for 4 seconds" in one.text] == ["hint"]
    usual = [finding.text async for finding in examine(settings(data_dir=tmp_path / "b"))]
    assert not [text for text in usual if text.startswith("Model")]


async def test_an_order_that_the_model_cannot_do_costs_nothing(house: House) -> None:
    turbo = replace(TURBO, price=catalogue.Price(Fraction(5, 2)))
    configure(house.core, offers=Offers((turbo, DEFAULT), Choice(turbo)))
    reply = await house.say("she smiles", attached(), attached(role="end"))
    assert reply.text == (
        "Kling 2.5 Turbo Pro takes no end picture. Please leave it out. "
        "Kling 1 Standard can do all you asked for: --model kling-1-standard\n" + texts.chat.WRITE_AGAIN
    )
    assert (await house.used(), house.provider.orders) == (0, [])


async def test_an_order_keeps_model_price_and_version_when_all_change(house: House) -> None:
    configure(house.core, model=replace(TURBO, price=catalogue.Price(Fraction(5, 2)), version=3))
    reply = await house.say("she smiles", attached())
    configure(house.core, model=replace(TURBO, price=catalogue.Price(Fraction(9)), version=4))
    job = await house.job(reply.job)
    assert (job.order.model, job.order.version, job.price) == (TURBO.id, 3, 13)
    await house.finish(job)
    (order,) = house.provider.orders
    assert (order.model, order.version, await house.used()) == (TURBO.id, 3, 13)


@pytest.mark.parametrize("name", ["Veo 3.1", " veo  3.1 ", "google/veo-3.1-i2v", "GOOGLE/VEO-3.1-I2V"])
def test_a_model_has_an_id_and_a_title(name: str) -> None:
    assert catalogue.named(name) == VEO


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("veo", ["Veo 3.1", "Veo 3.1 Fast"]),
        ("Kling 3 pro", ["Kling 3.0 Pro"]),
        ("google/veo-3.1-12v", ["Veo 3.1"]),
        ("kling-video/v1.5/pro/image-to-video", ["Kling 1.6 Pro"]),
        ("seedance", ["Seedance 2.0"]),
        ("vio", ["Veo 3.1", "Veo 3.1 Fast"]),
        ("Klnig", ["Kling 1 Standard"]),
    ],
)
def test_an_unknown_name_gets_the_near_ones(name: str, near: list[str]) -> None:
    assert catalogue.named(name) is None
    assert {*near} <= {*catalogue.near(name)}
    assert len(catalogue.near(name)) <= 3


@pytest.mark.parametrize("name", ["", "xyz", "x" * 100])
def test_a_name_that_is_like_none_has_no_near_ones(name: str) -> None:
    assert catalogue.near(name) == []


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_without_a_setting_the_first_model_is_bought() -> None:
    assert offers(settings()).default == Choice(DEFAULT)
    assert offers(settings(apilaplas_key="sk-1")).default == Choice(DEFAULT)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": "Kling 3.0 Prof"},
         "MODEL is “Kling 3.0 Prof”, which is not known here. Near to it: Kling 3.0 Pro, "),
        ({"model": "Veo 3.1", "aimlapi_key": "sk-1"},
         "MODEL is Veo 3.1, whose price is not known here. Set MODEL_PRICE to"),
        ({"model_best": "Veo 3.1", "aimlapi_key": "sk-1"},
         "MODEL_BEST is Veo 3.1, whose price is not known here. Set MODEL_PRICES to"),
        ({"model_quick": "Veo 3"}, "MODEL_QUICK is “Veo 3”, which is not known here. Near to it: Veo 3.1"),
        ({"model_sound": "Hailuo 2.3"}, "MODEL_SOUND is Hailuo 2.3, which makes clips without sound."),
        ({"model_prices": "Veo=3"}, "MODEL_PRICES names “Veo”, which is not known here. Near to it: Veo 3.1"),
        ({"model_prices": "4"}, "MODEL_PRICES names “4”, which is not known here."),
        ({"model": "xyz"}, "MODEL is “xyz”, which is not known here. Known are Kling 1 Standard, Kling 1 Pro, "),
        ({"model_prices": "Veo 3.1=much"}, "MODEL_PRICES: Veo 3.1 needs a number of credits a second"),
        ({"model_prices": "Veo 3.1=0"}, "MODEL_PRICES: Veo 3.1 needs a number of credits a second"),
        ({"model_prices": "Veo 3.1=1/0"}, "MODEL_PRICES: Veo 3.1 needs a number of credits a second"),
        ({"model": "Veo 3.1", "model_price": "4", "apilaplas_key": "sk-1"},
         "MODEL is Veo 3.1, which none of the providers sells; it needs AIMLAPI_KEY."),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_bought_is_told_at_the_start(values: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured) as told:
        offers(settings(**values))
    assert str(told.value).startswith(said)


def test_the_operators_price_counts() -> None:
    model = offers(settings(model="veo 3.1", model_price="2.5")).default.model
    assert [pricing.price(seconds, model) for seconds in model.seconds] == [10, 15, 20]
    assert pricing.price(5, offers(settings(model_price="0.3")).default.model) == 2
    with pytest.raises(ValueError, match=re.escape("Veo 3.1 has no price")):
        pricing.price(5, VEO)


def table_row(model: catalogue.Model) -> str:
    """A model as docs/operator.md shows it."""

    def has(able: object) -> str:
        return "yes" if able else "–"

    price = "–"
    if model.price:
        price = f"{float(model.price.a_second):.2f}".rstrip("0").rstrip(".") + " (estimate)" * model.price.estimate
    hosts = "both" if "apilaplas" in model.sold else "AI/ML API"
    lengths = ", ".join(map(str, model.seconds))
    if len(model.seconds) > 3:
        lengths = f"{model.seconds[0]} to {model.seconds[-1]}"
    cells = (
        *(model.title, f"`{model.id}`", hosts, lengths, has(model.end), has(model.brushes), has(model.negative)),
        *(has(model.cfg), has(model.sound), f"{model.longest:,}" + "?" * ("longest" in model.unverified), price),
    )
    return f"| {' | '.join(cells)} |"


def test_the_operators_table_is_that_of_the_rows() -> None:
    said = (Path(__file__).parents[2] / "docs" / "operator.md").read_text("utf-8")
    shown = [
        line for line in said.splitlines() if line.startswith(tuple(f"| {one.title} |" for one in catalogue.rows()))
    ]
    assert shown == [table_row(model) for model in catalogue.rows()]


@pytest.mark.parametrize("model", catalogue.rows(), ids=lambda model: model.title)
def test_the_stand_in_takes_all_that_a_row_allows(model: catalogue.Model) -> None:
    host = hosts.local("http://127.0.0.1:1")
    able = stand_in.models()
    photo = Photo("photo.jpg", 640, 480)
    end = photo if model.end else None
    for seconds in model.seconds:
        for sound in {False, bool(model.sound)}:
            order = Order(model.id, photo, "she smiles", seconds, end=end, sound=sound)
            said = wire.body(order, host, lambda photo: "https://p.example/x")
            read = request.parse(json.dumps(said).encode(), able)
            assert (read.seconds, bool(read.tail), read.sound) == (seconds, bool(model.end), sound)
    for wrong in (model.seconds[-1] + 1, True, "x"):
        said = wire.body(Order(model.id, photo, "she smiles", model.preset), host, lambda photo: "https://p.example/x")
        with pytest.raises(Refused, match="duration"):
            request.parse(json.dumps(said | {"duration": wrong}).encode(), able)


def test_sound_and_version_are_kept_and_orders_from_before_have_neither() -> None:
    new = replace(a_job("new", person="telegram:7"), order=an_order(sound=True, version=2))
    row = rows.values(new)
    row["wording"] = row["wording"].text
    assert rows.job(row).order == new.order
    old = json.loads(row["details"])
    del old["sound"], old["version"]
    order = rows.job(row | {"details": json.dumps(old)}).order
    assert (order.sound, order.version) == (False, 1)


async def test_a_row_may_have_fewer_slots_than_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = replace(DEFAULT, version=2, slots=1)
    monkeypatch.setattr(catalogue, "ROWS", (*catalogue.ROWS, narrow))
    assert catalogue.fewer_slots() == {DEFAULT.id: 1}
    configure(house.core, model=narrow, policy=pricing.Policy(1000))
    house.provider.polls = [Pending()]
    jobs = [(await house.say("she smiles", attached())).job for _ in range(3)]
    await house.work()
    assert [(await house.job(job)).state for job in jobs] == ["running", "queued", "queued"]
    house.provider.polls = [Finished("secret://clip")]
    await house.finish(await house.job(jobs[0]))
    await house.work()
    assert [(await house.job(job)).state for job in jobs[1:]] == ["running", "queued"]
