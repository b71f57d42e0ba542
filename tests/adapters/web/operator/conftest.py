"""An operator's browser in front of the page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.operators import Seat, seated


@pytest.fixture
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    async with seated(tmp_path) as found:
        yield found
