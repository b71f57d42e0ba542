"""The rows, and what a base URL may be."""

from dataclasses import replace

import pytest
from provider_desk import KEY
from pydantic import SecretStr

from bot.catalogue import DEFAULT
from bot.errors import Misconfigured
from bot.providers.hosts import LEGACY, aimlapi, apilaplas, local


def test_the_rows_say_what_the_documentation_says() -> None:
    one, two, three = aimlapi(SecretStr(KEY)), apilaplas(SecretStr(KEY)), local("http://127.0.0.1:1")
    for host, base, duration in (
        (one, "https://api.aimlapi.com", "integer"),
        (two, "https://api.apilaplas.com", "string"),
    ):
        assert host.address(DEFAULT) == base + "/v2/generate/video/kling/generation"
        assert host.dialect(DEFAULT) == replace(LEGACY, duration=duration)
    assert [(h.inline, h.inline_masks, h.inline_first) for h in (one, two, three)] == [
        (True, False, False),
        (True, False, False),
        (True, True, True),
    ]
    assert [(h.first_polls, h.usual) for h in (one, two, three)] == [(10, 300), (10, 300), (1, 6)]
    assert [h.http for h in (one, two, three)] == [False, False, True]
    assert not apilaplas(SecretStr(KEY), inline=False).inline


def test_a_key_stays_out_of_the_repr() -> None:
    assert KEY not in repr(aimlapi(SecretStr(KEY))) + str(aimlapi(SecretStr(KEY)))


@pytest.mark.parametrize(
    "url", ["https://x.example", "https://x.example/", "https://x.example/v2", "https://x.example/v2/"]
)
def test_a_base_url_may_end_as_in_the_vendors_samples(url: str) -> None:
    assert aimlapi(SecretStr(KEY), url).base_url == "https://x.example"


@pytest.mark.parametrize(
    "url",
    ["", "x.example", "ftp://x.example", "https://", "https://x.example:99999", "https://[", "https://u:p@x.example",
     "https://x.example?a=1", "https://x.example#a"],
)  # fmt: skip
def test_a_base_url_that_is_none_is_said_so(url: str) -> None:
    with pytest.raises(Misconfigured, match="AI/ML API"):
        aimlapi(SecretStr(KEY), url)
