"""Discord through the real library: what is shown, and what is fetched."""

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from adapters.discord import render
from adapters.discord.client import PUBLIC, RestClient
from adapters.discord.files import Files
from adapters.discord.request import Request, Response, unpack
from bot.conversation import Reply, ShownClip
from bot.errors import Refusal
from bot.media.stored import StoredFile
from bot.model import Clip
from bot.sentence import verbatim
from tests.adapters.discord.discord_rig import Rig
from tests.houses import picture
from tests.loopback.discord.faults import broken, cut, error

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}
POST = "POST /channels/{channel}/messages"


async def test_prompts_call_nobody_and_format_nothing(rig: Rig) -> None:
    rig.slash(options=SMILES | {"prompt": f"@everyone <@{rig.ann.id}> **loud** `code` </x:1>"})
    (video,) = await rig.clips()
    assert "@everyone" not in video.content
    assert f"<@{rig.ann.id}>" not in video.content.replace("\\<", "")
    assert "\\*\\*loud\\*\\*" in video.content
    assert rig.api.mentioned(video) == []
    assert {str(one.body.get("allowed_mentions")) for one in rig.api.called(POST)} == {"{'parse': []}"}


def test_long_text_is_cut_after_it_was_escaped() -> None:
    shown = render.content(Reply("*" * 1999))
    assert len(shown) <= 2000
    assert not shown.rstrip("…").endswith("\\")
    counted = render.content(Reply(verbatim("later"), ready_at=1_000_000.5, undated=verbatim("_" * 3000)))
    assert len(counted) <= 2000
    assert counted.endswith("Ready <t:1000000:R>")


def test_a_link_stands_last_and_is_the_only_one_that_shows_anything() -> None:
    film = ShownClip(StoredFile(Path("x.mp4")), Clip("x.mp4", 4, 3, 5.0, 9))
    link = "https://cdn.discordapp.com/attachments/1/2/photoplay.mp4?ex=1&is=2&hm=3&"
    shown = render.content(Reply("“https://example.com/a.mp4 **loud**”\nby @here", clip=film), link)
    assert shown == f"“<https://example.com/a.mp4> \\*\\*loud\\*\\*”\nby @\u200bhere\n{link}"
    covered = render.content(Reply("_" * 3000, clip=replace(film, spoiler=True)), link)
    assert len(covered) <= 2000
    assert covered.endswith(f"\n||{link}||")


@pytest.mark.parametrize(
    ("response", "manner"), [("public", "open"), ("ephemeral", "hidden"), ("update", "aside"), ("message", "post")]
)
def test_a_request_of_an_older_version_is_understood(response: Response, manner: str) -> None:
    request = Request("1", response, "2", "3", 4.0, community="The Lake Club", embeds=False)
    assert unpack(request.pack()) == request
    later = ("community", "embeds", "response")
    older = {key: value for key, value in json.loads(request.pack()).items() if key not in later}
    assert unpack(json.dumps(older | {"manner": manner})) == replace(request, community="", embeds=True)


def test_attachments_come_from_discord_or_from_the_configured_host() -> None:
    files = Files(RestClient("token", PUBLIC))
    assert files.allowed("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1")
    assert files.allowed("https://media.discordapp.net/attachments/1/2/a.png")
    for bad in (
        "http://cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com:8443/a.png",
        "https://cdn.discordapp.com.example.com/a.png",
        "https://u:p@cdn.discordapp.com/a.png",
        "https://discord.com/a.png",
        "https://127.0.0.1/a.png",
        "file:///etc/passwd",
    ):
        assert not files.allowed(bad), bad
    own = Files(RestClient("token", "http://127.0.0.1:9999/api/v10"))
    assert own.allowed("http://127.0.0.1:9999/attachments/1/2/a.png")
    assert not own.allowed("http://127.0.0.1:9998/attachments/1/2/a.png")
    RestClient("token", PUBLIC)


async def test_an_address_that_is_over_is_renewed(rig: Rig) -> None:
    rig.api.cdn_lifetime = -10
    with patch.object(type(rig.api), "_refresh", autospec=True) as refresh:
        file = rig.api.upload(rig.channel, *PHOTO)
        old = rig.api.attachment_url(file)
        rig.api.cdn_lifetime = 1000
        refresh.return_value = {"refreshed_urls": [{"original": old, "refreshed": rig.api.attachment_url(file)}]}
        rig.api._table = rig.api._routes()
        assert await rig.discord._files._fetched(old) == PHOTO[1]


async def test_no_redirect_is_followed(rig: Rig) -> None:
    rig.api.script("CDN", *[error(302, 0)] * 4)
    with pytest.raises(Refusal):
        await rig.discord._files._fetched(rig.api.attachment_url(rig.api.upload(rig.channel, *PHOTO)))


async def test_a_hiccup_of_the_cdn_is_not_the_persons_to_see(rig: Rig) -> None:
    rig.api.script("CDN", broken(502), cut("before"))
    rig.slash(options=SMILES)
    await rig.clips()
