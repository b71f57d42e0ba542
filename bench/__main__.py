"""`make bench`: every figure, each alone on a line as `name value unit`."""

import subprocess
import sys

BENCHES = ("core", "poll", "claim", "generator", "page", "gallery", "telegram", "discord")

if __name__ == "__main__":
    # Each in a process of its own: what one leaves in memory must not weigh on the next.
    sys.exit(max(subprocess.run([sys.executable, "-m", f"bench.{name}"]).returncode for name in BENCHES))
