"""A browser for the tests of pages, where there is one."""

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browsing import CHROMIUM, launched


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run installs it")
        pytest.skip("no Chromium on this machine; install it to test the pages")
    async with launched() as browser:
        yield browser
