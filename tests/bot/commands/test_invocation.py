"""Commands and names, and what people put behind them."""

import pytest

from bot.commands import invocation
from bot.commands.invocation import Call

BLANKS = [" ", "\u00a0", "\u3000", "\u2003", "\n", "\u200b ", " \u200f"]
SIGNS = [":", "：", ",", "，", "、", ";", " —", " –", " -", "\u200b", ": —", " : "]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("sign", ["", *SIGNS])
@pytest.mark.parametrize(
    "call", ["/animate", "/Animate@The_Bot", "\u200f/animate", "\u00a0\u2066/animate@the_bot", "／ａｎｉｍａｔｅ"]
)
def test_a_command_ends_where_its_name_does(call: str, sign: str, blank: str) -> None:
    said = invocation.command(f"{call}{sign}{blank}she smiles")
    assert said
    assert (said.name, said.whose.replace("the_bot", ""), said.argument) == ("animate", "", "she smiles")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/jobs", Call("jobs", "", "")),
        ("/jobs:", Call("jobs", "", "")),
        ("/animate@the_bot\u200bshe smiles", Call("animate", "the_bot", "she smiles")),
        ("/animate她微笑", Call("animate", "", "她微笑")),
        ("/animate@the_bot：她微笑", Call("animate", "the_bot", "她微笑")),
        ("/animate:she smiles", Call("animate", "", "she smiles")),
        ("/animate --10s she smiles", Call("animate", "", "--10s she smiles")),
        ("/animate@the_bot--no blurry", Call("animate", "the_bot", "--no blurry")),
        ("/animate@the_bot -- no blurry", Call("animate", "the_bot", "-- no blurry")),
        ("/animate@the_bot! she smiles", Call("animate", "the_bot", "she smiles")),
        ("/animate@the_bot。她微笑", Call("animate", "the_bot", "她微笑")),
        ("/animate… she smiles", Call("animate", "", "she smiles")),
        ("/animate = she smiles", Call("animate", "", "she smiles")),
        ("/animate :) she smiles", Call("animate", "", ":) she smiles")),
        ("/animate :cat: dances", Call("animate", "", ":cat: dances")),
        ("/again k7m2p9q4xw  new words", Call("again", "", "k7m2p9q4xw  new words")),
        ("/quota set default 30 a day", Call("quota", "", "set default 30 a day")),
        ("/quota \ufffc", Call("quota", "", "\ufffc")),
        ("/home/pictures", None),
        ("/animate/x", None),
        ("/an\u00efmate", None),
        ("and/or", None),
        ("/", None),
        ("/ animate", None),
        ("", None),
    ],
)
def test_commands(text: str, said: Call | None) -> None:
    assert invocation.command(text) == said
    assert invocation.canonical(invocation.canonical(text)) == invocation.canonical(text)


def test_our_name_may_stand_there_once_more() -> None:
    for text in ("@the_bot she smiles", "＠The_Bot: she smiles", "@the_bot，\u3000she smiles"):
        assert invocation.without_name(text, "the_bot") == "she smiles"
    assert invocation.without_name("@the_bot她微笑", "the_bot") == "她微笑"
    for text in ("@the_bottom smiles", "@another smiles", "the_bot smiles", ""):
        assert invocation.without_name(text, "the_bot") == text
