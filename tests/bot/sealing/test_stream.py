"""The encrypted format: whatever is written is read, by any range, and whatever was changed is refused."""

import io
import os

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.sealing import stream
from bot.sealing.model import HEADER, SALT, TAG, Damaged, DataKey, Header

KEY = DataKey(b"h" * 16, b"k" * 8, b"s" * 32)
CHUNK = 64
SIZES = st.one_of(st.integers(0, 5 * CHUNK), st.sampled_from([CHUNK * n for n in range(5)]))


def sealed(data: bytes, pieces: int = 1000, key: DataKey = KEY, chunk: int = CHUNK) -> bytes:
    file = io.BytesIO()
    header = Header.new(key, chunk)
    writer = stream.Writer(file, header, stream.file_key(header, key))
    for start in range(0, len(data), pieces):
        writer.write(data[start : start + pieces])
    writer.finish()
    return file.getvalue()


def opened(raw: bytes, key: DataKey = KEY) -> io.BufferedReader:
    header = Header.parse(raw[:HEADER])
    return stream.opened(io.BytesIO(raw), header, stream.file_key(header, key))


@given(SIZES, st.integers(1, 300))
def test_any_size_is_read_as_it_was_written(size: int, pieces: int) -> None:
    data = os.urandom(size)
    raw = sealed(data, pieces)
    assert opened(raw).read() == data
    assert Header.parse(raw[:HEADER]).data_size(len(raw)) == size
    assert data == b"" or size < 8 or data not in raw


@given(SIZES, st.data())
def test_any_range_is_read_alone(size: int, draw: st.DataObject) -> None:
    data = os.urandom(size)
    with opened(sealed(data)) as file:
        for _ in range(5):
            start = draw.draw(st.integers(0, size + 5))
            count = draw.draw(st.integers(0, size + 5))
            assert file.seek(start) == start
            assert file.read(count) == data[start : start + count]
        assert file.seek(0, os.SEEK_END) == size


@given(SIZES, st.data())
def test_any_flipped_bit_is_refused(size: int, draw: st.DataObject) -> None:
    raw = bytearray(sealed(os.urandom(size)))
    raw[draw.draw(st.integers(0, len(raw) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    with pytest.raises(Damaged):
        opened(bytes(raw)).read()


@given(SIZES, st.data())
def test_any_truncation_is_refused_when_it_is_opened(size: int, draw: st.DataObject) -> None:
    raw = sealed(os.urandom(size))
    with pytest.raises(Damaged):
        opened(raw[: draw.draw(st.integers(0, len(raw) - 1))])


@given(SIZES, st.binary(min_size=1, max_size=200))
def test_anything_appended_is_refused_when_it_is_opened(size: int, more: bytes) -> None:
    with pytest.raises(Damaged):
        opened(sealed(os.urandom(size)) + more)


@given(st.permutations(range(4)), st.booleans())
def test_chunks_in_another_order_are_refused(order: list[int], doubled: bool) -> None:
    raw = sealed(os.urandom(4 * CHUNK))
    whole = CHUNK + TAG
    chunks = [raw[HEADER + n * whole : HEADER + (n + 1) * whole] for n in range(4)]
    if doubled:
        order = [order[0], *order[:3]]
    assume(order != [0, 1, 2, 3])
    with pytest.raises(Damaged):
        opened(raw[:HEADER] + b"".join(chunks[n] for n in order)).read()


def test_chunks_of_another_file_of_that_person_are_refused() -> None:
    one, other = sealed(bytes(2 * CHUNK)), sealed(bytes(2 * CHUNK))
    assert one != other
    with pytest.raises(Damaged):
        opened(one[: HEADER + CHUNK + TAG] + other[HEADER + CHUNK + TAG :])


def test_another_persons_key_does_not_open_it() -> None:
    with pytest.raises(Damaged):
        opened(sealed(b"a photo"), DataKey(KEY.holder, KEY.id, b"x" * 32))


def test_a_header_asks_for_no_more_memory_than_a_chunk_may_take() -> None:
    raw = sealed(b"a photo")
    with pytest.raises(Damaged):
        Header.parse(raw[:8] + (2**31).to_bytes(4, "big") + raw[12:HEADER])


def test_reading_ahead_decrypts_each_chunk_once() -> None:
    """A clip is streamed in pieces that are smaller than a chunk, and some larger."""
    data = os.urandom(300_000)
    raw = sealed(data, chunk=65_536)
    header = Header.parse(raw[:HEADER])
    file = Counting(raw)
    with stream.opened(file, header, stream.file_key(header, KEY)) as clip:
        assert b"".join(iter(lambda: clip.read(10_000), b"")) == data
    assert file.taken < len(raw) + 65_536 + TAG + 1


class Counting(io.BytesIO):
    """A file that counts the bytes that are read from it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_the_key_of_a_file_is_that_of_hkdf() -> None:
    raw = Header.new(KEY).raw
    theirs = HKDF(SHA256(), 32, salt=raw[-SALT:], info=raw[:-SALT]).derive(KEY.secret)
    assert stream.file_key(Header.parse(raw), KEY) == theirs


def test_a_key_is_in_no_representation() -> None:
    assert "sss" not in repr(KEY)
