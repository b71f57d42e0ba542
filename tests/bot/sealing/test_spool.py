"""A file on its way is not readable on the disk."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.sealing import files


@given(st.lists(st.binary(max_size=200_000), max_size=5), st.integers(0, 200_000))
def test_it_is_read_as_it_was_written(parts: list[bytes], start: int) -> None:
    data = b"".join(parts)
    with tempfile.TemporaryFile() as raw, files.spool(raw) as spool:
        for part in parts:
            assert spool.write(part) == len(part)
        assert spool.tell() == len(data)
        for _ in range(2):
            spool.seek(0)
            assert spool.read() == data
        spool.seek(start)
        assert spool.read(1000) == data[start : start + 1000]


def test_its_bytes_are_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    with path.open("w+b") as raw, files.spool(raw) as spool:
        spool.write(b"a photo of somebody" * 10_000)
        spool.seek(0)
        assert b"somebody" not in path.read_bytes()
        assert spool.read(7) == b"a photo"
    assert raw.closed
