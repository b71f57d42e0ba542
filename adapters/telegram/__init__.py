"""The Telegram adapter: updates become `Inbound`s, replies become messages."""

PLATFORM = "telegram"
