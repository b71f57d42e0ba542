"""A picture in video format: full-size luma, half-size chroma (4:2:0, BT.709)."""

from dataclasses import dataclass

import av
import cv2
import numpy as np

from generator.arrays import Floats, Pixels, pixels


@dataclass(frozen=True, slots=True)
class Planes:
    """`luma` is height × width, `chroma` is half of each × 2 (U, V)."""

    luma: Pixels
    chroma: Pixels

    @classmethod
    def of(cls, rgb: Pixels) -> "Planes":
        """From RGB with even sides."""
        height, width = rgb.shape[:2]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        flat = frame.reformat(format="yuv420p", dst_colorspace="ITU709").to_ndarray()
        u, v = flat[height:].reshape(2, height // 2, width // 2)
        return cls(np.ascontiguousarray(flat[:height]), np.ascontiguousarray(np.dstack((u, v))))

    def copy(self) -> "Planes":
        return Planes(self.luma.copy(), self.chroma.copy())

    def warped(self, luma_map: Floats, chroma_map: Floats) -> "Planes":
        """Sampled at the maps' positions, mirrored beyond the rim."""
        return Planes(
            _sampled(self.luma, luma_map),
            _sampled(self.chroma, chroma_map),
        )

    def mixed(self, other: "Planes", share: float) -> "Planes":
        """This picture, blended with another one of opacity `share` (0..1)."""
        return Planes(
            pixels(cv2.addWeighted(self.luma, 1 - share, other.luma, share, 0)),
            pixels(cv2.addWeighted(self.chroma, 1 - share, other.chroma, share, 0)),
        )

    def flat(self) -> Pixels:
        """The yuv420p layout for encoders: height × 3/2 rows."""
        height, width = self.luma.shape
        flat = np.empty((height * 3 // 2, width), np.uint8)
        flat[:height] = self.luma
        flat[height:].reshape(2, height // 2, width // 2)[:] = self.chroma.transpose(2, 0, 1)
        return flat


def _sampled(plane: Pixels, positions: Floats) -> Pixels:
    # The stubs of OpenCV do not know that the second map is None when the first one has both coordinates. An empty
    # array in its place makes OpenCV loop without end.
    return pixels(
        cv2.remap(plane, positions, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[call-overload]
    )
