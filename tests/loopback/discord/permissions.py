"""Permissions in guilds and channels, as bits."""

from tests.loopback.discord.guilds import Channel, Member

ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
SEND_MESSAGES_IN_THREADS = 1 << 38
USE_EXTERNAL_APPS = 1 << 50
ALL_PERMISSIONS = (1 << 53) - 1
USUAL_PERMISSIONS = (
    ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS
    | USE_APPLICATION_COMMANDS
    | SEND_MESSAGES_IN_THREADS
    | USE_EXTERNAL_APPS
)
"""Permissions of @everyone in a new guild."""


def overwritten(held: int, home: Channel, member: Member) -> int:
    """Permissions after a channel's overwrites: @everyone's, then all roles', then the member's."""
    _, allow, deny = home.overwrites.get(member.guild.id, (0, 0, 0))
    held = held & ~deny | allow
    allow = deny = 0
    for role in member.roles:
        _, more, less = home.overwrites.get(role.id, (0, 0, 0))
        allow, deny = allow | more, deny | less
    held = held & ~deny | allow
    _, allow, deny = home.overwrites.get(member.user.id, (1, 0, 0))
    return held & ~deny | allow


def narrowed(held: int, channel: Channel) -> int:
    """Implied restrictions: nothing without View Channel, and no attachments without Send Messages."""
    if not held & VIEW_CHANNEL:
        return 0
    speaks = SEND_MESSAGES_IN_THREADS if channel.is_thread else SEND_MESSAGES
    return held if held & speaks else held & ~(EMBED_LINKS | ATTACH_FILES | MENTION_EVERYONE)
