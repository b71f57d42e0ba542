"""Duration and memory of the stand-in for a 5 s clip of 1280×720 on one CPU core."""

import json
import subprocess
import sys

RUN = """
import json, os, resource, sys, tempfile, time
from pathlib import Path

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import io
import numpy as np
from PIL import Image
from generator.material import Material
from generator.render import render
from generator.request import Request
from generator.scene import compose

# Coloured noise at several scales: about as hard to encode as a detailed photo.
random = np.random.default_rng(7)
picture = Image.new("RGB", (1920, 1080), (110, 120, 130))
for cells in (4, 12, 40, 160):
    noise = Image.fromarray(random.integers(0, 256, (cells * 9 // 16 + 1, cells, 3), np.uint8))
    picture = Image.blend(picture, noise.resize(picture.size, Image.Resampling.BICUBIC), 0.35)
photo = io.BytesIO()
picture.save(photo, "JPEG", quality=92)
with tempfile.TemporaryDirectory() as folder:
    start = time.perf_counter()
    material = Material(Request(image="", prompt="slow zoom in and pan left"), photo.getvalue())
    render(compose(material), Path(folder) / "clip.mp4")
    seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump({"seconds": seconds, "rss_mb": peak}, sys.stdout)
"""


def measure() -> tuple[float, float]:
    """Seconds and peak megabytes of one render in a fresh process."""
    answer = subprocess.run([sys.executable, "-c", RUN], check=True, capture_output=True, text=True, timeout=120)
    figures = json.loads(answer.stdout)
    return figures["seconds"], figures["rss_mb"]


def main() -> None:
    seconds, megabytes = measure()
    print(f"generator.seconds {seconds:.2f} s")
    print(f"generator.rss_mb {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
