"""Sentences of the chat page alone, and its wording of a chat's sentences: names of buttons in place of commands."""

from collections.abc import Sequence

from bot.sentence import EMPTY, Sentence, Wording, _, join, lines, sentences
from bot.texts.chat import (
    DELETE_ON_PAGE,
    DELETE_WHAT,
    NOT_SURE,
    WHAT_ELSE,
    WHAT_I_CAN,
    WHICH_CLIP,
    YOUR_LAST,
    command_line,
)
from bot.texts.options import FIRST_MODELS, duration_example
from bot.texts.page import PAGE
from bot.texts.privacy import ASK_AGAIN, MYDATA_SOON

WORDING = Wording(
    instead={
        NOT_SURE.id: _(
            "I couldn't make out whether your order was taken. If it was, the clip comes by itself; look under "
            "“{history}” in the menu in a few minutes before you ask again.",
            history=PAGE["history"],
        ),
        YOUR_LAST.id: _("Your last ones are under “{history}” in the menu.", history=PAGE["history"]),
        WHAT_I_CAN.id: _("What I can do stands under “{help}” in the menu.", help=PAGE["help"]),
        WHAT_ELSE.id: _("What else I can do stands under “{help}” in the menu.", help=PAGE["help"]),
        ASK_AGAIN.id: _("To be asked again, choose “{privacy}” in the menu.", privacy=PAGE["privacy"]),
        MYDATA_SOON.id: _(
            "Your file is being made. Choose “{mydata}” in the menu once more in a few minutes.", mydata=PAGE["mydata"]
        ),
        WHICH_CLIP.id: _("Which clip? Use the buttons that stand with it."),
        DELETE_WHAT.id: DELETE_ON_PAGE,
    }
)


def help_(
    menu: Sequence[tuple[Sentence, Sentence]],
    commands: Sequence[tuple[str, Sentence]],
    seconds: Sequence[int] = FIRST_MODELS,
    *,
    several: bool = False,
) -> Sentence:
    """Help of the chat page, by the labels of its buttons; `commands`: those without a button, `several`: models."""
    buttons = lines(
        sentences(
            _(
                "“{options}” has the length, what to avoid, how closely to follow your words, and a last frame.",
                options=PAGE["options"],
            ),
            _("They may stand in your words, too, as in {example}.", example=duration_example(seconds)),
            _("“{model}” among them, and under a clip, has other models, with what they cost.", model=PAGE["model"])
            if several
            else EMPTY,
        ),
        _("“{cancel}” takes a clip back while it is still in line.", cancel=PAGE["cancel"]),
        _(
            "“{again}” and “{new_words}” under a clip make another one of the same photo, “{go_on}” goes on from its "
            "last frame, and “{join}” makes one film of a clip and what it continues.",
            again=PAGE["again"],
            new_words=PAGE["new_words"],
            go_on=PAGE["go_on"],
            join=PAGE["join"],
        ),
        _("The bin beside your words deletes the clip that they became, with its photo."),
    )
    entries = [(PAGE["clips"], _("to be found by words, marked and downloaded")), *menu]
    return join(
        "\n\n",
        [
            _("Send a photo with a few words about what should happen in it; the clip comes back below it."),
            buttons,
            lines(
                _("In the menu at the top:"),
                *(_("{entry} – {what}", entry=entry, what=what) for entry, what in entries),
            ),
            lines(_("What has no button is sent as a message:"), *(command_line(*one) for one in commands))
            if commands
            else EMPTY,
        ],
    )
