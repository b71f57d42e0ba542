"""Every sentence that people read, by what it is about."""

from bot.texts import admin, chat, commands, consent, gallery, incidents, page, privacy, sharing, shell

__all__ = ["admin", "chat", "commands", "consent", "gallery", "incidents", "page", "privacy", "sharing", "shell"]
