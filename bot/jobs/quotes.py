"""Providers' texts without the words of the order, which some quote: logs and incidents hold no prompt. Pure."""

from bot.model import Order

RUN = 3
"""Words of an order in a row that count as a quotation; all of them, if it has fewer."""
INSTEAD = "[words]"


def unquoted(text: str, order: Order) -> str:
    """`text` with each run of the order's words, of whatever case and punctuation, replaced."""
    words = text.split()
    plain = [_plain(word) for word in words]
    quoted = [False] * len(words)
    for said in (order.prompt, order.negative):
        spoken = [bare for word in said.split() if (bare := _plain(word))]
        length = min(RUN, len(spoken))
        runs = {tuple(spoken[at : at + length]) for at in range(len(spoken) - length + 1)} if length else set()
        for at in range(len(words) - length + 1 if runs else 0):
            if tuple(plain[at : at + length]) in runs:
                quoted[at : at + length] = [True] * length
    if not any(quoted):
        return text
    kept = [INSTEAD if hidden else word for word, hidden in zip(words, quoted, strict=True)]
    return " ".join(word for at, word in enumerate(kept) if word != INSTEAD or not at or kept[at - 1] != INSTEAD)


def _plain(word: str) -> str:
    return "".join(one for one in word.casefold() if one.isalnum())
