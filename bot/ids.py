"""Ids of jobs, shares, grants and files."""

import secrets


def new_id() -> str:
    """Ten characters, 50 bits: short enough to type, too many to guess."""
    return "".join(_CHARACTERS[byte % 32] for byte in secrets.token_bytes(10))


_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""As many as divide 256, so that each is as likely."""
