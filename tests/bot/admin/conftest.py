"""A community on a house."""

import pytest

from tests.bot.admin.town import Town
from tests.houses import House


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)
