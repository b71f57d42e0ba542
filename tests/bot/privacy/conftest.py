"""Deletion by age, and what continues what was begun."""

import pytest

from bot.privacy.retention import Retention
from tests.bot.privacy.ann import DAY
from tests.houses import House


@pytest.fixture
def keeper(house: House) -> Retention:
    return Retention(house.store, house.media, clock=house.clock, photos=DAY, clips=30 * DAY, platforms=["telegram"])
