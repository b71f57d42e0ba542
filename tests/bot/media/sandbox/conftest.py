"""These tests count the processes of their own decoders."""

import pytest


@pytest.fixture(autouse=True)
def nobody_elses_decoders(nobody_elses: None) -> None:
    """Those that earlier tests left waiting end."""
