"""Addresses of the gallery, and the page where nothing is to be seen."""

from bot import texts
from tests.web_gallery import SLUG, Answer

GALLERY = f"/g/{SLUG}"
UNSEEN = texts.gallery.GONE


def gone(answer: Answer) -> bool:
    return answer.status == 404 and UNSEEN in answer.text and "no-cache" in answer.headers["Cache-Control"]
