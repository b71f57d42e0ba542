"""The Discord adapter: slash commands, context menus, mentions, direct messages, buttons and modals, by discord.py."""
