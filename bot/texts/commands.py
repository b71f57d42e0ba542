"""One short description per command, for menus and helps."""

from bot.sentence import _

ANIMATE = _("make a clip of a photo")
JOBS = _("your last ten clips; {/jobs lake}: those with that word")
QUOTA = _("what you have left, and where it went")
CANCEL = _("take a clip back while it is still in line")
AGAIN = _("the same photo again, with the same words or with others")
CONTINUE = _("go on from a clip's last frame")
CLIP = _("have a clip sent once more")
JOIN = _("a clip and what it continues, as one film")
MODEL = _("what makes your clips, with what it costs; choose another")
DELETE = _("delete one of your clips, with its photo and words")
LINK = _("be one person here and on another platform: one allowance, one history")
UNLINK = _("be two again")
SHARE = _("put a clip into the community's gallery")
UNSHARE = _("take a clip back from every gallery")
SHARING = _("how you share: with your name, your words, open to remixes")
REMIX = _("a clip after a shared one: its photo or its words, and the other your own")
BEST = _("the clips that people liked most")
GALLERY = _("where the community's shared clips are; admins set it up")
PRIVACY = _("what is kept, how long, and who can see it")
MYDATA = _("all that is kept of you, as one file")
FORGETME = _("have all of it removed")
HELP = _("what I can do")
START = _("how to begin")

GRANT = _("give somebody credits: {/grant @someone 50 until Friday because …}")
REVOKE = _("take back what is left of them: {/revoke @someone}")
BAN = _("keep somebody from ordering: {/ban @someone for 2 weeks because …}")
UNBAN = _("let them order again: {/unban @someone}")
LIMITS = _("clips at once, longest clip, channels, who may order, confirmation, time zone")
TIER = _("a named list of people: {/tier staff add @someone}")
REFUND = _("give back a clip's credits: {/refund k7m2p9q4xw because …}")
USAGE = _("who used what: {/usage week} or {/usage month}")
AUDIT = _("who did what, when and why")
EXPORT = _("ledger and audit as CSV")
WORDLIST = _("words that no prompt may have here: {/wordlist add …}, {/wordlist remove …}, {/wordlist house off}")
REVIEW = _("shared clips that were reported, or wait for a yes")
OPERATOR = _("health, queue, spending and ceilings; {/operator pause} and {/operator resume}")

QUOTA_SET = _("an allowance: {/quota set default 30 a day}, {/quota set @someone 100 per week}")
GALLERY_SET = _("where shared clips go: {/gallery here}; {/gallery} says what else")
"""Descriptions for admins, of what everyone's commands do for them."""

JOBS_ON_PAGE = _("your last ten clips")
PRIVACY_ON_PAGE = _("what is kept, how long, who can see it, and how to have it removed")
"""Descriptions that differ in the help of the chat page."""
