"""What a clip's file says of its origin, as FFmpeg reads it."""

import re
from io import BytesIO
from pathlib import Path

import av


def origin(clip: Path | bytes) -> str | None:
    """Its digital source type (IPTC), from its XMP."""
    file = BytesIO(clip) if isinstance(clip, bytes) else str(clip)
    with av.open(file, format="mp4", options={"export_xmp": "1"}) as container:
        found = re.search(r"<Iptc4xmpExt:DigitalSourceType>(.*?)<", container.metadata.get("xmp", ""))
    return found[1] if found else None


AI = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
