"""The hosts we can buy from, one row of data each. What differs between hosts stands here and nowhere else."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.errors import Misconfigured

PATH = "/v2/generate/video/kling/generation"
NO_KEY = SecretStr("")
AIMLAPI = "https://api.aimlapi.com"


@dataclass(frozen=True, slots=True)
class Host:
    """One provider and its dialect. All times are in seconds. Raises `Misconfigured` for a base URL that is none."""

    name: str
    title: str
    base_url: str
    key: SecretStr
    path: str = PATH
    duration: Literal["string", "integer"] = "integer"
    """How the host's schema types `duration`; the numbers are 5 and 10 either way."""
    static_mask: str = "static_mask_url"
    dynamic_mask: str = "mask_url"
    """The mask fields' names. AI/ML API's schemas since 2025-08 say `static_mask` and `mask`."""
    inline: bool = False
    """Whether the photo and the end picture may travel inside the request, as data URIs."""
    inline_masks: bool = False
    """Whether masks may, too."""
    inline_first: bool = False
    """Whether they should even when we have public links, because the host cannot open those."""
    first_polls: float = 10.0
    """How far apart the looks at a job are while there is no history to learn from."""
    usual: float = 300.0
    """How long a clip takes as long as nobody knows better."""
    balance: str = ""
    """Where the host says what is left of our money, if it does."""
    rest: float = 60.0
    """How long the host is left alone after it could not be reached."""
    http: bool = field(init=False, default=False)
    """Whether the host itself is spoken to without TLS; only then may its clips be."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            _ = parts.port  # only reading it finds a bad one
        except ValueError:
            raise Misconfigured(f"The base URL of {self.title} is not a URL.") from None
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise Misconfigured(f"The base URL of {self.title} must look like https://api.example.com.")
        if parts.username or parts.query or parts.fragment:
            raise Misconfigured(f"The base URL of {self.title} must be a bare address: no user, no ? and no #.")
        # Our path starts with /v2, and the vendors' samples have it in their base URL: both spellings work.
        object.__setattr__(self, "base_url", self.base_url.rstrip("/").removesuffix("/v2"))
        object.__setattr__(self, "http", parts.scheme == "http")

    @property
    def hostname(self) -> str:
        """The name or address in the base URL."""
        return urlsplit(self.base_url).hostname or ""


def aimlapi(key: SecretStr, base_url: str = AIMLAPI) -> Host:
    """AI/ML API. Its schema documents Base64 for both pictures since 2025-09; masks stay links."""
    billing = "https://billing.aimlapi.com" if base_url == AIMLAPI else base_url
    balance = f"{billing}/v1/billing/balance"
    return Host("aimlapi", "AI/ML API", base_url, key, duration="integer", inline=True, balance=balance)


def apilaplas(key: SecretStr, base_url: str = "https://api.apilaplas.com", *, inline: bool = True) -> Host:
    """Apilaplas, whose documentation stands still at spring 2025. `inline` is unverified: False makes links a must."""
    return Host("apilaplas", "Apilaplas", base_url, key, duration="string", inline=inline)


def local(base_url: str, key: SecretStr = NO_KEY) -> Host:
    """Our own stand-in, on this machine or near it, which asks for a key only if it was given one."""
    return Host(
        "local",
        "the local stand-in",
        base_url,
        key,
        inline=True,
        inline_masks=True,
        inline_first=True,
        first_polls=1.0,
        usual=6.0,
        rest=5.0,
    )
