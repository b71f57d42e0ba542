"""Reports on Telegram, and the admins who look at what was reported."""

import pytest

from adapters.shared.double_taps import DOUBLE
from bot import texts
from tests.adapters.telegram.sharing.club import ME, Club, reports


@pytest.mark.databases
async def test_three_reports_hide_until_an_admin_has_looked_and_unsharing_ends_it(anywhere: Club) -> None:
    club = anywhere
    video = await club.clip()
    post = await club.shared(video)
    assert await reports(club, club.cem, post) == texts.sharing.REPORTED
    await club.api.until(lambda: len(club.notices) == 1)
    first = club.notices[0]
    assert first.words.startswith("Somebody reported this clip: Spam.")
    assert first.labels == ["Hide", "Keep", "Ban"]
    assert not any(user.first_name in first.words for user in (club.cem, club.dora))
    assert await reports(club, club.dora, post, "Violent or cruel") == texts.sharing.REPORTED
    assert await reports(club, club.ann, post) == texts.sharing.REPORTED_HIDDEN
    await club.api.until(lambda: post.deleted)
    await club.settled()
    notice = club.notices[-1]
    assert notice.words.startswith("3 people reported this clip: Spam; Violent or cruel; Spam. It is hidden")
    assert club.uploads() == 1
    # Members decide nothing.
    assert "admin" in await club.taps(club.cem, notice, "Keep")
    assert club.posts == [post]
    club.api.press(club.ann, notice, "Keep")
    await club.api.until(lambda: len(club.posts) == 2)
    again = club.posts[-1]
    assert (again.words, again.labels[0], club.uploads()) == (post.words, "♥ 0", 1)
    await club.api.until(lambda: notice.deleted and first.deleted)
    await club.rig.told(club.forum, texts.sharing.LET_IN)
    # What its maker takes back is gone everywhere but where they ordered it.
    await club.until(lambda: club.share(again))
    share = await club.share(again)
    assert share
    told = await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
    await club.api.until(lambda: again.deleted)
    await club.settled()
    assert club.standing() == [video]
    assert await club.taps(club.cem, again, "♥ 0") == texts.sharing.UNKNOWN_SHARE
    # What was typed for stays; what a tap led to goes on where it stands, for the person whose tap it was.
    club.api.press(club.bob, told, texts.sharing.SHARE_AGAIN)
    await club.api.until(lambda: len(club.posts) == 3)
    sent = club.api.sent
    await club.api.until(lambda: any(one.id > told.id and one.words.startswith("Shared") for one in sent(club.forum)))
    dialog = await club.rig.told(club.forum, "Shared in the community's gallery")
    assert told.words == texts.sharing.UNSHARED
    count = len(club.api.sent(club.forum))
    club.api.press(club.bob, dialog, texts.sharing.HOW_I_SHARE)
    await club.api.until(lambda: dialog.words.startswith("You share with your name and with your words."))
    club.api.press(club.bob, dialog, "Forbid remixes")
    await club.api.until(lambda: "Nobody may remix" in dialog.words)
    await club.api.until(lambda: club.posts[-1].labels == ["♥ 0", "Report"])
    assert len(club.api.sent(club.forum)) == count
    club.api.press(club.cem, dialog, "Allow remixes")
    assert "Others may remix" in (await club.rig.sent(club.forum, count + 1))[count].words
    assert "Nobody may remix" in dialog.words


async def test_a_report_in_own_words_is_written_in_private(club: Club) -> None:
    post = await club.shared(await club.clip())
    count = len(club.api.sent(club.forum))
    club.api.press(club.cem, post, texts.sharing.REPORT)
    why = (await club.rig.sent(club.forum, count + 1))[count]
    # Whom the bot may not write to is told so, alone.
    said = await club.taps(club.cem, why, texts.sharing.OTHER)
    assert said == texts.chat.not_here(ME)
    alone = club.api.private(club.cem)
    club.api.later += 2 * DOUBLE
    assert await club.taps(club.cem, why, texts.sharing.OTHER) == texts.chat.SENT_ALONE
    question = await club.rig.told(alone, texts.sharing.REPORT_OTHER)
    assert question.force_reply
    assert len(club.api.sent(club.forum)) == count + 1
    club.api.say(club.cem, alone, "It is me, and I did not agree")
    await club.rig.told(alone, texts.sharing.REPORTED)
    await club.api.until(lambda: club.notices)
    assert "It is me, and I did not agree" in club.notices[0].words
    assert "Cem" not in club.notices[0].words
    # That answer was about that community; what is said next is not.
    club.api.say(club.cem, alone, "/gallery")
    await club.rig.told(alone, texts.sharing.GALLERY_WHERE)


async def test_an_admin_looks_at_a_hidden_clip_alone(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    alone = club.api.private(club.ann)
    await club.says(club.ann, f"/hide@{ME} {share.id}", "Hidden")
    await club.says(club.ann, f"/show@{ME} {share.id}", texts.chat.SENT_ALONE)
    assert (await club.rig.told(alone, texts.jobs.MADE_BY_AI)).clip == post.clip
    await club.says(club.cem, f"/show@{ME} {share.id}", texts.sharing.UNKNOWN_SHARE)
