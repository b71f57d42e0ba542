"""Talk: messages that answer, thank or praise, and describe no clip. Pure."""

import re
from collections.abc import Sequence

from bot.characters import is_punctuation, is_visible

_YES = frozenset(
    (
        *("yes", "y", "yeah", "yep", "yup", "sure", "ok", "okay", "k", "agree", "agreed", "i agree", "yes i agree"),
        *("they agree", "they do", "go", "go on", "go ahead", "do it", "make it", "yes make it", "crop", "crop it"),
        *("crop to the middle", "fine", "of course", "ja", "oui", "si", "sí", "sì", "sim", "да", "так", "tak", "evet"),
        *("はい", "好", "好的", "是", "네", "예", "نعم", "כן"),
    )
)
_NO = frozenset(
    (
        *("no", "n", "nope", "nah", "don't", "dont", "do not", "stop", "cancel", "drop it", "never mind", "no way"),
        *("nein", "non", "não", "нет", "ні", "nie", "hayır", "いいえ", "不", "不要", "아니요", "لا", "לא"),
    )
)
_ACTS = {
    **dict.fromkeys(("again", "once more", "one more", "one more time", "another one", "repeat", "redo"), "again"),
    **dict.fromkeys(("repeat it", "repeat that", "retry", "try again", "do it again", "same again"), "again"),
    **dict.fromkeys(("delete", "delete it", "delete this", "remove", "remove it", "remove this"), "delete"),
    **dict.fromkeys(("share", "share it", "share this"), "share"),
    **dict.fromkeys(("unshare", "unshare it", "unshare this"), "unshare"),
    **dict.fromkeys(("join", "join them"), "join"),
    **dict.fromkeys(("continue", "continue it", "more"), "next"),
    **dict.fromkeys(("help", "help me"), "help"),
}
"""What people write to a clip for its buttons, and the commands of those."""
_AGAIN_BUT = re.compile(
    r"\s*(?:(?:do it |the )?(?:again|same)(?: again| one| as before| thing)?|once more|one more(?: time)?|redo|repeat)"
    r"(?:\s*[,.:;]\s*|\s+(?=with\b|--|[–—]\d)|\s*[–—]\s*|\s+-\s+|\s+(?:but|just|only)\s+)"
    r"(?:but\s+|just\s+|only\s+|make it\s+)*(?P<change>(?!but\Z)\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_COURTESY = re.compile(r"\b(?:please|thanks|thank you)\b")
_THANKS = frozenset(
    (
        *("thanks", "thank you", "thanks a lot", "thank you so much", "thank you very much", "many thanks", "thx"),
        *("danke", "merci", "gracias", "grazie", "obrigado", "obrigada", "спасибо", "дякую", "dziękuję", "dzięki"),
        *("teşekkürler", "ありがとう", "谢谢", "謝謝", "감사합니다", "شكرا", "תודה"),
        *("hi", "hello", "hey", "hallo", "hola", "ciao", "salut", "привет", "你好", "안녕"),
    )
)
_PRAISE = frozenset(
    (
        *("cool", "nice", "great", "wow", "awesome", "amazing", "perfect", "beautiful", "lovely", "excellent"),
        *("superb", "fantastic", "brilliant", "wonderful", "incredible", "stunning", "gorgeous", "epic", "sick"),
        *("dope", "neat", "funny", "hilarious", "good", "best", "love", "loved", "like", "liked", "omg", "wtf"),
        *("damn", "yay", "bravo", "welcome", "hm", "hmm", "ah", "aha", "oh", "ooh", "aww", "xd", "lmao", "lmfao"),
        *("rofl", "mdr", "ptdr", "gg", "super", "toll", "klasse", "geil", "schön", "gut", "wunderbar", "perfekt"),
        *("hübsch", "wunderschön", "génial", "magnifique", "superbe", "parfait", "bien", "joli", "guay", "genial"),
        *("bonito", "hermoso", "perfecto", "increíble", "vale", "bello", "bellissimo", "fantastico", "perfetto"),
        *("bravissimo", "legal", "ótimo", "lindo", "perfeito", "massa", "круто", "класс", "классно", "супер"),
        *("отлично", "красиво", "прикольно", "ок", "окей", "вау", "гарно", "чудово", "fajne", "fajnie", "świetne"),
        *("świetnie", "harika", "güzel", "süper", "tamam", "okej", "すごい", "いいね", "かわいい", "最高", "完璧"),
        *("面白い", "太棒了", "很好", "不错", "厉害", "真棒", "很棒", "好看", "不错不错", "哇", "赞", "대박"),
        *("좋아요", "멋져요", "최고", "رائع", "جميل", "ممتاز", "تمام", "מעולה", "יפה", "מגניב", "אחלה"),
    )
)
_BESIDE_PRAISE = frozenset(
    (
        *("so", "very", "really", "that", "that's", "thats", "this", "it", "it's", "its", "is", "was", "how", "too"),
        *("i", "looks", "look", "just", "pretty", "quite", "absolutely", "the", "a", "an", "one", "job", "work"),
        *("man", "dude", "bro", "bot", "you", "sehr", "das", "ist", "très", "c'est", "muy", "qué", "que", "molto"),
        *("muito", "é", "очень", "как", "дуже", "bardzo", "çok", "とても", "真", "太", "너무", "جدا", "מאוד"),
    )
)
_LAUGH = re.compile(
    r"(?:[bm]?u?w?a?(?:ha){2,}h?|(?:he){2,}|(?:hi){2,}|(?:ja){2,}j?|(?:а?ха){2,}х?|(?:rs){2,}|lo+l|k{3,}|w{3,}|x+d+|哈{2,}"
    r"|ㅋ{2,}|ㅎ{2,}|5{3,}|6{3,}|1|ه{3,}|ח{3,})"
)
_NUMBER = re.compile(r"[\s#(]*+\d[\d\s.,:/]*+%?\s*+(?:s|sec|secs|seconds)?[\s.!?)]*+")
_PRICED = re.compile(r"\byes \d+ credits?\Z")


def assent(text: str) -> bool | None:
    """True for a mere yes, False for a mere no, None for other text."""
    signs = {sign for sign in text if not sign.isspace() and sign not in "\ufe0f🏻🏼🏽🏾🏿"}
    if signs and signs <= set("👍👌✅🆗"):
        return True
    if signs and signs <= set("👎❌🚫"):
        return False
    words = " ".join(_COURTESY.sub("", _plain_words(text)).split())
    if words in _YES or _PRICED.fullmatch(words):
        return True
    return False if words in _NO else None


def act(text: str) -> str:
    """The command that a text to a clip stands for, when it is no more than that; else empty."""
    return _ACTS.get(" ".join(_COURTESY.sub("", _plain_words(text)).split()), "")


def again_but(text: str) -> str:
    """What shall be different in “again, but slower”; empty for other text."""
    match = _AGAIN_BUT.fullmatch(text)
    return match["change"].strip() if match else ""


def is_talk(text: str) -> bool:
    """Whether a text is merely a yes, a no, thanks, praise, laughter, emoji, a number or the name of a button, and so
    describes no clip."""
    words = _plain_words(text)
    if assent(text) is not None or act(text) or words in _THANKS or (is_visible(text) and not words):
        return True
    return _NUMBER.fullmatch(text) is not None or _is_praise(words.split())


def says_nothing(text: str) -> bool:
    """Whether a text with a photo of its own is talk. Emoji alone are none there: they may say what happens (💃)."""
    if not is_talk(text) or act(text) in ("again", "next"):
        return False
    return assent(text) is not None or bool(_plain_words(text)) or all(map(is_punctuation, text))


def _is_praise(words: Sequence[str]) -> bool:
    """Whether these words are praise or laughter, perhaps beside thanks or a yes."""
    praise = [word for word in words if word in _PRAISE or _LAUGH.fullmatch(word)]
    return bool(praise) and all(
        word in praise or word in _BESIDE_PRAISE or word in _YES or word in _THANKS for word in words
    )


def _plain_words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.casefold().replace("’", "'")[:80]))
