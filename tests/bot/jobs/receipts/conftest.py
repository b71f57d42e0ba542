"""A house whose host keeps a log of requests."""

import pytest

from tests.bot.jobs.receipts.unanswered import silence
from tests.houses import House


@pytest.fixture
def house(house: House) -> House:
    """A house whose host keeps a log, and takes an order without an answer."""
    house.provider.receipts = 1800.0
    house.provider.creates = [silence()]
    return house
