"""The model that is bought, from the settings."""

from dataclasses import replace
from fractions import Fraction

from bot import catalogue
from bot.catalogue import Model, Price
from bot.config import Settings
from bot.errors import Misconfigured


def chosen(settings: Settings) -> Model:
    """The row that MODEL names, with its price. Raises `Misconfigured`."""
    model = catalogue.named(settings.model)
    if model is None:
        near = ", ".join(catalogue.near(settings.model))
        raise Misconfigured(f"MODEL is “{settings.model}”, which is not known here. Near to it: {near}.")
    if not model.sold.keys() & {*settings.order_of_providers}:
        keys = " or ".join(f"{name.upper()}_KEY" for name in model.sold if name != "local")
        raise Misconfigured(f"MODEL is {model.title}, which none of the providers sells; it needs {keys}.")
    if settings.model_price is not None:
        return replace(model, price=Price(Fraction(settings.model_price)))
    if model.price is None:
        raise Misconfigured(
            f"MODEL is {model.title}, whose price is not known here. Set MODEL_PRICE to the credits that a second "
            f"of it shall cost; a second of {catalogue.DEFAULT.title} costs one."
        )
    return model
