"""Which files of a chat are tried. The bytes decide afterwards."""

import pytest

from adapters.shared.file_kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("type", "name", "kind"),
    [
        ("image/jpeg", "a.jpg", "picture"),
        ("application/octet-stream", "photo.jfif", "picture"),
        ("application/octet-stream", "DSC0001.HIF", "picture"),
        (None, "scan.jpe", "picture"),
        ("", "burst.heics", "picture"),
        ("text/plain", "photo.JPG ", "picture"),
        ("IMAGE/HEIC; charset=binary", None, "picture"),
        ("application/x-jpg", "picture", "picture"),
        ("image/x-unheard-of", "", "picture"),
        ("image", "image", "perhaps"),
        (None, "image", "perhaps"),
        (None, None, "perhaps"),
        ("application/octet-stream", "image", "perhaps"),
        ("binary/octet-stream", "IMG_0001", "perhaps"),
        ("application/octet-stream; charset=binary", "photo.jpg_large", "perhaps"),
        ("jpeg", "scan", "picture"),
        ("application/force-download", "scan", "perhaps"),
        ("application/x-octetstream", "scan", "perhaps"),
        ("unknown/unknown", "scan", "perhaps"),
        ("application/x-unknown-content-type", "scan", "perhaps"),
        ("video/mp4", "a.mp4", "video"),
        ("application/octet-stream", "IMG_0001.MOV", "video"),
        ("application/pdf", "paper.pdf", "other"),
        ("text/plain", "words.txt", "other"),
        ("audio/mpeg", "song", "other"),
        ("application/zip", "photos.jpg.zip", "other"),
    ],
)
def test_what_a_file_may_be(type: str | None, name: str | None, kind: Kind) -> None:
    assert kind_of(type, name) == kind
