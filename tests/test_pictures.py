"""The pictures of README can be drawn anew: nothing else runs `docs`, so a renamed field would be seen too late."""

from bot import texts
from docs import conversation, gallery


def test_the_conversation_is_what_is_said_now() -> None:
    drawn = "".join(conversation.conversation())
    assert conversation.PROMPT in drawn
    assert texts.chat.again(5) in drawn
    assert {name for name, *_ in gallery.CLIPS} == set(texts.page.SAMPLES)
