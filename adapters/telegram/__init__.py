"""Telegram: what people send becomes words of the house, and what the house says becomes messages."""

PLATFORM = "telegram"
