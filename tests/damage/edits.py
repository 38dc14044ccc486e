"""Edits that damage a file of any format, drawn from a seed."""

import random
import re

HEAD = 700  # bytes; most formats say in their first bytes what they are
WORDS = (
    *(b"", b"0", b"-1", b"1", b"1e9", b"1e999", b"nan", b"inf", b"-0.0", b"99999999", b"9" * 400),
    *(b"\0", b"\n", b"\r", b"\t", b";", b",", b'"', b"'", b"<", b"&", b"]]>", b"{", b"[", b"}"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xff\x00", b"\x14", b"\x15", b"#", b"*", b"=", b"..."),
    *(b"24:61:99", b"2020-13-45T99:99:99", b"31/12/9999 23:59:59", b"0001-01-01T00:00:00+14:00"),
    *(b"<!ENTITY a 'b'>", b"[" * 5000, b"n/a", b"null", b"true", "é".encode(), b"arousal", b"0+"),
)
NUMBERS = (0, 1, -1, 2, 7, 255, 4096, 65535, 10**6, 2**31 - 1, -(2**31), 2**32 - 1, 2**62)
_DIGITS = re.compile(rb"-?\d+(?:\.\d+)?")


def damage(data: bytes, seed: str) -> bytes:
    """Damage a file by one to four edits.

    Parameters
    ----------
    data : bytes
        The file.
    seed : str
        The same seed gives the same damage.

    Returns
    -------
    data : bytes
        The damaged file.
    """
    rng = random.Random(seed)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        data = rng.choice(EDITS)(data, rng)
    return data


def _place(data, rng) -> int:
    """Draw a position: in the head for one half, near the end for a tenth."""
    drawn = rng.random()
    if drawn < 0.5:
        return rng.randrange(min(len(data), HEAD) + 1)
    if drawn < 0.6:
        return len(data) - rng.randrange(min(len(data), HEAD) + 1)
    return rng.randrange(len(data) + 1)


def flip_bit(data, rng):
    """One bit is the other."""
    at = _place(data, rng)
    if at >= len(data):
        return data
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def set_bytes(data, rng):
    """A run of bytes is any other."""
    at = _place(data, rng)
    run = _run(rng)
    return data[:at] + run + data[at + len(run) :]


def insert(data, rng):
    """Bytes come in between."""
    at = _place(data, rng)
    return data[:at] + _run(rng) + data[at:]


def delete(data, rng):
    """Bytes are missing."""
    at = _place(data, rng)
    return data[:at] + data[at + rng.choice((1, 2, 8, 80, 1000)) :]


def truncate(data, rng):
    """The end is missing."""
    return data[: _place(data, rng)]


def repeat(data, rng):
    """A block comes twice."""
    at = _place(data, rng)
    block = data[at : at + rng.choice((1, 8, 16, 256, 3000))]
    return data[:at] + block + data[at:]


def swap(data, rng):
    """Two blocks change places."""
    size = rng.choice((1, 4, 8, 80))
    low, high = sorted((_place(data, rng), _place(data, rng)))
    if high < low + size:
        return data
    middle = data[low + size : high]
    return (
        data[:low]
        + data[high : high + size]
        + middle
        + data[low : low + size]
        + data[high + size :]
    )


def change_number(data, rng):
    """A number in text is another one, of the same width or not."""
    start = _place(data, rng)
    found = _DIGITS.search(data, max(start - 8, 0), start + 4000)
    if found is None:
        return set_bytes(data, rng)
    text = rng.choice((str(rng.choice(NUMBERS)).encode(), rng.choice(WORDS[:11])))
    width = len(found[0])
    if rng.random() < 0.5:  # fields of fixed width stay where they are
        text = text[:width].ljust(width)
    return data[: found.start()] + text + data[found.end() :]


def set_integer(data, rng):
    """A binary count is another one."""
    size = rng.choice((1, 2, 4, 4, 8))
    at = _place(data, rng) // size * size
    value = rng.choice(NUMBERS) % (1 << 8 * size)
    return data[:at] + value.to_bytes(size, rng.choice(("little", "big"))) + data[at + size :]


def change_line(data, rng):
    """A line is missing, comes twice, or stands elsewhere."""
    lines = data.split(b"\n")
    if len(lines) < 3:
        return repeat(data, rng)
    at = min(rng.randrange(len(lines)), rng.randrange(len(lines)))
    line = lines[at]
    kind = rng.randrange(3)
    if kind != 1:
        del lines[at]
    if kind:
        lines.insert(rng.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _run(rng) -> bytes:
    return rng.choice(WORDS) if rng.random() < 0.6 else rng.randbytes(rng.choice((1, 2, 4, 16, 64)))


EDITS = (
    flip_bit,
    flip_bit,
    set_bytes,
    set_bytes,
    insert,
    delete,
    truncate,
    repeat,
    swap,
    change_number,
    change_number,
    change_number,
    set_integer,
    set_integer,
    change_line,
)
