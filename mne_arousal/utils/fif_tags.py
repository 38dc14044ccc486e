"""Whether the tags of a FIF file lie in the file and come to an end, seen before MNE reads it.

MNE follows a chain that runs in a circle for ever, and allocates what a tag says that it holds.
"""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path
from typing import BinaryIO

_HEADER = 16  # bytes: kind, type, size and place of the next tag, each a big-endian integer
_DIRECTORY_POINTER = 101  # FIFF_DIR_POINTER
_MOST_INFLATION = 50  # uncompressed bytes for each one of a .gz file, beyond _FREE_INFLATION
_FREE_INFLATION = 100_000_000  # bytes


def check_tags(path) -> None:
    """Follow the tags of a FIF file.

    Parameters
    ----------
    path : path-like
        The file; compressed where its name ends in ``.gz``.

    Raises
    ------
    ValueError
        If a tag lies outside of the file or is longer than it, or the chain never ends.
    """
    path = Path(path)
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as file:
            _follow(file, _inflated_size(file, path.stat().st_size))
    else:
        with path.open("rb") as file:
            _follow(file, path.stat().st_size)


def _inflated_size(file: gzip.GzipFile, size: int) -> int:
    most = _MOST_INFLATION * size + _FREE_INFLATION
    total = 0
    while piece := file.read(1 << 20):
        total += len(piece)
        if total > most:
            raise ValueError("it would take far more memory than its size allows")
    return total


def _follow(file: BinaryIO | gzip.GzipFile, size: int) -> None:
    at = 0
    directory = -1
    for number in range(size // _HEADER + 1):
        file.seek(at, os.SEEK_SET)
        tag = file.read(_HEADER)
        if len(tag) < _HEADER:
            if number < 2:
                raise ValueError("a tag lies outside of the file")
            break  # as MNE takes it
        kind, _, length, following = struct.unpack(">4i", tag)
        if length < 0 or at + _HEADER + length > size:
            raise ValueError("a tag is longer than the file")
        if kind == _DIRECTORY_POINTER and length >= 4:
            directory = int.from_bytes(file.read(4), "big", signed=True)
        if following < 0:
            break
        at = following or at + _HEADER + length
        if at > size:
            raise ValueError("a tag lies outside of the file")
    else:
        raise ValueError("its tags run in a circle")
    if 0 < directory <= size - _HEADER:
        _check_directory(file, directory, size)


def _check_directory(file, at: int, size: int) -> None:
    file.seek(at, os.SEEK_SET)
    length = struct.unpack(">4i", file.read(_HEADER))[2]
    if length < 0 or at + _HEADER + length > size:
        raise ValueError("its directory is longer than the file")
    entries = file.read(length // _HEADER * _HEADER)
    for _, _, bytes_of_it, place in struct.iter_unpack(">4i", entries):
        if place < 0 and bytes_of_it <= 0:  # the end
            continue
        if place < 0 or bytes_of_it < 0 or place + _HEADER + bytes_of_it > size:
            raise ValueError("its directory leads out of the file")
