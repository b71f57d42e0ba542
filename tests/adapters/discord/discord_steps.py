"""Steps of people and admins on Discord, and what they are told."""

from tests.adapters.discord.discord_rig import Rig
from tests.houses import picture
from tests.loopback.discord.guilds import Channel, Guild, User
from tests.loopback.discord.messages import Interaction, Message
from tests.loopback.discord.permissions import MANAGE_GUILD, USUAL_PERMISSIONS

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}


def boss(rig: Rig, guild: Guild | None = None, name: str = "boss") -> User:
    """Somebody with Manage Server."""
    guild = guild or rig.guild
    user = rig.api.user(name)
    rig.api.member(user, guild, [rig.api.role(guild, f"of {name}", USUAL_PERMISSIONS | MANAGE_GUILD)])
    return user


async def heard(rig: Rig, asked: Interaction) -> str:
    """What only the person was told."""
    return (await rig.whispers(asked))[0]


async def has_left(rig: Rig, user: User, words: str, channel: Channel | None = None) -> None:
    asked = rig.slash("quota", user=user, channel=channel or rig.channel)
    assert words in await heard(rig, asked)


async def reply(rig: Rig, said: Message) -> Message:
    """What the bot answered to a message, in its channel."""
    found: list[Message] = await rig.api.until(lambda: [one for one in rig.posts(said.channel) if one.reply_to is said])
    return found[0]
