"""Encryption at rest, by the settings."""

from pathlib import Path

from pydantic import SecretStr

from bot.config import Settings
from bot.media.vault import Vault
from bot.sealing.keys import Keys, open_keys
from bot.sealing.masters import Masters
from bot.sealing.words import TextCipher


def masters_of(settings: Settings) -> Masters:
    """The master keys that are known."""
    return Masters(settings.data_dir, _said(settings.master_key), _said(settings.master_key_before))


def keys_of(settings: Settings, *, make: bool) -> Keys | None:
    """People's keys; None if there are none and `make` is False. Raises `Misconfigured` without the master key."""
    return open_keys(settings.data_dir, masters_of(settings), make=make)


def vault_of(settings: Settings) -> Vault:
    """How files are encrypted. Raises `Misconfigured` if the master key is missing."""
    return Vault(keys_of(settings, make=settings.encryption), seal=settings.encryption)


def cipher_of(settings: Settings, folder: Path | None = None) -> TextCipher:
    """What opens words in the database, of a data folder or backup; also without the master key, when none can be read.

    It encrypts nothing.
    """
    data = folder or settings.data_dir
    if not (data / "keys" / "master").exists() or not opens(settings, data):
        return TextCipher()
    masters = Masters(data, _said(settings.master_key), _said(settings.master_key_before))
    return TextCipher(Keys(data / "keys", masters), seals=False)


def closed_vault_of(settings: Settings) -> Vault:
    """As `vault_of`, also without the master key, to remove files and keys; it encrypts nothing."""
    place = settings.data_dir / "keys"
    there = (place / "master").exists()  # a restore makes an empty folder where the backup has none
    return Vault(Keys(place, masters_of(settings)) if there else None, seal=False)


def opens(settings: Settings, folder: Path) -> bool:
    """Whether a master key that is known opens people's keys in a data folder or backup. Raises `OSError`."""
    if not (folder / "keys" / "master").exists():
        return True
    masters = Masters(folder, _said(settings.master_key), _said(settings.master_key_before))
    return masters.find(Keys(folder / "keys", masters).recorded) is not None


def _said(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
