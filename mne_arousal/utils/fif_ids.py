"""FIF files without the network address of the machine that wrote them."""

from __future__ import annotations

from pathlib import Path

_IDS = (
    100,
    103,
    109,
    110,
    116,
)  # FIFF_FILE_ID, _BLOCK_ID, _PARENT_FILE_ID, _PARENT_BLOCK_ID, _REF_FILE_ID
_HEADER = 16  # bytes: kind, type, size and place of the next, each a big-endian integer
_MACHINE = slice(4, 12)  # of an id: version, two numbers of the machine, time in s and us


def remove_machine(path) -> None:
    """Set to zero what tells the machine in the ids of a FIF file.

    MNE writes the hardware address of the network card there.

    Parameters
    ----------
    path : path-like
        File, changed in place.
    """
    path = Path(path)
    data = bytearray(path.read_bytes())
    at = 0
    while at + _HEADER <= len(data):
        kind = int.from_bytes(data[at : at + 4], "big", signed=True)
        size = int.from_bytes(data[at + 8 : at + 12], "big", signed=True)
        if size < 0:
            break
        if kind in _IDS and size >= _MACHINE.stop:
            start = at + _HEADER
            data[start + _MACHINE.start : start + _MACHINE.stop] = bytes(8)
        at += _HEADER + size
    path.write_bytes(data)
