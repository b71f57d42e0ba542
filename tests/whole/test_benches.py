"""That what README measures can still be measured: each bench with real processes runs, small, to its end."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("bench", "size", "figure"),
    [
        ("core", {"LIVES": "30"}, "core.lives_per_second"),
        ("decoder", {"FILES": "5", "ROUNDS": "1"}, "decoder.clip_cpu_ms"),
        ("poll_cost", {"JOBS": "20"}, "poll.cpu_ms"),
        ("queue", {"WAITING": "100", "RUNNING": "20", "ASKED": "5", "ROUNDS": "2"}, "queue.ahead_ms.postgresql"),
        ("page", {"TABS": "4", "CLIPS": "2", "SECONDS": "1"}, "page.first_view_p99_ms"),
        ("idle", {"STARTS": "1", "SECONDS": "1", "PHOTOS": "2"}, "telegram.first_reply_ms"),
        ("telegram", {"PARTS": "burst", "BURST": "3"}, "telegram.max_jobs_per_second"),
        ("discord", {"PARTS": "burst", "BURST": "3"}, "discord.max_jobs_per_second"),
    ],
)
async def test_a_bench_runs(bench: str, size: dict[str, str], figure: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"bench.{bench}"),
        cwd=ROOT,
        env={**os.environ, "FRAMES": "60", **size},
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-2000:]
    assert re.search(rf"^{re.escape(figure)} [\d.]+ ", out.decode(), re.MULTILINE), out.decode()
