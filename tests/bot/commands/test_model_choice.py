"""/model, another model for a finished clip, and the models that a community allows."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from bot import texts
from bot.catalogue import DEFAULT, Price
from bot.conversation import Inbound, Reply
from bot.model import Address
from bot.offers import Choice, alone
from bot.quotas.pricing import Policy
from bot.quotas.records import Act
from tests.clock import Clock
from tests.fakes import RecordingChat
from tests.houses import House, attached, configure, picture, wired
from tests.samples import BEST, LOUD, OFFERS, VEO


@pytest.fixture
async def house(
    database_url: str | None, tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes
) -> AsyncIterator[House]:
    async with wired(tmp_path, clock, new_id, clip, {"telegram": RecordingChat()}, database_url) as made:
        yield made


@pytest.fixture(autouse=True)
def offered(house: House) -> None:
    configure(house.core, offers=OFFERS, policy=Policy(1000))


def labels(reply: Reply) -> list[str]:
    return [str(button.label) for button in reply.buttons]


def command(reply: Reply, label: str) -> str:
    return next(button.command for button in reply.buttons if label in button.label)


async def test_the_choices_show_price_and_usual_time(house: House) -> None:
    told = await house.say("/model")
    assert told.text == (
        "Your clips are made by Quick (Kling 1 Standard).\n"
        "1. Quick (Kling 1 Standard) · 5 credits for 5 s · usually about 5 min\n"
        "2. Best (Kling 3.0 Pro) · 20 credits for 5 s · usually about 5 min\n"
        "3. With sound (Kling 2.6 Pro) · 13 credits for 5 s · usually about 5 min\n"
        "Tap one or write its number, and it makes all your clips until you choose another."
    )
    assert labels(told) == ["Best · 20 credits", "With sound · 13 credits", "More …"]
    more = await house.say(command(told, "More"))
    assert ". Veo 3.1 · 24 credits for 4 s · usually about 5 min\n" in more.text
    assert "Kling 2.6 Pro · 13 credits" in labels(more)
    assert max(len(button.command.encode()) for button in (*told.buttons, *more.buttons)) <= 64


async def test_a_time_is_told_only_if_it_is_known(house: House) -> None:
    house.provider.stand_in = False  # and its host has told nothing
    told = (await house.say("/model")).text.splitlines()
    assert told[1:3] == [
        "1. Quick (Kling 1 Standard) · 5 credits for 5 s",
        "2. Best (Kling 3.0 Pro) · 20 credits for 5 s",
    ]
    job = await house.finish(await house.order("she smiles --model best"))
    assert job.settled_at
    assert job.accepted_at
    house.clock.tick(61)
    assert await house.core.context.history.usual(BEST.id, 5)
    assert "usually" in (await house.say("/model")).text.splitlines()[2]


async def test_an_own_choice_makes_all_clips_until_it_is_changed(house: House) -> None:
    told = await house.say(command(await house.say("/model"), "With sound"))
    assert told.text == (
        "From now on your clips are made by With sound (Kling 2.6 Pro) · 13 credits for 5 s · usually about 5 min"
    )
    job = await house.order("she sings")
    assert (job.order.model, job.order.sound, job.price) == (LOUD.id, True, 13)
    other = await house.say("she sings", attached(), user="8")
    assert (await house.job(other.job)).order.model == DEFAULT.id
    assert (await house.say("/model")).text.startswith(
        "Your clips are made by With sound (Kling 2.6 Pro), as you chose."
    )
    # The word is kept: what the operator means by it counts.
    configure(house.core, offers=replace(OFFERS, words={**OFFERS.words, "sound": Choice(BEST, sound=True)}))
    assert (await house.order("she sings")).order.model == BEST.id
    configure(house.core, offers=OFFERS)
    assert (await house.say("/model veo 3.1")).text.startswith("From now on your clips are made by Veo 3.1 · ")
    back = await house.say(command(await house.say("/model"), "As whoever"))
    assert back.text == texts.models.CHOSEN_AS_SET
    assert (await house.order("she sings")).order.model == DEFAULT.id


async def test_the_choice_is_in_ones_data_and_goes_with_it(house: House) -> None:
    await house.say("/model best")
    private = {"address": Address("telegram", "7", "1"), "user": "7"}
    reply = await house.core.handle(Inbound(**private, key="telegram:data", text="/mydata"))
    assert reply.papers
    with zipfile.ZipFile(io.BytesIO(reply.papers[0].data)) as packed:
        assert b"Your clips are made by: Best" in packed.read("about.txt")
    assert (await house.store.gallery.preferences("telegram:7")).model == "best"
    asked = await house.core.handle(Inbound(**private, key="telegram:forget", text="/forgetme"))
    await house.core.handle(Inbound(**private, key="telegram:yes", text=asked.buttons[0].command))
    assert (await house.store.gallery.preferences("telegram:7")).model == ""


@pytest.mark.parametrize("said", ["Best (Kling 3.0 Pro)", "best", "BEST", "kling3.0pro"])
async def test_a_choice_is_named_as_it_is_shown(house: House, said: str) -> None:
    assert "made by Best (Kling 3.0 Pro) · 20" in (await house.say(f"/model {said}")).text
    assert (await house.say("/model forget")).text == texts.models.CHOSEN_AS_SET


async def test_a_list_of_clips_tells_them_apart_by_their_models(house: House) -> None:
    for words in ("she smiles", "she smiles --model sound"):
        await house.order(words)
    lines = (await house.say("/jobs")).text.splitlines()
    assert "“she smiles” · 5 s · Kling 2.6 Pro · with sound · 13 credits · " in lines[0]
    assert "“she smiles” · 5 s · 5 credits · " in lines[1]


async def test_one_model_is_nothing_to_choose(house: House) -> None:
    configure(house.core, offers=alone())
    assert (
        await house.say("/model")
    ).text == "All clips here are made by Quick (Kling 1 Standard): there is nothing to choose."
    await house.finish(await house.order())
    assert texts.models.AGAIN_WITH not in labels(house.chat.sent[-1][1])


async def test_again_with_another_model(house: House) -> None:
    first = await house.finish(await house.order("she smiles --10s"))
    result = house.chat.sent[-1][1]
    assert labels(result)[:3] == [texts.chat.again(10), texts.chat.NEW_WORDS, texts.models.AGAIN_WITH]
    choices = await house.say(command(result, texts.models.AGAIN_WITH))
    assert choices.text.splitlines() == [
        "The same photo and words, made by another model:",
        "1. Best (Kling 3.0 Pro) · 40 credits for 10 s · usually about 5 min",
        "2. With sound (Kling 2.6 Pro) · 25 credits for 10 s · usually about 5 min",
    ]
    assert labels(choices)[-1] == "More …"
    more = await house.say(command(choices, "More"))
    assert ". Veo 3.1 · 48 credits for 8 s · usually about 5 min" in more.text
    reply = await house.say(command(choices, "With sound"))
    job = await house.finish(await house.job(reply.job))
    assert (job.order.prompt, job.order.seconds, job.order.model, job.price) == ("she smiles", 10, LOUD.id, 25)
    assert job.order.photo.name != first.order.photo.name
    # Again is with the model of that clip, which is not among the others of its own.
    again = await house.say(f"/again {job.id}")
    assert (await house.job(again.job)).order.sound
    assert not any("With sound" in label for label in labels(await house.say(f"/with {job.id}")))


async def test_only_what_can_make_all_of_a_clip_is_offered(house: House) -> None:
    first = await house.finish(await house.order("she smiles --no fog --cfg 0.7"))
    choices = await house.say(f"/with {first.id}")
    assert labels(choices) == ["Best · 20 credits"]
    masked = await house.say("she smiles", attached(), attached(picture(400, 300, "PNG"), role="static_mask"))
    done = await house.finish(await house.job(masked.job))
    assert (await house.say(f"/with {done.id}")).text == texts.models.NONE_FITS
    assert (await house.say(f"/with {first.id}", user="8")).text == texts.chat.NOT_YOURS


async def test_what_another_model_cannot_is_not_taken_along(house: House, large_clip: bytes) -> None:
    house.provider.clips = [large_clip]
    placed = await house.say("she smiles --no fog --cfg 0.7 --10s", attached(picture(640, 360)))
    first = await house.finish(await house.job(placed.job))
    going = await house.say(f"/again {first.id} she turns --model veo 3.1")
    assert going.job, going.text
    order = (await house.job(going.job)).order
    assert (order.model, order.seconds, order.negative, order.cfg) == (VEO.id, 8, "", None)
    lost = texts.models.lost("Veo 3.1", ["no", "cfg"])
    assert going.text.endswith(f"\n{lost}")
    assert lost in going.undated or not going.undated
    for command in ("/with {} veo 3.1", "/continue {} --model veo 3.1", "/continue {} she turns --model veo 3.1"):
        assert (await house.say(command.format(first.id))).text.endswith(f"\n{lost}")
    assert lost not in (await house.say(f"/again {first.id} she turns --model best")).text
    said = await house.say(f"/again {first.id} she turns --model veo 3.1 --no fog")
    assert said.text.startswith("Veo 3.1 takes no list of things to avoid. Please leave --no out.")
    assert texts.models.OF_EARLIER not in said.text
    usual = await house.say(f"/again {first.id} she turns")
    order = (await house.job(usual.job)).order
    assert (order.seconds, order.negative, order.cfg) == (10, "fog", 0.7)


async def test_a_refusal_of_what_an_earlier_clip_had_says_so(house: House, large_clip: bytes) -> None:
    house.provider.clips = [large_clip]
    placed = await house.say("she smiles", attached(picture(640, 360)), attached(picture(640, 360), role="end"))
    first = await house.finish(await house.job(placed.job))
    for command in ("/with {} veo 3.1", "/again {} she turns --model veo 3.1", "/again {} she turns --10s"):
        assert (await house.say(command.format(first.id))).text.endswith(texts.models.OF_EARLIER)
    mine = await house.say(f"/again {first.id} she turns --model veo 3.1 --no fog")
    assert mine.text.endswith(texts.models.OF_EARLIER), "the first of two things that are lacking"
    continued = await house.say(f"/continue {first.id} she turns --model veo 3.1")
    assert continued.parked or continued.job, "the end picture is not continued"


async def test_a_denial_names_a_model_for_which_the_credits_suffice(house: House) -> None:
    configure(house.core, policy=Policy(10))
    said = await house.say("she smiles --model best", attached())
    assert "Quick (Kling 1 Standard) would make one of 5 seconds for 5 credits, with --model quick. You" in said.text
    assert (await house.say("she smiles --model quick", attached())).job
    none = await house.say("she smiles --model best --10s", attached())
    assert "A clip of 5 seconds" not in none.text
    assert "--model quick" in none.text
    assert (await house.say("she smiles", attached())).job
    assert "--model" not in (await house.say("she smiles --model best", attached())).text


async def test_the_price_on_the_button_is_the_price(house: House) -> None:
    first = await house.finish(await house.order())
    choices = await house.say(f"/with {first.id}")
    dearer = replace(BEST, price=Price(Fraction(5)))
    configure(
        house.core,
        offers=replace(OFFERS, every=(DEFAULT, dearer, LOUD), words={**OFFERS.words, "best": Choice(dearer)}),
    )
    used = await house.used()
    asked = await house.say(command(choices, "Best"))
    assert "was shown at 20 credits, and now costs 25 credits" in asked.text
    assert await house.used() == used
    assert (await house.job((await house.say(command(asked, "Yes"))).job)).price == 25
    assert (await house.job((await house.say(command(choices, "With sound"))).job)).price == 13


@pytest.mark.parametrize("asks", ["crop", "consent"])
async def test_another_question_tells_of_a_higher_price_too(house: House, asks: str) -> None:
    configure(house.core, ask_consent=asks == "consent")
    house.provider.stand_in = asks != "consent"
    photo = attached(picture(900, 300) if asks == "crop" else picture(640, 360))
    numbers = iter(range(9))

    async def order(seen: str) -> Reply:
        n = next(numbers)
        picked = {"model": f"veo-3.1@{seen}"}
        where = Address("telegram", "7", f"picked-{n}")
        return await house.core.handle(Inbound(where, "7", f"picked:{n}", "she smiles", (photo,), options=picked))

    told = await order("5")
    assert str(told.text).splitlines()[0] == (
        "The price has changed: this clip was shown at 20 credits, and now costs 24 credits."
    )
    assert len(str(told.text).splitlines()) > 1
    assert (await house.job((await house.say(told.buttons[0].command)).job)).price == 24
    if asks == "crop":
        assert str((await order("6")).text).startswith("“she smiles” · 4 s · Veo 3.1 · 24 credits\nVeo 3.1 makes")


# ── What a community allows ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def there(house: House) -> Callable[..., Inbound]:
    """A message in a community, by its admin or another."""
    numbers = iter(range(1000))

    def said(text: str, *attachments: object, user: str = "7", admin: bool = False) -> Inbound:
        async def administers() -> bool:
            return admin

        n = next(numbers)
        return Inbound(
            Address("telegram", "-5", f"there-{n}"),
            user,
            f"there:{n}",
            text,
            attachments,  # type: ignore[arg-type]
            scope="telegram:-5",
            shared=True,
            administers=administers,
        )

    return said


async def test_admins_say_which_models_their_community_may_use(house: House, there: Callable[..., Inbound]) -> None:
    core = house.core
    refused = await core.handle(there("/limits models quick"))
    assert refused.text == texts.admin.NOT_ADMIN
    done = await core.handle(there("/limits models quick, Veo 3.1", admin=True))
    assert done.text == "Clips may be made by Quick and Veo 3.1."
    assert "Models: Quick and Veo 3.1" in (await core.handle(there("/limits"))).text.splitlines()
    audit = (await core.handle(there("/audit", admin=True))).text
    assert "models not set → Quick, Veo 3.1" in audit
    refused = await core.handle(there("she smiles --model best", attached()))
    assert refused.text == (
        "Best (Kling 3.0 Pro) is not among the models that the admins of this community allow. Here you can have "
        "Quick or Veo 3.1."
    )
    again = await core.handle(there("she sings --model with sound", attached()))
    assert again.text.endswith("Here you can have Quick or Veo 3.1.")
    assert (await core.handle(there("/model best"))).text == refused.text
    assert house.provider.orders == []
    # What is not allowed is not named as what can; and another length than the asked one is none.
    told = await core.handle(there("she sings --sound on", attached()))
    assert told.text == (
        "Kling 1 Standard makes clips without sound. Please order one without. "
        "Veo 3.1 can do all you asked for: --model veo-3.1"
    )
    told = await core.handle(there("she sings --sound on --5s", attached()))
    assert told.text == "Kling 1 Standard makes clips without sound. Please order one without."
    reply = await core.handle(there("she smiles", attached()))
    assert reply.job
    await house.finish(await house.job(reply.job))
    assert labels(await core.handle(there(f"/with {reply.job}"))) == ["Veo 3.1 · 24 credits"]
    # In private everything is as before, and after the undo here.
    assert (await house.order("she smiles --model best")).order.model == BEST.id
    await core.handle(there(done.buttons[0].command, admin=True))
    assert (await core.handle(there("she smiles --model best", attached()))).job


async def test_a_community_without_the_default_has_another(house: House, there: Callable[..., Inbound]) -> None:
    await house.core.handle(there("/limits models best", admin=True))
    reply = await house.core.handle(there("she smiles", attached()))
    assert (await house.job(reply.job)).order.model == BEST.id
    # A person's own choice counts where it is allowed.
    await house.say("/model quick")
    reply = await house.core.handle(there("she smiles", attached()))
    assert (await house.job(reply.job)).order.model == BEST.id
    await house.core.handle(there("/limits models all", admin=True))
    reply = await house.core.handle(there("she smiles", attached()))
    assert (await house.job(reply.job)).order.model == DEFAULT.id


async def test_a_parked_order_is_held_to_what_is_allowed_when_it_is_bought(
    house: House, there: Callable[..., Inbound]
) -> None:
    await house.core.handle(there("/limits confirm 10", admin=True))
    asked = await house.core.handle(there("she smiles --model best", attached()))
    await house.core.handle(there("/limits models quick", admin=True))
    refused = await house.core.handle(there(asked.buttons[0].command))
    assert refused.text.endswith("Here you can have Quick.")
    assert await house.store.used("telegram:-5/telegram:7", "day:2027-01-15") == 0


async def test_models_that_are_not_offered_are_told_to_the_admin(house: House, there: Callable[..., Inbound]) -> None:
    told = await house.core.handle(there("/limits models best, hailuo 2.3", admin=True))
    assert told.text == "Clips may be made by Best and Hailuo 2.3. Not offered here at present: Hailuo 2.3."
    none = await house.core.handle(there("/limits models: hailuo 2.3", admin=True))
    assert none.text == "Not offered here at present: Hailuo 2.3. You can allow Quick, Best, With sound and Veo 3.1."
    assert "Models: Best and Hailuo 2.3" in (await house.core.handle(there("/limits"))).text
    only = await house.core.handle(there("/model"))
    assert only.text == "All clips here are made by Best (Kling 3.0 Pro): there is nothing to choose."
    configure(house.core, offers=replace(OFFERS, every=(DEFAULT, LOUD), words={"quick": Choice(DEFAULT)}))
    gone = "None of the models that the admins of this community allow is offered here now. Please tell them."
    assert (await house.core.handle(there("/model"))).text == gone


@pytest.mark.parametrize("said", ["/limits models", "/limits models ,"])
async def test_a_list_without_names_is_answered_with_an_example(
    house: House, there: Callable[..., Inbound], said: str
) -> None:
    assert "/limits models quick, best" in (await house.core.handle(there(said, admin=True))).text


async def test_a_name_that_no_model_has_is_refused(house: House, there: Callable[..., Inbound]) -> None:
    told = (await house.core.handle(there("/limits models quick, kling 9", admin=True))).text
    assert told.startswith("I don't know a model called “kling 9”. Did you mean Kling ")


async def test_so_does_one_of_a_community_whose_credits_are_few(house: House, there: Callable[..., Inbound]) -> None:
    act = Act(id="act", at=house.clock(), actor="x", scope="telegram:-5", verb="operator cap")
    await house.store.quotas.amend(act, lambda rule: replace(rule, cap=14))
    for words, offer in (
        ("she smiles --model best", "A clip of 3 seconds costs 12 credits."),
        ("she smiles --model veo 3.1", "would make one of 5 seconds for 5 credits, with --model quick."),
    ):
        refused = await house.core.handle(there(words, attached(picture(640, 360))))
        assert "this community has 14 left of its 14 credits this month." in refused.text
        assert offer in refused.text
    configure(house.core, policy=Policy(7))
    poor = await house.core.handle(there("she smiles --10s", attached()))
    assert "A clip of 5 seconds costs 5 credits." in poor.text


async def test_a_dearer_model_counts_in_every_book(house: House, there: Callable[..., Inbound]) -> None:
    configure(house.core, policy=Policy(30, day=45, month=100, price=2))
    reply = await house.core.handle(there("she smiles --model best", attached()))
    job = await house.job(reply.job)
    counted = {(one.kind, one.book, one.span.partition(":")[0]): one.amount for one in job.paid}
    assert counted[("own", "telegram:-5/telegram:7", "day")] == 20
    assert counted[("cap", "scope:telegram:-5", "month")] == 20
    assert {one.amount for one in job.paid if one.book == "operator"} == {20, 40}
    refused = await house.core.handle(there("she smiles --model best", attached()))
    assert "10 left" in refused.text
    assert "A clip of 5 seconds" not in refused.text  # the shortest of that model is 3 s, for 12
    full = await house.core.handle(there("she smiles --model veo 3.1 --8s", attached(picture(640, 360)), user="9"))
    assert full.refused
    await house.finish(job)
    (order,) = house.provider.orders
    assert VEO.id != order.model == BEST.id
