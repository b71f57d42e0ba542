"""Encryption at rest, by the settings."""

from pathlib import Path

from pydantic import SecretStr

from bot.config import Settings
from bot.errors import Misconfigured
from bot.media.vault import Vault
from bot.sealing.keys import Keys, open_keys
from bot.sealing.masters import Masters
from bot.sealing.words import TextCipher
from storage import Store


def masters_of(settings: Settings) -> Masters:
    """The master keys that are known."""
    return Masters(settings.data_dir, _said(settings.master_key), _said(settings.master_key_before))


def keys_of(settings: Settings, *, make: bool) -> Keys | None:
    """People's keys; None if there are none and `make` is False. Raises `Misconfigured` without the master key."""
    return open_keys(settings.data_dir, masters_of(settings), make=make)


KEYS_AWAY = (
    "The folder {folder} with people's keys is missing, and words in the database are encrypted with them. Nothing is "
    "lost: put it back, or mount what it is on. If it is gone for good, make an empty folder of that name: what was "
    "encrypted cannot be read then, and all else goes on."
)


async def first_keys(settings: Settings, store: Store) -> Keys | None:
    """Keys for a data folder without any. Raises `Misconfigured` if what is in the database was encrypted with some.

    Otherwise a volume that is not mounted would get new ones, and what waits in line would be given back. An empty
    folder says that they are gone.
    """
    folder = settings.data_dir / "keys"
    if not folder.exists() and await store.has_sealed() and not folder.exists():  # another process may make them now
        raise Misconfigured(KEYS_AWAY.format(folder=folder))
    return keys_of(settings, make=settings.encryption)


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
