"""Remixes and reports on Discord: commands, menus of a message, and forms."""

from bot import texts
from tests.adapters.discord.discord_room import Room
from tests.adapters.discord.sharing.club import PHOTO, Club, answers, heard
from tests.houses import picture


async def test_a_remix_with_a_photo_of_ones_own_uses_the_shared_words(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip(options={"image": PHOTO, "prompt": "she smiles"}))
    asked = room.api.press(club.bob, post, "Remix")
    modal = await room.api.until(lambda: asked.modal)
    room.api.submit(modal, {texts.discord.FORM_OWN_PHOTO: [("cat.png", picture(500, 400, "PNG"))]})
    (remix,) = (await room.clips(2, club.gallery))[1:]
    assert "she smiles" in remix.content
    assert "Remix of a shared clip" in remix.content
    assert room.house.provider.orders[-1].photo.width == 500

    share = await club.share(post)
    room.slash("remix", {"clip": share.id, "image": PHOTO, "words": "it rains"}, user=club.cat)
    (second,) = (await room.clips(2))[1:]
    assert "it rains" in second.content
    asked = room.slash("remix", {"clip": share.id}, user=club.cat)
    modal = await room.api.until(lambda: asked.modal)
    sent = room.api.submit(modal, {})  # neither words nor a photo
    await room.api.until(lambda: sent.original and texts.discord.ADD_WORDS in sent.original.labels)


async def test_animate_this_on_a_shared_clip_is_a_remix(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip(), "name")
    asked = room.api.menu(club.bob, post, "Animate this")
    modal = await room.api.until(lambda: asked.modal)
    room.api.submit(modal, {"What should happen?": "he nods"})
    (remix,) = (await room.clips(2, club.gallery))[1:]
    assert "Remix of a shared clip" in remix.content
    room.slash("sharing")
    await room.house.store.gallery.prefer(f"discord:{room.ann.id}", remixes=False)
    room.house.core.context.wake.outbox()
    await room.api.until(lambda: "Remix" not in post.labels)
    assert room.api.plays(post)
    asked = room.api.menu(club.bob, post, "Animate this")
    modal = await room.api.until(lambda: asked.modal)
    sent = room.api.submit(modal, {"What should happen?": "he nods"})
    assert texts.sharing.NO_REMIX in await heard(room, sent)


async def test_a_reason_in_own_words_is_asked_in_a_form(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    asked = room.api.press(club.bob, post, "Report")
    (why,) = await answers(room, asked)
    other = room.api.press(club.bob, why, texts.sharing.OTHER)
    modal = await room.api.until(lambda: other.modal)
    assert modal.title == texts.sharing.REPORT
    assert modal.fields[0]["label"] == texts.sharing.REPORT_FORM
    sent = room.api.submit(modal, {modal.fields[0]["label"]: "that is my dog"})
    assert await heard(room, sent) == texts.sharing.REPORTED
    (notice,) = await room.api.until(lambda: room.posts(club.mods))
    assert "that is my dog" in notice.content
    assert len(room.posts(club.gallery)) == 1
