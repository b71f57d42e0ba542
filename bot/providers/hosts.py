"""The hosts we buy from, one row of data each. All differences between hosts are here."""

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
    """One provider and its dialect. All times are in seconds. Raises `Misconfigured` for an invalid base URL."""

    name: str
    title: str
    base_url: str
    key: SecretStr
    path: str = PATH
    duration: Literal["string", "integer"] = "integer"
    """Type of `duration` in the host's schema; the values are 5 and 10 either way."""
    static_mask: str = "static_mask_url"
    dynamic_mask: str = "mask_url"
    """Names of the mask fields. AI/ML API's schemas since 2025-08 say `static_mask` and `mask`."""
    inline: bool = False
    """Whether photo and end picture may be sent as data URIs."""
    inline_masks: bool = False
    """Whether masks may be, too."""
    inline_first: bool = False
    """Prefer data URIs even with public links, because the host cannot open those."""
    first_polls: float = 10.0
    """Poll interval while there is no history."""
    usual: float = 300.0
    """Assumed render time while there is no history."""
    balance: str = ""
    """Path of the balance request, if there is one."""
    rest: float = 60.0
    """Pause after the host could not be reached."""
    http: bool = field(init=False, default=False)
    """Whether the host's base URL is plain http; only then may its clips' links be."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            _ = parts.port  # reading it validates it
        except ValueError:
            raise Misconfigured(f"The base URL of {self.title} is not a URL.") from None
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise Misconfigured(f"The base URL of {self.title} must look like https://api.example.com.")
        if parts.username or parts.query or parts.fragment:
            raise Misconfigured(f"The base URL of {self.title} must be a bare address: no user, no ? and no #.")
        # Our paths start with /v2, and the vendors' samples have it in their base URL: accept both.
        object.__setattr__(self, "base_url", self.base_url.rstrip("/").removesuffix("/v2"))
        object.__setattr__(self, "http", parts.scheme == "http")

    @property
    def hostname(self) -> str:
        """Host name or address of the base URL."""
        return urlsplit(self.base_url).hostname or ""


def aimlapi(key: SecretStr, base_url: str = AIMLAPI) -> Host:
    """AI/ML API. Its schema documents Base64 for both pictures since 2025-09, but not for masks."""
    billing = "https://billing.aimlapi.com" if base_url == AIMLAPI else base_url
    balance = f"{billing}/v1/billing/balance"
    return Host("aimlapi", "AI/ML API", base_url, key, duration="integer", inline=True, balance=balance)


def apilaplas(key: SecretStr, base_url: str = "https://api.apilaplas.com", *, inline: bool = True) -> Host:
    """Apilaplas; its documentation dates from spring 2025. `inline` is unverified: False requires links."""
    return Host("apilaplas", "Apilaplas", base_url, key, duration="string", inline=inline)


def local(base_url: str, key: SecretStr = NO_KEY) -> Host:
    """Our stand-in, on this machine or nearby, which checks a key only if it was given one."""
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
