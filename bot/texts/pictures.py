"""Refusals of pictures and masks."""

from bot.sentence import Sentence, _

NOT_A_PICTURE = _("That file isn't a picture I can read. Send a JPEG, PNG, WebP, HEIC, AVIF, GIF or BMP.")
NOT_A_VIDEO = _("I can't read that video. Send an MP4, or a photo.")
BROKEN_PICTURE = _("That picture is damaged or only half arrived. Please send it again.")
EMPTY_PICTURE = _("That file is empty. Please send the picture again.")
PICTURE_UNREACHABLE = _("I couldn't fetch that picture. Please send it again.")
ONE_PHOTO = _(
    "Send one photo, or two for the first and the last frame. More than two, or a video among them, "
    "can't become one clip."
)
ONE_STATIC_MASK = _("Only one static mask fits into a clip. Please paint everything that should stay still into one.")
EMPTY_MASK = _("Nothing in that mask is white, so it selects nothing. Paint white what it should be about.")
NOT_A_MASK = _("A mask must be a PNG file as large as the photo: white where it counts, black elsewhere.")


def too_heavy(limit_mb: int) -> Sentence:
    """Refusal of a file over the limit of megabytes."""
    return _(
        "That file is too large. Pictures of up to {limit_mb} MB work; a smaller copy will do fine.", limit_mb=limit_mb
    )


def too_many_pixels(width: int, height: int, limit: int) -> Sentence:
    """Refusal of a picture over the limit of pixels."""
    return _(
        "That picture is {width} × {height} pixels, more than I can open safely. "
        "Please scale it down to at most {megapixels} megapixels.",
        width=width,
        height=height,
        megapixels=limit // 1_000_000,
    )


TOO_SMALL = _("That picture is {width} × {height} pixels. Both sides need at least {least}; please send a larger one.")


def too_small(width: int, height: int, least: int) -> Sentence:
    """Refusal of a picture with a side shorter than `least` pixels."""
    return TOO_SMALL.fill(width=width, height=height, least=least)


def too_long(width: int, height: int) -> Sentence:
    """Refusal of an aspect ratio outside 1:2.5 to 2.5:1 with masks: they would not fit the cropped picture."""
    return _(
        "That picture is {width} × {height} pixels: too long and narrow. The longer side may be at most two "
        "and a half times the shorter one, so please crop it first, and the masks with it.",
        width=width,
        height=height,
    )


TOO_LONG = _(
    "That picture is long and narrow: one side may be at most two and a half times the other. Shall I take its middle? "
    "It waits here for an hour, and nothing is spent before you say so."
)
TOO_LONG_SHELL = _(
    "That picture is long and narrow: one side may be at most two and a half times the other. Nothing was ordered. "
    "With --crop I take its middle."
)
CROP = _("Crop to the middle")


def mask_size(mask: tuple[int, int], photo: tuple[int, int]) -> Sentence:
    """Refusal of a mask whose size (pixels) differs from the photo's."""
    return _(
        "The mask is {mask_width} × {mask_height} pixels, but the photo is {width} × {height}. "
        "A mask must have exactly the photo's size.",
        mask_width=mask[0],
        mask_height=mask[1],
        width=photo[0],
        height=photo[1],
    )


def brush_points(count: int) -> Sentence:
    """Refusal of a path with too few or too many points."""
    return _(
        "A brush path needs 2 to 77 points, and this one has {count}. For example: --brush mask.png:100,200;300,200",
        count=count,
    )


def brush_outside(x: int, y: int, width: int, height: int) -> Sentence:
    """Refusal of a path that leaves the photo; all in pixels."""
    return _(
        "The brush point {x},{y} lies outside the photo, which is {width} × {height} pixels.",
        x=x,
        y=y,
        width=width,
        height=height,
    )


def too_many_brushes(limit: int) -> Sentence:
    """Refusal of more than `limit` brushes."""
    return _("At most {limit} brushes fit into one clip.", limit=limit)
