"""The Telegram adapter: updates become `Inbound`s, replies become messages."""

import sys

PLATFORM = "telegram"


def _load() -> None:
    """Load the library without what decrypts Telegram Passport: none is sent here, and it takes 7 MB.

    The library does without where that is not installed.
    """
    cipher = "cryptography.hazmat.backends"
    loaded = sys.modules.get(cipher)
    sys.modules[cipher] = None  # type: ignore[assignment]  # an import of it fails
    try:
        import telegram  # noqa: F401  # for what its import leaves out
    finally:
        del sys.modules[cipher]
        if loaded:
            sys.modules[cipher] = loaded


_load()
