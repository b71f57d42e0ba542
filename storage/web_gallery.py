"""Galleries on the web: pages of shares, and a clip's chain and remixes; inside a transaction."""

from dataclasses import replace

from bot.gallery.model import Key, Order, Share, WebGallery
from bot.quotas.rules import Rule
from storage import shares
from storage.database import Row, Transaction

CHAIN, REMIXES = 20, 12
"""Originals and remixes shown on a clip's page."""
MOST = 2**53
"""An upper bound of hearts."""
_KEYS: dict[Order, tuple[str, ...]] = {"newest": ("at", "id"), "best": ("hearts", "at", "id")}
_GALLERIES = """
    SELECT galleries.slug, galleries.scope, rules.value FROM galleries
    LEFT JOIN rules ON rules.scope = galleries.scope AND rules.about = ''"""
BY_SLUG = f"{_GALLERIES} WHERE galleries.slug = $1"
PUBLIC = f"{_GALLERIES} WHERE rules.public = 1"
LAST_NAME = "SELECT slug, turn FROM galleries WHERE scope = $1 ORDER BY turn DESC LIMIT 1"
NAME = "INSERT INTO galleries (slug, scope, turn) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
SHOWN = """
    SELECT shares.*, galleries.slug, rules.value FROM galleries
    JOIN shares ON shares.scope = galleries.scope AND shares.id = $2 AND shares.state = 'up'
    LEFT JOIN rules ON rules.scope = galleries.scope AND rules.about = '' WHERE galleries.slug = $1"""
AROUND = """
    WITH RECURSIVE chain(id, scope, remix_of, n) AS (
        SELECT id, scope, remix_of, 1 FROM shares WHERE id = $1 AND scope = $2
        UNION ALL
        SELECT shares.id, shares.scope, shares.remix_of, chain.n + 1 FROM chain
        JOIN shares ON shares.id = chain.remix_of AND shares.scope = chain.scope WHERE chain.n < $3)
    SELECT shares.*, (SELECT min(n) FROM chain WHERE chain.id = shares.id) AS n
    FROM shares WHERE id IN (SELECT id FROM chain) AND state = 'up'
    UNION ALL SELECT * FROM (
        SELECT shares.*, 0 AS n FROM shares WHERE remix_of = $4 AND scope = $2 AND state = 'up'
        ORDER BY at DESC, id DESC LIMIT $5) AS made"""


def _page(order: Order, *, behind: bool, back: bool) -> str:
    """SQL for a page in this order, read from its index; `behind`: after a key, given as $3 and following."""
    columns = _KEYS[order]
    sign, way = (">", "ASC") if back else ("<", "DESC")
    key = ", ".join(f"${i}" for i in range(3, 3 + len(columns)))
    return f"""
        SELECT * FROM shares WHERE scope = $1 AND state = 'up'
        {f"AND ({', '.join(columns)}) {sign} ({key})" if behind else ""}
        ORDER BY {", ".join(f"{column} {way}" for column in columns)} LIMIT $2"""


PAGES = {
    (order, behind, back): _page(order, behind=behind, back=back)
    for order in _KEYS
    for behind in (False, True)
    for back in (False, True)
}


async def opened(tx: Transaction, slug: str) -> WebGallery | None:
    """An open gallery by its slug."""
    row = await tx.one(BY_SLUG, slug)
    return _opened(row) if row else None


async def name(tx: Transaction, scope: str, slug: str, *, new: bool = False) -> str:
    """A community's slug: its latest one; `slug` if it has none, or if `new`."""
    last = await tx.one(LAST_NAME, scope)
    if last is None or new:  # concurrent calls both get the first one's name
        turn = 1 + int(last["turn"] if last else 0)
        await tx.all(NAME, slug, scope, turn)
        last = (await tx.all(LAST_NAME, scope))[0]
    return str(last["slug"])


async def public(tx: Transaction, limit: int) -> list[WebGallery]:
    """Open, listed galleries by title."""
    found = [_opened(row) for row in await tx.all(PUBLIC)]
    return sorted((h for h in found if h and h.public), key=lambda h: (h.title.casefold(), h.slug))[:limit]


async def page(
    tx: Transaction, slug: str, order: Order, after: Key | None, limit: int, *, back: bool = False
) -> tuple[WebGallery, list[Share]] | None:
    """A page of an open gallery, `after` a key or, with `back`, before it; None if the gallery is closed."""
    where = await opened(tx, slug)
    if where is None:
        return None
    if after:  # from a URL: untrusted
        after = replace(after, hearts=max(0, min(after.hearts, MOST)))
    key = [getattr(after, column) for column in _KEYS[order]] if after else []
    rows = await tx.all(PAGES[order, after is not None, back], where.scope, limit, *key)
    found = [shares.share(row) for row in rows]
    return where, found[::-1] if back else found


async def shown(tx: Transaction, slug: str, share_id: str) -> tuple[WebGallery, Share] | None:
    """A visible share of an open gallery."""
    row = await tx.one(SHOWN, slug, share_id)
    where = _opened(row) if row else None
    if row is None or where is None:
        return None
    return where, shares.share(row)


async def piece(tx: Transaction, slug: str, share_id: str) -> tuple[WebGallery, Share, list[Share], list[Share]] | None:
    """`shown`, with its chain of originals (nearest first) and latest remixes."""
    found = await shown(tx, slug, share_id)
    return (*found, *await around(tx, found[1], CHAIN, REMIXES)) if found else None


async def around(tx: Transaction, share: Share, chain: int, remixes: int) -> tuple[list[Share], list[Share]]:
    """A share's chain of originals, nearest first, and its latest remixes.

    Of the same community only: other communities' shares may not be visible here.
    """
    found = await tx.all(AROUND, share.remix_of or "", share.scope, chain, share.id, remixes)
    before = sorted((row for row in found if row["n"]), key=lambda row: int(row["n"]))
    after = sorted((row for row in found if not row["n"]), key=lambda row: (row["at"], row["id"]), reverse=True)
    return [shares.share(row) for row in before], [shares.share(row) for row in after]


def _opened(row: Row) -> WebGallery | None:
    """The gallery from a row; None if it is closed."""
    rule = Rule.load(row["value"])
    if rule.web != row["slug"]:
        return None
    return WebGallery(row["slug"], row["scope"], rule.title or "Gallery", bool(rule.public))
