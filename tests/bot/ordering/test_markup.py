"""Options in markup: bold, struck, escaped."""

import pytest

from bot import texts
from bot.ordering.names import NAMES
from bot.ordering.prompt import Draft, read
from tests.bot.ordering.signs import SMILES
from tests.samples import BEST, OFFERS


@pytest.mark.parametrize("mark", ["*", "**", "***", "_", "__", "~~", "||", "`", "```"])
@pytest.mark.parametrize(
    ("option", "draft"),
    [
        ("{0}--10s{0}", Draft(SMILES, 10)),
        ("({0}--10s{0})", Draft(SMILES, 10)),
        ("--{0}10s{0}", Draft(SMILES, 10)),
        ("{0}--duration 10{0}", Draft(SMILES, 10)),
        ("{0}--duration{0} 10", Draft(SMILES, 10)),
        ("--duration {0}10{0}", Draft(SMILES, 10)),
        ("{0}--no blurry, red{0}", Draft(SMILES, negative="blurry, red")),
        ("--no {0}blurry{0}", Draft(SMILES, negative="blurry")),
        ("--cfg={0}0.7{0}", Draft(SMILES, cfg=0.7)),
        ("{0}--model quick{0}", Draft(SMILES)),
        ("--model {0}quick{0}", Draft(SMILES)),
        ("{0}--sound off{0}", Draft(SMILES)),
        ("--sound: {0}off{0}", Draft(SMILES)),
    ],
)
def test_markup_around_an_option_is_no_part_of_it_nor_of_the_words(mark: str, option: str, draft: Draft) -> None:
    assert read(f"{SMILES} {option.format(mark)}") == draft
    assert (
        read(f"{option.format(mark)}\n{SMILES}" if "--no" not in option else f"{SMILES} {option.format(mark)}") == draft
    )


def test_every_option_has_an_example_that_is_read_in_bold_too() -> None:
    assert texts.options.EXAMPLES.keys() == NAMES.keys()
    for name, example in texts.options.EXAMPLES.items():
        plain, value = read(f"{SMILES} {example}", can=OFFERS), example.partition(" ")[2]
        assert plain != read(SMILES, can=OFFERS)
        for bold in (f"**{example}**", f"--{name} **{value}**", f"**--{name}** {value}"):
            assert read(f"{SMILES} {bold}", can=OFFERS) == plain, bold


def test_dashes_that_were_escaped_for_markdown_are_dashes() -> None:
    assert read(r"she smiles \-\-10s \—no blurry") == Draft(SMILES, 10, "blurry")


@pytest.mark.parametrize("option", ["--model Best (Kling 3.0 Pro)", "--model **Best (Kling 3.0 Pro)**"])
def test_a_model_may_be_named_as_its_button_has_it(option: str) -> None:
    assert read(f"she smiles {option}", can=OFFERS) == Draft(SMILES, model=BEST)


@pytest.mark.parametrize(
    "text", ["**she smiles** at -5*2*", "she *smiles*", "a duration *of* joy", "blue-*ish* hair", "_--_", "5 * 3 ** 2"]
)
def test_markup_elsewhere_stays(text: str) -> None:
    assert read(text) == Draft(text)
