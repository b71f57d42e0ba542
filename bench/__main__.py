"""`make bench`: all figures, one per line as `name value unit`."""

import subprocess
import sys

BENCHES = (
    *("core", "decoder", "poll", "poll_cost", "claim", "queue", "generator", "media", "page", "gallery"),
    *("idle", "telegram", "discord"),
)

if __name__ == "__main__":
    # Each in a process of its own, so that memory of one does not affect the next.
    sys.exit(max(subprocess.run([sys.executable, "-m", f"bench.{name}"]).returncode for name in BENCHES))
