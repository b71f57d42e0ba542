"""What can be ordered, by which name; what a caption says of it; and what an order of it costs."""

import re
import time
from dataclasses import replace
from fractions import Fraction

import pytest

from bot import texts
from bot.catalogue import DEFAULT
from bot.errors import Refusal
from bot.model import Order, Photo
from bot.offers import Choice, alone, said_names
from bot.ordering import prompt
from bot.ordering.names import NAMES
from bot.ordering.prompt import Draft
from bot.quotas.pricing import Policy
from tests.houses import House, attached, configure, picture
from tests.samples import BEST, LOUD, OFFERS, VEO

RICH = Policy(1000)
LOUD_ONE = Draft("she sings", 5, model=LOUD, sound=True)


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        ("she smiles", Draft("she smiles")),
        ("she smiles --model best", Draft("she smiles", model=BEST)),
        ("--model=Best she smiles", Draft("she smiles", model=BEST)),
        ("--model best, she smiles", Draft("she smiles", model=BEST)),
        ("she smiles --model: QUICK", Draft("she smiles")),
        ("--model Kling 3.0 Pro she smiles", Draft("she smiles", model=BEST)),
        ('--model "kling 3.0 pro" she smiles', Draft("she smiles", model=BEST)),
        ("she smiles —model kling-3.0-pro", Draft("she smiles", model=BEST)),
        ("she smiles -- model kling-3.0-pro", Draft("she smiles", model=BEST)),
        ("(--model google/veo-3.1-i2v) she smiles", Draft("she smiles", 4, model=VEO)),
        ("she smiles --model veo 3.1 --8s", Draft("she smiles", 8, model=VEO)),
        ("she smiles --8s --model veo 3.1", Draft("she smiles", 8, model=VEO)),
        ("she smiles --model best --duration 13", Draft("she smiles", 13, model=BEST)),
        ("she sings --model with sound", LOUD_ONE),
        ("she sings --model sound", LOUD_ONE),
        ("she sings --model with-sound", LOUD_ONE),
        ("she sings --sound on", LOUD_ONE),
        ("she sings --sound", LOUD_ONE),
        ("she sings. --sound yes.", replace(LOUD_ONE, prompt="she sings.")),
        ("she sings --sound --10s", replace(LOUD_ONE, seconds=10)),
        ("she sings --sound off", Draft("she sings")),
        ("she sings --model kling2.6pro --sound", LOUD_ONE),
        ("she sings --model veo3.1 --sound no", Draft("she sings", 4, model=VEO)),
        ("she sings --model Kling 2.6 Pro --sound on", LOUD_ONE),
        ("--sound=yes --model Kling_2.6_Pro she sings", LOUD_ONE),
        ("she sings --model with sound --sound off", Draft("she sings", 5, model=LOUD)),
        ("she sings --model best --sound on", Draft("she sings", 5, model=BEST, sound=True)),
        # Sentences with these words:
        ("a fashion-model turns", Draft("a fashion-model turns")),
        ("she listens -- sound of rain", Draft("she listens -- sound of rain")),
        ("she turns - model in front", Draft("she turns - model in front")),
        ("waves – sound everywhere", Draft("waves – sound everywhere")),
    ],
)
def test_a_caption_names_a_model_and_sound(said: str, draft: Draft) -> None:
    assert prompt.read(said, can=OFFERS) == draft


@pytest.mark.parametrize(
    ("value", "seen"),
    [("best@25/6", Fraction(25, 6)), ("Best@4", Fraction(4)), ("best", None), ("best@x", None), ("best@1/0", None),
     ("kling-3.0-pro@-1", None), ("best@nan", None), ("best@1e99999999999", None)],
)  # fmt: skip
def test_a_form_says_which_price_it_showed(value: str, seen: Fraction | None) -> None:
    assert prompt.read("she sings", {"model": value}, OFFERS) == Draft("she sings", 5, model=BEST, seen=seen)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ("she smiles --model", "--model takes the name of a model. For example: --model best"),
        ("she smiles --model kling 3",
         "I don't know a model called “kling”. Did you mean Kling 3.0 Pro, Kling 2.6 Pro or Kling 1 Standard? "
         "/model more shows all of them."),
        ("she smiles --model fast",
         "I don't know a model called “fast”. Did you mean Quick, Best or With sound? "
         "/model more shows all of them."),
        ("she smiles --model Hailuo 2.3",
         "Hailuo 2.3 is not offered here. You can have Quick, Best, With sound or Veo 3.1."),
        ("she smiles --sound loud", "--sound can be on or off, not “loud”. For example: --sound on"),
        ("she smiles --model best --model quick",
         "“--model best” and “--model quick” are the same option. Please keep one, for example: --model best"),
        ("she smiles --audio on",
         "I don't know the option --audio. Did you mean --sound? These work: --duration 10, "
         "--no blurry, extra hands, --cfg 0.7, --model best, --sound on."),
        ("she smiles --best",
         "I don't know the option --best. Did you mean --model best? These work: --duration 10, "
         "--no blurry, extra hands, --cfg 0.7, --model best, --sound on."),
        ("she smiles --model bst",
         "I don't know a model called “bst”. Did you mean Best? /model more shows all of them."),
        ("she smiles --duration ten", "--duration can be 5 or 10 seconds, not “ten”. For example: --duration 10"),
    ],
)  # fmt: skip
def test_what_is_not_to_be_had_is_refused_with_what_is(said: str, refusal: str) -> None:
    with pytest.raises(Refusal) as told:
        prompt.read(said, can=OFFERS)
    assert told.value.sentence == refusal


def test_a_long_name_is_not_looked_at_to_its_end() -> None:
    began = time.process_time()
    for said in ({"model": "kling " * 6000}, {"model": "z" * 36_000}, {"sound": "on " * 10_000}):
        with pytest.raises(Refusal) as told:
            prompt.read("she smiles", said, OFFERS)
        assert len(told.value.sentence) < 250
    with pytest.raises(Refusal):
        said_names("kling " * 6000)
    assert time.process_time() - began < 1  # a minute otherwise


def test_a_model_that_can_do_everything_has_an_example_of_each_option() -> None:
    examples = replace(OFFERS, default=Choice(BEST)).examples()
    assert {re.match("--([a-z]+)", example)[1] for example in examples} == NAMES.keys()


def test_an_unknown_option_is_answered_with_those_of_the_model() -> None:
    def examples(text: str) -> str:
        with pytest.raises(Refusal) as told:
            prompt.read(text, can=replace(OFFERS, default=Choice(VEO)))
        return told.value.sentence.rpartition(": ")[2]

    assert examples("she smiles --lighting 3") == "--duration 8, --model quick, --sound on."
    with pytest.raises(Refusal, match=r"--duration 10, --no blurry, extra hands, --cfg 0.7\.$"):
        prompt.read("she smiles --lighting 3", can=alone())


def test_another_model_for_an_earlier_clip_keeps_what_it_can() -> None:
    before = Order(LOUD.id, Photo("a.jpg", 640, 480), "she sings", 10, negative="fog", sound=True)
    assert prompt.repeat(before, OFFERS) == Draft("she sings", 10, "fog", model=LOUD, sound=True)
    assert prompt.reworded("she hums", {}, before, OFFERS) == Draft("she hums", 10, "fog", model=LOUD, sound=True)
    veo = prompt.reworded("she hums --model veo 3.1", {}, before, OFFERS)
    assert veo == Draft("she hums", 8, model=VEO)  # which can exclude nothing
    assert prompt.reworded("she hums", {"model": "quick", "no": ""}, before, OFFERS) == Draft("she hums", 10)
    # What is not offered any more is made by what is.
    gone = replace(before, model="minimax/hailuo-2.3", sound=False, negative="")
    assert prompt.repeat(gone, OFFERS) == Draft("she sings", 10)


def test_a_community_allows_some_of_them() -> None:
    here = OFFERS.here(["best", VEO.id])
    assert [model.title for model in here.models] == ["Kling 3.0 Pro", "Veo 3.1"]
    assert (here.default, list(here.choices)) == (Choice(BEST), ["best"])
    assert list(here.titles()) == ["Best", "Veo 3.1"]
    assert here.preferring("quick").default == Choice(BEST)
    assert here.preferring(VEO.id).default == Choice(VEO)
    assert OFFERS.preferring("sound").default == Choice(LOUD, sound=True)
    assert OFFERS.preferring("gone/model").default == Choice(DEFAULT)
    assert OFFERS.here(["minimax/hailuo-2.3"]).models == []


def test_names_that_an_admin_lists() -> None:
    assert said_names("quick, best") == ["quick", "best"]
    assert said_names("Quick and With sound; “Veo 3.1”, quick") == ["quick", "sound", VEO.id]
    assert said_names("quick best") == said_names("quick or best") == said_names("= quick + best.") == ["quick", "best"]
    assert said_names("veo3.1 & google/veo-3.1-i2v") == [VEO.id]
    for said, near in (("quick, bst", "“bst”. Did you mean Best?"), ("-best", "“-best”. Did you mean Best?"),
                       ("not any", "“not any”. Did you mean Quick, Best or With sound?")):  # fmt: skip
        with pytest.raises(Refusal, match=re.escape(near)):
            said_names(said)
    with pytest.raises(Refusal, match="I don't know a model called “Veo 9”"):
        said_names("quick, Veo 9")


async def test_an_order_is_bought_from_the_model_that_its_caption_names(house: House) -> None:
    configure(house.core, offers=OFFERS)
    reply = await house.say("she sings --model with sound --10s", attached())
    assert reply.text.startswith("“she sings” · 10 s · Kling 2.6 Pro · with sound\n25 credits, ")
    await house.finish(await house.job(reply.job))
    (order,) = house.provider.orders
    assert (order.model, order.sound, order.seconds, await house.used()) == (LOUD.id, True, 10, 25)


async def test_what_a_model_cannot_is_refused_with_one_that_is_offered_here(house: House) -> None:
    configure(house.core, offers=OFFERS)
    refused = await house.say("she sings --model quick --sound on", attached())
    assert refused.text == (
        "Kling 1 Standard makes clips without sound. Please order one without. "
        "Kling 2.6 Pro can do all you asked for: --model sound\n" + texts.chat.WRITE_AGAIN
    )
    assert refused.ask == "", "the photo is kept"
    refused = await house.say("she smiles --duration 7", attached())
    assert refused.text.startswith("Clips of Kling 1 Standard have 5 or 10 seconds, not 7. Kling 3.0 Pro can do all")
    refused = await house.say("she smiles --model veo 3.1 --5s", attached())
    assert refused.text.startswith("Clips of Veo 3.1 have 4, 6 or 8 seconds, not 5. Kling 1 Standard can do all")
    refused = await house.say("she sings --model veo 3.1 --no fog", attached())
    assert refused.text.splitlines()[0].endswith(
        "Please leave --no out. Kling 1 Standard can do all you asked for: --model quick"
    )
    assert (await house.used(), house.provider.orders, await house.kept()) == (0, [], [])


async def test_a_photo_of_another_shape_than_the_models_is_asked_about(house: House) -> None:
    configure(house.core, offers=OFFERS, policy=RICH)
    asked = await house.say("she smiles --model veo 3.1", attached(picture(400, 300)))
    assert asked.text == (
        "“she smiles” · 4 s · Veo 3.1 · 24 credits\n"
        "Veo 3.1 makes clips of 16:9, and your photo has another shape: what is over at its edges would be cut off. "
        "Shall it be?"
    )
    assert [button.label for button in asked.buttons] == [texts.pictures.CROP, texts.credits.NO]
    assert await house.used() == 0
    reply = await house.say(asked.buttons[0].command)
    assert (await house.job(reply.job)).order.model == VEO.id
    assert await house.used() == 24
    reply = await house.say("she smiles --model veo 3.1", attached(picture(1280, 720)))
    assert (await house.job(reply.job)).order.photo.width == 1280


async def test_a_price_that_rose_after_it_was_seen_is_asked_about(house: House) -> None:
    configure(house.core, offers=OFFERS, policy=RICH)
    first = await house.finish(await house.job((await house.say("she smiles --model best", attached())).job))
    assert (await house.say(f"/again {first.id}")).job
    dearer = replace(BEST, price=replace(BEST.price, a_second=Fraction(5)) if BEST.price else None)
    configure(house.core, offers=replace(OFFERS, every=(DEFAULT, dearer), words={}))
    used = await house.used()
    asked = await house.say(f"/again {first.id}")
    assert asked.text.endswith("this clip was shown at 20 credits, and now costs 25 credits. Shall I make it?")
    assert await house.used() == used
    done = await house.say(asked.buttons[0].command)
    assert (await house.job(done.job)).price == 25
    # What is cheaper than it was is bought without a word.
    assert (await house.say(f"/again {done.job} she laughs --model kling-3.0-pro")).job
