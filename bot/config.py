"""Settings, read once from the environment or from `.env`. Every one has a working default."""

import logging
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot import secret_files, setting_values
from bot.catalogue import DEFAULT
from bot.errors import Misconfigured
from bot.quotas.pricing import MILLIONTHS, Policy

Listed = Annotated[tuple[str, ...], NoDecode]

PLAIN = {
    "int_parsing": "it must be a whole number",
    "int_parsing_size": "it must be a smaller number",
    "float_parsing": "it must be a number",
    "decimal_parsing": "it must be a number",
    "finite_number": "it must be a number",
    "bool_parsing": "it must be true or false",
    "literal_error": "it must be one of {expected}",
    "greater_than": "it must be more than {gt:g}",
    "greater_than_equal": "it must be at least {ge:g}",
    "less_than_equal": "it must be at most {le:g}",
}
"""Error messages, by pydantic's error type."""


UNHEARD = (
    "Only this machine can reach the web server: PORT is set, and HOST is not. Where a platform sets PORT, set HOST=:: "
    "as well, or start with the line of the Procfile."
)


class Settings(BaseSettings):
    """Field descriptions are README's table of settings; a test compares the two."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="the database, photos, clips and the generated secret")
    mark_dir: Path | None = Field(
        None, description="where it is noted how many orders were started; on another disk it tells a rolled-back one"
    )
    backup_dir: Path | None = Field(
        None, description="where a backup is made every day; best on another disk, and of all machines the same"
    )
    backup_keep: int = Field(7, ge=1, description="backups that are kept there; older ones are removed")
    database_url: SecretStr | None = Field(
        None, description="`postgresql://…` when several machines work together; SQLite in `DATA_DIR` otherwise"
    )
    host: str = Field(
        "127.0.0.1", description="address that the web server listens on, or several; `::` is any of both families"
    )
    port: int = Field(8080, ge=0, le=65535, description="and its port")
    public_url: str | None = Field(None, description="https address under which people and providers reach that server")
    playground_password: SecretStr | None = Field(
        None, description="what the chat page asks for; without it the page is served on this machine only"
    )
    trusted_proxies: Listed = Field(
        (),
        description="whose `X-Forwarded-For` counts, as in `172.17.0.1,10.0.0.0/8`; this machine's does anyway",
    )
    metrics_host: str = Field("127.0.0.1", description="address that `/metrics` is served on, apart from the rest")
    metrics_port: int | None = Field(None, ge=0, le=65535, description="and its port; without it there are no metrics")
    metrics_token: SecretStr | None = Field(
        None, description="what a scraper must show as a bearer token; without it, whoever reaches that port may read"
    )
    ping_url: SecretStr | None = Field(
        None, description="address that is fetched each minute while all is well, as Healthchecks gives one out"
    )
    alert_url: SecretStr | None = Field(None, description="address that incidents are posted to, as JSON")
    telegram_token: SecretStr | None = Field(None, description="token of the Telegram bot, from BotFather")
    telegram_api_url: str = Field(
        "https://api.telegram.org", description="its address; that of a self-hosted Bot API server, which takes 2 GB"
    )
    telegram_storage_chat: str | None = Field(
        None, description="id of a private chat for clips on their way to chats that the bot has not joined"
    )
    discord_token: SecretStr | None = Field(None, description="token of the Discord bot, from the Developer Portal")
    discord_api_url: str = Field(
        "https://discord.com/api/v10", description="its address; that of a compatible server or a proxy, with its path"
    )
    discord_shards: str = Field(
        "auto",
        description="gateway connections: as many as Discord says, `4`, or `0-3/16` for some of 16 in this process",
    )
    aimlapi_key: SecretStr | None = Field(None, description="key of AI/ML API")
    aimlapi_url: str = Field("https://api.aimlapi.com", description="its address")
    apilaplas_key: SecretStr | None = Field(None, description="key of Apilaplas")
    apilaplas_url: str = Field("https://api.apilaplas.com", description="its address")
    apilaplas_inline: bool = Field(
        True, description="`false` if it turns out not to take photos inside the request; needs `PUBLIC_URL` then"
    )
    providers: Listed = Field(
        (), description="whom to ask first, as in `apilaplas,aimlapi`; every host with a key, else `local`"
    )
    provider_slots: int = Field(5, ge=1, description="clips at the providers at once; the rest queue, fairly")
    clip_hosts: Listed = Field((), description="the only hosts that clips may be fetched from; any public one if empty")
    model: str = Field(DEFAULT.id, description="what is bought: an id or a title of docs/operator.md")
    model_price: Decimal | None = Field(
        None,
        gt=0,
        le=1000,
        allow_inf_nan=False,
        description="credits that a second of it costs, where we do not know",
    )
    model_prices: Listed = Field((), description="and of others, as in `Veo 3.1=4,Kling 2.6 Pro=2.5`")
    model_quick: str | None = Field(None, description="the model that people call Quick; that of `MODEL`")
    model_best: str | None = Field(None, description="the one that they call Best; the best Kling that has a price")
    model_sound: str | None = Field(None, description="the one for With sound; the first with a price that can")
    daily_credits: int | None = Field(
        None, ge=0, description="a person's allowance per day, 1 credit a second; 30, or 600 with the stand-in alone"
    )
    owners: Listed = Field((), description="the operators, as in `telegram:123,discord:456`; admins everywhere")
    ceiling_day: int | None = Field(
        None,
        ge=0,
        description="credits that everybody together may use a day; 600, or any number with the stand-in alone",
    )
    ceiling_month: int | None = Field(
        None, ge=0, description="and a month; 6000, or any number with the stand-in alone"
    )
    credit_price: Decimal | None = Field(
        None, ge=0, le=1000, allow_inf_nan=False, description="money that one credit costs you, for the two below"
    )
    money_day: Decimal | None = Field(
        None, ge=0, le=10**9, allow_inf_nan=False, description="money that everybody together may spend a day"
    )
    money_month: Decimal | None = Field(None, ge=0, le=10**9, allow_inf_nan=False, description="and a month")
    job_deadline: float = Field(
        86_400,
        gt=0,
        allow_inf_nan=False,
        description="seconds until a clip that never comes is given up: in line, and anew with the provider",
    )
    lease: float = Field(
        120, ge=1, allow_inf_nan=False, description="seconds until a silent worker's job goes to another"
    )
    ask_consent: bool = Field(
        True,
        description="ask people before their first clip whether those in the photo agreed to it; "
        "never with the stand-in alone",
    )
    photo_hours: float = Field(
        24, ge=1, allow_inf_nan=False, description="hours for which photos are kept after their clip is done"
    )
    clip_days: float = Field(
        30, ge=1, allow_inf_nan=False, description="days for which clips are kept; shared ones stay until unshared"
    )
    encryption: bool = Field(
        True, description="photos, clips, exports and words are encrypted on the disk, with a key for each person"
    )
    master_key: SecretStr | None = Field(
        None, description="what these keys are encrypted with, 32 characters or more; a file in `DATA_DIR` otherwise"
    )
    master_key_before: SecretStr | None = Field(
        None, description="the one before it, until `photoplay rekey` has changed the keys"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="how much is logged")
    log_format: Literal["text", "json"] = Field(
        "text", description="and how: `json` is an object a line, for a collector"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is named counts before what lies in a known place."""
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(dotenv_settings, EnvSettingsSource)
        found = env_settings.env_vars, dotenv_settings.env_vars
        return (
            init_settings,
            secret_files.Named(settings_cls, *found),
            env_settings,
            dotenv_settings,
            secret_files.Placed(settings_cls, env_settings.env_vars),
        )

    @field_validator("providers", "clip_hosts", "owners", "trusted_proxies", "model_prices", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("*", mode="before")  # defined last, so it runs before the others
    @classmethod
    def _trim(cls, value: object, info: ValidationInfo) -> object:
        """An empty value means unset, which also overrides `.env`."""
        if not isinstance(value, str):
            return value
        return value.strip() or cls.model_fields[info.field_name or ""].default

    _apart = field_validator("backup_dir")(setting_values.outside_of_data)
    _hosts = field_validator("host", "metrics_host")(setting_values.hosts)
    _key = field_validator("aimlapi_key", "apilaplas_key", "metrics_token")(setting_values.key)
    _watcher = field_validator("ping_url", "alert_url")(setting_values.address_to_fetch)
    _long = field_validator("master_key", "master_key_before")(setting_values.master_key)
    _people = field_validator("owners")(setting_values.people)
    _networks = field_validator("trusted_proxies")(setting_values.networks)
    _telegram = field_validator("telegram_token")(setting_values.telegram_token)
    _discord = field_validator("discord_token")(setting_values.discord_token)
    _shards = field_validator("discord_shards")(setting_values.shards)
    _chat = field_validator("telegram_storage_chat")(setting_values.chat)
    _address = field_validator("public_url", "aimlapi_url", "apilaplas_url", "telegram_api_url", "discord_api_url")(
        setting_values.address
    )
    _root = field_validator("public_url")(setting_values.root)
    _version = field_validator("discord_api_url")(setting_values.version)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Addresses to listen on."""
        return setting_values.listed(self.host)

    @property
    def own_address(self) -> str:
        """URL of this installation's web server from this machine, if it runs."""
        host = {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(self.hosts[0], self.hosts[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def unheard(self) -> bool:
        """Whether a hosting platform chose PORT but cannot reach us: HOST is unset, so we listen on loopback."""
        chosen = bool(self.port) and in_environment("PORT")
        return chosen and "host" not in self.model_fields_set and not (sys.stdin and sys.stdin.isatty())

    @property
    def order_of_providers(self) -> tuple[str, ...]:
        """The hosts to buy from, in order of preference. Raises `Misconfigured`."""
        keys = {"aimlapi": self.aimlapi_key, "apilaplas": self.apilaplas_key}
        for name in self.providers:
            if name not in (*keys, "local"):
                raise Misconfigured(f"PROVIDERS names “{name}”, which is none of aimlapi, apilaplas and local.")
            if name in keys and not keys[name]:
                raise Misconfigured(f"PROVIDERS names {name}, but {name.upper()}_KEY is not set.")
        return self.providers or tuple(name for name, key in keys.items() if key) or ("local",)

    @property
    def policy(self) -> Policy:
        """The operator's ceilings. A paid host always has one. Raises `Misconfigured`."""
        if not self.credit_price and (self.money_day is not None or self.money_month is not None):
            raise Misconfigured("MONEY_DAY and MONEY_MONTH need CREDIT_PRICE: what one credit costs you.")
        free = self.order_of_providers == ("local",)
        return Policy(
            credits=self.credits_a_day,
            day=self.ceiling_day if self.ceiling_day is not None or free else 600,
            month=self.ceiling_month if self.ceiling_month is not None or free else 6000,
            money_day=_millionths(self.money_day),
            money_month=_millionths(self.money_month),
            price=_millionths(self.credit_price) or 0,
        )

    @property
    def credits_a_day(self) -> int:
        """The default daily allowance of a person, in credits."""
        if self.daily_credits is not None:
            return self.daily_credits
        return 600 if self.order_of_providers == ("local",) else 30


def _millionths(money: Decimal | None) -> int | None:
    return None if money is None else round(money * MILLIONTHS)


def names() -> list[str]:
    """Names of the settings in the environment, and of those that name the file of a secret."""
    files = [f"{name.upper()}{secret_files.SUFFIX}" for name in secret_files.secret_fields(Settings)]
    return [*(name.upper() for name in Settings.model_fields), *files]


def in_environment(name: str) -> bool:
    """Whether a setting is in the environment, which counts before `.env`."""
    return any(key.upper() == name for key in os.environ)


def load(**instead: str) -> Settings:
    """Read the settings; `instead` counts before all else.

    Raises `Misconfigured`, whose message repeats no value: it might be a secret.
    """
    logging.getLogger("dotenv").setLevel(logging.ERROR)  # `env_file` reports such lines
    try:
        return Settings.model_validate(instead) if instead else Settings()
    except ValidationError as error:
        problems = "; ".join(map(_plain, error.errors(include_url=False, include_input=False)))
        raise Misconfigured(f"A setting cannot be used. {problems}.") from None
    except (UnicodeDecodeError, OSError):
        raise Misconfigured("The file .env cannot be read; it must be a text file in UTF-8.") from None


def _plain(problem: ErrorDetails) -> str:
    words = PLAIN.get(problem["type"], "").format_map(problem.get("ctx", {})).replace("'", "")
    return f"{str(problem['loc'][0]).upper()}: {words or problem['msg'].removeprefix('Value error, ')}"
