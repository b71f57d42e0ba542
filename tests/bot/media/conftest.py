"""These tests count the processes of their own decoders."""

import pytest

from tests import decoders


@pytest.fixture(autouse=True)
def nobody_elses_decoders() -> None:
    """Those that earlier tests left waiting end."""
    decoders.end()
