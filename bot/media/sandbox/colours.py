"""Conversion of colours to sRGB: from ICC profiles, and from code points (CICP, ITU-T H.273).

HDR (PQ, HLG) is tone-mapped by the curve of a generated profile, so that one colour engine does everything.
"""

import math
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from io import BytesIO

from PIL import Image, ImageCms

_PQ, _HLG = 16, 18
_USUAL = (1, 6, 13, 14, 15)  # BT.709, 601, sRGB, BT.2020: displayed alike
_SRGB = 1
_SRGB_GAMMA = 45_455  # 1/100,000

# Red, green and blue in XYZ, adapted to D50 as ICC wants it.
_PRIMARIES = {
    _SRGB: ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
    9: ((0.67344, 0.27902, -0.00193), (0.16566, 0.67533, 0.02997), (0.12505, 0.04561, 0.79686)),  # BT.2020
    12: ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),  # Display P3
}
_D50 = (0.9642, 1.0, 0.8249)

_WHITE = 203.0  # cd/m² of diffuse white in HDR, by BT.2408
_PEAK = 1000.0  # cd/m², the nominal peak of HLG
_KNEE = 0.6  # of white; darker values are unchanged, brighter ones are compressed into the rest


def srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an L, RGB or CMYK picture to sRGB. An unusable profile is ignored."""
    if profile:
        with suppress(Exception):  # slightly wrong colours are better than no clip
            if image.mode == "L" and profile[16:20] == b"RGB ":
                image = image.convert("RGB")
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            if converted is not None:
                return converted
    return image if image.mode == "RGB" else image.convert("RGB")


@cache
def named(primaries: int, transfer: int) -> bytes | None:
    """The profile of CICP code points; None for sRGB, and for unknown or unspecified ones."""
    curves = {_PQ: _pq, _HLG: _hlg, **dict.fromkeys(_USUAL, _gamma)}
    if transfer in _USUAL and primaries not in _PRIMARIES.keys() - {_SRGB}:
        return None
    curve = curves.get(transfer)
    return curve and _profile(_PRIMARIES.get(primaries, _PRIMARIES[_SRGB if curve is _gamma else 9]), curve)


@cache
def encoded(gamma: int) -> bytes | None:
    """The profile of a gamma in 1/100,000 (PNG); None for one that is displayed like sRGB."""
    if not 10_000 <= gamma <= 200_000 or abs(gamma - _SRGB_GAMMA) < 2_500:
        return None
    return _profile(_PRIMARIES[_SRGB], lambda value: float(value ** (100_000 / gamma)))


def _gamma(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _pq(value: float) -> float:
    """SMPTE ST 2084."""
    root = value ** (32 / 2523)
    light = max(root - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * root)
    return _toned(10_000 * light ** (8192 / 1305))


def _hlg(value: float) -> float:
    """ARIB STD-B67, with the system gamma of a display of `_PEAK`, per channel."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = value**2 / 3 if value <= 0.5 else (math.exp((value - c) / a) + b) / 12
    return _toned(_PEAK * scene**1.2)


def _toned(light: float) -> float:
    """cd/m² as a share of sRGB's range: linear up to the knee, then compressed."""
    over = (light / _WHITE - _KNEE) / (1 - _KNEE)
    return light / _WHITE if over <= 0 else _KNEE + (1 - _KNEE) * over / (1 + over)


def _profile(primaries: tuple[tuple[float, ...], ...], curve: Callable[[float], float]) -> bytes:
    """An ICC profile (version 2) of three primaries and one curve of 256 values."""
    values = [round(65535 * min(1.0, curve(value / 255))) for value in range(256)]
    bodies = [_xyz(colour) for colour in (*primaries, _D50)] + [struct.pack(">4sII256H", b"curv", 0, 256, *values)]
    names = (b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"rTRC", b"gTRC", b"bTRC")
    at, entries = 132 + 12 * len(names), list[tuple[int, int]]()
    for body in bodies:
        entries.append((at, len(body)))
        at += len(body)
    entries += [entries[-1]] * 2  # the three channels share one curve
    table = b"".join(struct.pack(">4sII", name, *entry) for name, entry in zip(names, entries, strict=True))
    header = struct.pack(">I4xI4s4s4s12x4s28x", at, 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header += _xyz(_D50)[8:] + bytes(48)
    return header + struct.pack(">I", len(names)) + table + b"".join(bodies)


def _xyz(colour: tuple[float, ...]) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(65536 * part) for part in colour))
