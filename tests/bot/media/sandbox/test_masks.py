"""A mask becomes a grey PNG of the photo's size with hard edges, or is refused with a sentence."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from bot import texts
from bot.errors import Refusal
from bot.media.sandbox import images
from bot.media.sandbox.images import fit_mask
from tests.bot.media.sandbox.pictures import encoded, noise


def half_white(mode: str) -> Image.Image:
    """400 × 300, the right half selected."""
    mask = Image.new("L", (400, 300), 0)
    mask.paste(255, (200, 0, 400, 300))
    if mode == "cut out":  # selected is opaque white, the rest is transparent white
        image = Image.new("RGBA", (400, 300), "white")
        image.putalpha(mask)
        return image
    if mode == "I;16":
        return Image.fromarray(np.asarray(mask).astype(np.uint16) * 257)
    return mask.convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "cut out"])
def test_a_mask_becomes_grey_with_hard_edges(mode: str) -> None:
    data = fit_mask(encoded(half_white(mode), "PNG"), (400, 300), (800, 600))
    mask = Image.open(BytesIO(data))
    assert (mask.format, mask.mode, mask.size) == ("PNG", "L", (800, 600))
    pixels = np.asarray(mask)
    assert (pixels[:, :400] == 0).all()
    assert (pixels[:, 400:] >= 254).all()


def test_a_mask_keeps_no_metadata() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "SecretAuthor")
    source = encoded(half_white("L"), "PNG", pnginfo=info, icc_profile=b"SecretProfile", dpi=(72, 72))
    data = fit_mask(source, (400, 300), (400, 300))
    assert not {b"tEXt", b"iCCP", b"pHYs", b"eXIf"} & {data[i : i + 4] for i in range(len(data))}


def test_a_mask_of_another_size() -> None:
    with pytest.raises(Refusal, match="exactly") as caught:
        fit_mask(encoded(half_white("L"), "PNG"), (400, 301), (400, 300))
    assert str(caught.value) == texts.pictures.mask_size((400, 300), (400, 301))


@pytest.mark.parametrize("form", ["JPEG", "GIF", "WEBP", "BMP"])
def test_a_mask_must_be_a_png(form: str) -> None:
    with pytest.raises(Refusal) as caught:
        fit_mask(encoded(half_white("L"), form), (400, 300), (400, 300))
    assert str(caught.value) == texts.pictures.NOT_A_MASK


def test_half_a_mask() -> None:
    data = encoded(noise(400, 300), "PNG")
    with pytest.raises(Refusal) as caught:
        fit_mask(data[: len(data) // 2], (400, 300), (400, 300))
    assert str(caught.value) == texts.pictures.BROKEN_PICTURE


def test_a_mask_that_selects_nothing_is_refused() -> None:
    file = BytesIO()
    Image.new("L", (400, 300)).save(file, "PNG")
    with pytest.raises(Refusal, match="selects nothing"):
        images.fit_mask(file.getvalue(), (400, 300), (400, 300))
