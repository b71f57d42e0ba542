"""Discord: slash commands, the menu of messages, mentions, private messages, buttons and forms, through discord.py."""
