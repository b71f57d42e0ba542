"""Writes docs/licences.md: the licence of each package that Photoplay runs with, and of what its wheel holds besides.

`make licences`. It reads what is installed: on Linux, where wheels keep foreign libraries in a folder `<name>.libs`.
"""

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

HERE = Path(__file__).parent
PINS = HERE.parent / "requirements" / "run.txt"

ELSEWHERE = {"audioop-lts": "PSF-2.0", "colorama": "BSD-3-Clause"}
"""Packages for other Pythons and systems, which are not installed here."""

UNSAID = {"itsdangerous": "BSD-3-Clause", "jinja2": "BSD-3-Clause"}
"""Packages whose metadata has no name for their licence, or not which of several; from their licence file."""

NAMES = {
    "Apache 2.0": "Apache-2.0",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
}
"""SPDX names for what metadata says instead."""

GNU = "GPL-3.0-or-later WITH GCC-exception-3.1"
LGPL_OR_GPL = "LGPL-3.0-or-later OR GPL-2.0-or-later"
NATIVE = {
    "SvtAv1Enc": "BSD-3-Clause-Clear",
    "Xau": "MIT",
    "aom": "BSD-2-Clause",
    "asound": "LGPL-2.1-or-later",
    "avif": "BSD-2-Clause",
    "brotlicommon": "MIT",
    "brotlidec": "MIT",
    "crypto": "OpenSSL",
    "dav1d": "BSD-2-Clause",
    "de265": "LGPL-3.0-or-later",
    "drm": "MIT",
    "freetype": "FTL OR GPL-2.0-only",
    "gfortran": GNU,
    "gmp": LGPL_OR_GPL,
    "gnutls": "LGPL-2.1-or-later",
    "harfbuzz": "MIT",
    "heif": "LGPL-3.0-or-later",
    "hogweed": LGPL_OR_GPL,
    "jpeg": "IJG AND BSD-3-Clause",
    "lcms2": "MIT",
    "lzma": "0BSD",
    "mp3lame": "LGPL-2.0-or-later",
    "nettle": LGPL_OR_GPL,
    "openblas": "BSD-3-Clause",
    "opencore-amrnb": "Apache-2.0",
    "opencore-amrwb": "Apache-2.0",
    "openjp2": "BSD-2-Clause",
    "opus": "BSD-3-Clause",
    "png16": "libpng-2.0",
    "quadmath": "LGPL-2.1-or-later",
    "sharpyuv": "BSD-3-Clause",
    "ssl": "OpenSSL",
    "tiff": "libtiff",
    "unistring": LGPL_OR_GPL,
    "vpl": "MIT",
    "vpx": "BSD-3-Clause",
    "webp": "BSD-3-Clause",
    "webpdemux": "BSD-3-Clause",
    "webpmux": "BSD-3-Clause",
    "x264": "GPL-2.0-or-later",
    "x265": "GPL-2.0-or-later",
    "xcb": "MIT",
    "xcb-shape": "MIT",
    "xcb-shm": "MIT",
    "xcb-xfixes": "MIT",
    "zstd": "BSD-3-Clause",
}
"""Libraries in wheels, without `lib`; FFmpeg's are below, as their licence depends on how they were built."""

FFMPEG = {"avcodec", "avdevice", "avfilter", "avformat", "avutil", "swresample", "swscale"}
BUILT = {"av": "LGPL-3.0-or-later by its own word, but linked with x264 and x265", "opencv-python-headless": "LGPL-2.1"}

BEGINNING = """\
# Licences

Photoplay is under the MIT licence (`LICENSE`). Its wheel and its source archive hold nothing of anybody else.

What `pip` installs beside it has licences of its own, listed here as `make licences` finds them in the wheels for
Linux. Whoever runs Photoplay has nothing to do for them. Whoever passes it on **together** with them, as in a container
image, passes them on too, under their terms. Three need a look:

- **PyAV** and **pillow-heif** are BSD, but their wheels hold x264 and x265 (GPL-2.0-or-later), FFmpeg, libheif and
  libde265 (LGPL). Who passes these wheels on owes what the GPL asks for them: its text, and the source of these
  libraries or an offer of it. The wheels bring neither; pillow-heif's says where the source is. Photoplay's own code
  stays MIT, which the GPL allows. Clips are encoded by x264: with a PyAV that is built without it, none can be made
  smaller, or joined where they differ, and the stand-in makes none.
- **python-telegram-bot** is LGPL-3.0-only: it stays a package of its own that can be replaced, as `pip` installs it.
- **certifi** is MPL-2.0, file by file: nothing to do, as it is not changed.

This is what the packages say of themselves, and no legal advice. Patents (H.264, H.265) are another matter.

| package | licence | libraries in its wheel |
|---|---|---|
"""


def packages() -> list[str]:
    """Names of all packages that are pinned for running."""
    return re.findall(r"^([a-z0-9._-]+)==", PINS.read_text("utf-8"), re.MULTILINE)


def licence(name: str) -> str:
    """As in its metadata, in SPDX's words. Raises `LookupError` where it says nothing that is known."""
    if known := ELSEWHERE.get(name) or UNSAID.get(name):
        return known
    told = distribution(name).metadata
    kinds = [each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or [] if each.startswith("License ::")]
    said = told["License-Expression"] or next((line for line in (told["License"] or "").splitlines() if line), "")
    said = said or (kinds[0] if len(kinds) == 1 else "")
    said = NAMES.get(said.strip(), said.strip())
    if not re.fullmatch(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*", said):
        raise LookupError(f"{name}: its metadata says “{said}”; see its licence file, and write it into UNSAID")
    return said


def libraries(name: str) -> dict[str, str]:
    """Foreign libraries in a package's wheel, with their licences. Raises `LookupError` for one that is not known."""
    found = {}
    for stem in sorted({_stem(path) for path in _foreign(distribution(name))}):
        if stem in FFMPEG:
            found["FFmpeg"] = BUILT[name]
        elif stem not in NATIVE:
            raise LookupError(f"{name}: its wheel holds lib{stem}; find its licence, and write it into NATIVE")
        else:
            found[stem] = NATIVE[stem]
    return found


def _foreign(package: Distribution) -> list[str]:
    return [path.name for path in package.files or [] if path.parts[0].endswith(".libs") and ".so" in path.name]


def _stem(file: str) -> str:
    """`x264` of `libx264-d6533a8d.so.165`."""
    stem = re.sub(r"(-[0-9a-f]{8})+(\..*)?$", "", file.partition(".so")[0]).removeprefix("lib")
    return "openblas" if "openblas" in stem else stem


def text() -> str:
    """The whole document."""
    rows = []
    for name in packages():
        held = {} if name in ELSEWHERE else libraries(name)
        within = ", ".join(
            f"{library} ({terms})" for library, terms in sorted(held.items(), key=lambda row: row[0].lower())
        )
        rows.append(f"| {name} | {licence(name)} | {within} |\n")
    return BEGINNING + "".join(rows)


if __name__ == "__main__":
    (HERE / "licences.md").write_text(text(), "utf-8")
