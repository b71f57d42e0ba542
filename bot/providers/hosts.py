"""The hosts we buy from, one row of data each, and the dialects they speak. All differences between hosts are here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.catalogue import DialectName, Model
from bot.errors import Misconfigured

NO_KEY = SecretStr("")
AIMLAPI = "https://api.aimlapi.com"
BOOKS = "/v2/billing/transactions"
LOG = "/v2/logs"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How requests are spelt: the path of both calls, the type of `duration`, the names of the mask fields.

    Names that differ from model to model within a dialect are in the model's row.
    """

    path: str
    duration: Literal["string", "integer"]
    static_mask: str
    dynamic_mask: str


LEGACY = Dialect("/v2/generate/video/kling/generation", "integer", "static_mask_url", "mask_url")
"""Since 2025-08 AI/ML API's schemas of this path say `static_mask` and `mask`; whether it takes both is unverified."""
UNIVERSAL = Dialect("/v2/video/generations", "integer", "static_mask", "mask")
DIALECTS: Mapping[DialectName, Dialect] = {"legacy": LEGACY, "universal": UNIVERSAL}


@dataclass(frozen=True, slots=True)
class Host:
    """One provider and its dialect. All times are in seconds. Raises `Misconfigured` for an invalid base URL."""

    name: str
    title: str
    base_url: str
    key: SecretStr
    dialects: Mapping[DialectName, Dialect] = field(default_factory=lambda: DIALECTS)
    inline: bool = False
    """Whether photo and end picture may be sent as data URIs."""
    inline_masks: bool = False
    """Whether masks may be, too."""
    inline_first: bool = False
    """Prefer data URIs even with public links, because the host cannot open those."""
    redrawn: bool = False
    """Send photos that we encoded ourselves, because the host opens them outside the sandbox, on this machine."""
    first_polls: float = 10.0
    """Poll interval while there is no history."""
    usual: float = 300.0
    """Assumed render time while there is no history."""
    balances: tuple[str, ...] = ()
    """URLs of the balance request, the first of which that answers counts; empty if there is none."""
    books: str = ""
    """Path of the list of all that it took for generations, if there is one."""
    models: str = ""
    """Path of its public list of models and prices, if it has one."""
    metrics: str = ""
    """Path of its public list of how long models take."""
    rest: float = 60.0
    """Pause after the host could not be reached."""
    log: str = ""
    """Path of its log of our requests, if it keeps one that tells our ids (“receipts”); such a host also names the
    generation in the header `x-inference-id`."""
    log_pause: float = 1.0
    """Pause between two requests for the log: a process uses 60 of the 200 a minute that AI/ML API allows."""
    asked_for: float = 1800.0
    """How long the log is asked about an order without an answer. Whether a render that still runs is in it is
    unverified."""
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

    def sells(self, model: Model) -> bool:
        """Whether the model can be bought here."""
        return self.name in model.sold and model.sold[self.name].dialect in self.dialects

    def dialect(self, model: Model) -> Dialect:
        """The dialect of the model's requests; the oldest for a model that is not sold here (any more)."""
        sold = model.sold.get(self.name)
        return self.dialects[sold.dialect if sold and sold.dialect in self.dialects else "legacy"]

    def address(self, model: Model) -> str:
        """URL of both calls for the model."""
        return self.base_url + self.dialect(model).path


def aimlapi(key: SecretStr, base_url: str = AIMLAPI) -> Host:
    """AI/ML API. Its schema documents Base64 for both pictures since 2025-09, but not for masks."""
    bare = base_url.rstrip("/").removesuffix("/v2")
    billing = "https://billing.aimlapi.com" if base_url == AIMLAPI else bare
    return Host(
        *("aimlapi", "AI/ML API", base_url, key),
        inline=True,
        balances=(f"{bare}/v2/billing", f"{billing}/v1/billing/balance"),
        books=BOOKS,
        log=LOG,
        models="/v1/models",
        metrics="/models/metrics",
    )


def apilaplas(key: SecretStr, base_url: str = "https://api.apilaplas.com", *, inline: bool = True) -> Host:
    """Apilaplas; its documentation dates from spring 2025. `inline` is unverified: False requires links."""
    return Host("apilaplas", "Apilaplas", base_url, key, {"legacy": replace(LEGACY, duration="string")}, inline)


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
        redrawn=True,
        first_polls=1.0,
        usual=6.0,
        rest=5.0,
        books=BOOKS,
        log=LOG,
    )
