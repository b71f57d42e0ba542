"""What can be ordered here, from the settings: models with their prices, and the operator's three words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from bot import catalogue
from bot.billing import PriceList
from bot.catalogue import Model, Price
from bot.config import Settings
from bot.errors import Misconfigured
from bot.offers import Choice, Offers, Word

FREE = Price(Fraction(1))
"""Of a model without a known price, where the stand-in alone makes clips."""
BEST = (
    "Kling 3.0 Pro",
    "Kling 2.6 Pro",
    "Kling 2.5 Turbo Pro",
    "Kling 3.0 Standard",
    "Kling 1.6 Pro",
    "Kling 1 Pro",
)
"""Models for *Best* without a setting: the first that is offered."""
SOUND = ("Kling 2.6 Pro", "Kling 3.0 Standard", "Veo 3.1 Fast", "Wan 2.6", "Seedance 2.0", "Veo 3.1", "Kling 3.0 Pro")
"""Models for *With sound* without a setting."""


@dataclass(frozen=True, slots=True)
class Known:
    """Prices from the database: those that the operator set by a command, by id, and the lists of hosts."""

    set: Mapping[str, Fraction] = field(default_factory=dict)
    lists: Sequence[PriceList] = ()

    @classmethod
    def of(cls, said: Sequence[str], lists: Sequence[PriceList]) -> "Known":
        """`said`: `ID=CREDITS`, each."""
        pairs = (one.rpartition("=") for one in said)
        return cls({id: Fraction(rate) for id, _, rate in pairs}, tuple(lists))

    def listed(self, model: Model) -> Price | None:
        """By the hosts' lists; of several the dearest, as any of them may take an order."""
        found = [(price, one.host) for one in self.lists if (price := one.price(model)) is not None]
        return Price(max(found)[0], source=max(found)[1]) if found else None


def price_of(model: Model, settings: Settings, known: Known = Known()) -> Price | None:
    """The price of a model here: the operator's, else that of a host's list, else the row's. None: it cannot be
    offered. Raises `Misconfigured`."""
    if rate := known.set.get(model.id):
        return Price(rate, source="operator")
    if settings.model_price is not None and catalogue.named(settings.model) == model:
        return Price(Fraction(settings.model_price))
    if set_here := _prices(settings).get(model.id):
        return set_here
    return known.listed(model) or model.price or (FREE if settings.order_of_providers == ("local",) else None)


def offers(settings: Settings, known: Known = Known()) -> Offers:
    """The models that a configured host sells and that have a price. Raises `Misconfigured`."""
    default = _bought(settings, "MODEL", settings.model, known)
    every = [default]
    for row in catalogue.rows():
        price = price_of(row, settings, known)
        if price and row.id != default.id and row.sold.keys() & {*settings.order_of_providers}:
            every.append(replace(row, price=price))
    named = {one.title: one for one in every}
    words: dict[Word, Choice] = {}
    words["quick"] = Choice(_set(settings, "MODEL_QUICK", settings.model_quick, known) or default)
    best = _set(settings, "MODEL_BEST", settings.model_best, known)
    best = best or next((named[title] for title in BEST if title in named), None)
    if best:
        words["best"] = Choice(best)
    loud = _set(settings, "MODEL_SOUND", settings.model_sound, known)
    loud = loud or next((named[title] for title in SOUND if title in named), None)
    if loud and not loud.sound:
        raise Misconfigured(f"MODEL_SOUND is {loud.title}, which makes clips without sound.")
    if loud:
        words["sound"] = Choice(loud, sound=True)
    return Offers(tuple(every), Choice(default), words)


def _near(name: str) -> str:
    """The titles near to it, or all of them."""
    near = catalogue.near(name)
    return (
        f"Near to it: {', '.join(near)}." if near else f"Known are {', '.join(one.title for one in catalogue.rows())}."
    )


def _set(settings: Settings, name: str, value: str | None, known: Known) -> Model | None:
    return _bought(settings, name, value, known) if value else None


def _bought(settings: Settings, name: str, value: str, known: Known) -> Model:
    """The row that a setting names, with its price. Raises `Misconfigured`."""
    model = catalogue.named(value)
    if model is None:
        raise Misconfigured(f"{name} is “{value}”, which is not known here. {_near(value)}")
    if not model.sold.keys() & {*settings.order_of_providers}:
        keys = " or ".join(f"{host.upper()}_KEY" for host in model.sold if host != "local")
        raise Misconfigured(f"{name} is {model.title}, which none of the providers sells; it needs {keys}.")
    price = price_of(model, settings, known)
    if price is None:
        where = "MODEL_PRICE" if name == "MODEL" else "MODEL_PRICES"
        raise Misconfigured(
            f"{name} is {model.title}, whose price is not known here. Set {where} to the credits that a second "
            f"of it shall cost; a second of {catalogue.DEFAULT.title} costs one."
        )
    return replace(model, price=price)


def _prices(settings: Settings) -> dict[str, Price]:
    """MODEL_PRICES by the models' ids. Raises `Misconfigured`."""
    found = {}
    for part in settings.model_prices:
        name, _, value = part.rpartition("=")
        model = catalogue.named(name)
        try:
            price = Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            price = Fraction(0)
        if model is None:
            raise Misconfigured(f"MODEL_PRICES names “{name or part}”, which is not known here. {_near(name or part)}")
        if not 0 < price <= 1000:
            raise Misconfigured(
                f"MODEL_PRICES: {model.title} needs a number of credits a second, as in {model.title}=4."
            )
        found[model.id] = Price(price)
    return found
