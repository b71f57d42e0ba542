"""Remixes and reports on Discord: commands, menus of a message, and forms."""

from bot import texts
from tests.adapters.discord.discord_rig import Rig
from tests.adapters.discord.sharing.club import PHOTO, Club, answers, heard
from tests.houses import picture


async def test_a_remix_with_a_photo_of_ones_own_uses_the_shared_words(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip(options={"image": PHOTO, "prompt": "she smiles"}))
    asked = rig.api.press(club.bob, post, "Remix")
    modal = await rig.api.until(lambda: asked.modal)
    rig.api.submit(modal, {texts.discord.FORM_OWN_PHOTO: [("cat.png", picture(500, 400, "PNG"))]})
    (remix,) = (await rig.clips(2, club.gallery))[1:]
    assert "she smiles" in remix.content
    assert "Remix of a shared clip" in remix.content
    assert rig.house.provider.orders[-1].photo.width == 500

    share = await club.share(post)
    rig.slash("remix", {"clip": share.id, "image": PHOTO, "words": "it rains"}, user=club.cat)
    (second,) = (await rig.clips(2))[1:]
    assert "it rains" in second.content
    asked = rig.slash("remix", {"clip": share.id}, user=club.cat)
    modal = await rig.api.until(lambda: asked.modal)
    sent = rig.api.submit(modal, {})  # neither words nor a photo
    await rig.api.until(lambda: sent.original and texts.discord.ADD_WORDS in sent.original.labels)


async def test_animate_this_on_a_shared_clip_is_a_remix(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip(), "name")
    asked = rig.api.menu(club.bob, post, "Animate this")
    modal = await rig.api.until(lambda: asked.modal)
    rig.api.submit(modal, {"What should happen?": "he nods"})
    (remix,) = (await rig.clips(2, club.gallery))[1:]
    assert "Remix of a shared clip" in remix.content
    rig.slash("sharing")
    await rig.house.store.gallery.prefer(f"discord:{rig.ann.id}", remixes=False)
    rig.house.core.context.wake.outbox()
    await rig.api.until(lambda: "Remix" not in post.labels)
    assert rig.api.plays(post)
    asked = rig.api.menu(club.bob, post, "Animate this")
    modal = await rig.api.until(lambda: asked.modal)
    sent = rig.api.submit(modal, {"What should happen?": "he nods"})
    assert texts.sharing.NO_REMIX in await heard(rig, sent)


async def test_a_reason_in_own_words_is_asked_in_a_form(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    asked = rig.api.press(club.bob, post, "Report")
    (why,) = await answers(rig, asked)
    other = rig.api.press(club.bob, why, texts.sharing.OTHER)
    modal = await rig.api.until(lambda: other.modal)
    assert modal.title == texts.sharing.REPORT
    assert modal.fields[0]["label"] == texts.sharing.REPORT_FORM
    sent = rig.api.submit(modal, {modal.fields[0]["label"]: "that is my dog"})
    assert await heard(rig, sent) == texts.sharing.REPORTED
    (notice,) = await rig.api.until(lambda: rig.posts(club.mods))
    assert "that is my dog" in notice.content
    assert len(rig.posts(club.gallery)) == 1
