"""Whether the parts of a MAT-file fit together, seen before SciPy reads it.

SciPy's reader trusts the types and counts that stand in a file of version 5 and ends the process on
wrong ones. Format: "MAT-File Format" of The MathWorks, section on level 5.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Literal

Order = Literal["little", "big"]
_SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED, _UTF8 = 1, 5, 6, 14, 15, 16
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _FUNCTION, _OPAQUE = 1, 2, 3, 4, 5, 16, 17
_NUMBERS = range(6, 16)  # classes of arrays, double to uint64
_DEEPEST = 50  # arrays in one another; EEGLAB has about ten
_MOST_INFLATION = 50  # uncompressed bytes for each one of the file, beyond _FREE_INFLATION
_FREE_INFLATION = 100_000_000  # bytes


def check_mat(path) -> None:
    """Follow the parts of a MAT-file of version 5.

    Parameters
    ----------
    path : path-like
        The file. One of version 7.3, which is HDF5, is not looked into.

    Raises
    ------
    ValueError
        If it is no MAT-file, if parts are longer than what they lie in, or of types and counts that
        there are not.
    """
    path = Path(path)
    left = _MOST_INFLATION * path.stat().st_size + _FREE_INFLATION
    with path.open("rb") as file:
        header = file.read(128)
        if header.startswith(b"\x89HDF") or header.startswith(b"MATLAB 7.3"):
            return
        if header[126:128] not in (b"IM", b"MI"):
            raise ValueError("its header is not of a MAT file")
        order: Order = "little" if header[126:128] == b"IM" else "big"
        while tag := file.read(8):
            kind, size = (int.from_bytes(tag[i : i + 4], order) for i in (0, 4))
            data = file.read(min(size, left))
            if len(tag) < 8 or len(data) < size:
                raise ValueError("a part is longer than the file")
            if kind == _COMPRESSED:
                data = _inflated(data, order, left)
                left -= len(data)
                kind, part, _ = _part(memoryview(data), order)
            else:
                part = memoryview(data)
            if kind == _MATRIX:
                _check_array(part, order, 0)


def _inflated(data: bytes, order: Order, most: int) -> bytes:
    stream = zlib.decompressobj()
    found = stream.decompress(data, 8)  # says how much there is
    size = int.from_bytes(found[4:8], order)
    if size <= most:
        found += stream.decompress(stream.unconsumed_tail, size)
    if size > most or len(found) < size + 8:
        raise ValueError("it would take far more memory than its size allows, or is cut short")
    return found


def _part(data: memoryview, order: Order) -> tuple[int, memoryview, memoryview]:
    """Type and content of the first part, and what follows it."""
    if len(data) < 8:
        raise ValueError("a part is missing")
    kind, size = (int.from_bytes(data[i : i + 4], order) for i in (0, 4))
    if kind >> 16:  # both in four bytes, and the content in the next four
        kind, size = kind & 0xFFFF, kind >> 16
        if size > 4:
            raise ValueError("a small part is too long")
        return kind, data[4 : 4 + size], data[8:]
    if 8 + size > len(data):
        raise ValueError("a part is longer than what it lies in")
    return kind, data[8 : 8 + size], data[8 + size + -size % 8 :]


def _check_array(data: memoryview, order: Order, depth: int) -> None:
    if not len(data):  # an empty array is written so
        return
    if depth > _DEEPEST:
        raise ValueError("arrays lie in one another too deep")
    kind, flags, data = _part(data, order)
    if kind != _UINT32 or len(flags) != 8:
        raise ValueError("an array has no flags")
    word = int.from_bytes(flags[:4], order)
    kind_of_array, is_complex = word & 0xFF, bool(word & 0x0800)
    if kind_of_array in (_OPAQUE, _SPARSE):  # nothing that a recording has
        return
    kind, dims, data = _part(data, order)
    if kind not in (_INT32, _UINT32) or len(dims) % 4 or not 8 <= len(dims) <= 128:
        raise ValueError("an array has no dimensions")
    shape = [int.from_bytes(dims[i : i + 4], order, signed=True) for i in range(0, len(dims), 4)]
    if min(shape) < 0:
        raise ValueError("a dimension is negative")
    kind, _, data = _part(data, order)
    if kind not in (_INT8, _UTF8):
        raise ValueError("an array has no name")
    _check_content(kind_of_array, math.prod(shape), is_complex, data, order, depth)


def _check_content(kind_of_array, count, is_complex, data, order, depth) -> None:
    if kind_of_array in _NUMBERS:
        for _ in range(1 + is_complex):
            data = _check_values(data, order, count)
    elif kind_of_array == _CHAR:
        _check_values(data, order, None)
    elif kind_of_array == _CELL:
        _check_arrays(count, data, order, depth)
    elif kind_of_array in (_STRUCT, _OBJECT):
        if kind_of_array == _OBJECT:
            data = _check_values(data, order, None)
        kind, width, data = _part(data, order)
        length = int.from_bytes(width[:4], order)
        kind_of_names, names, data = _part(data, order)
        if kind != _INT32 or kind_of_names not in (_INT8, _UTF8) or not length:
            raise ValueError("a structure has no names of fields")
        _check_arrays(len(names) // length * count, data, order, depth)
    elif kind_of_array == _FUNCTION:
        _check_arrays(1, data, order, depth)
    else:
        raise ValueError("an array is of no class")


def _check_values(data: memoryview, order: Order, count: int | None) -> memoryview:
    """Look at one part of numbers or letters; return what follows it."""
    kind, values, data = _part(data, order)
    if kind not in _SIZES or len(values) % _SIZES[kind]:
        raise ValueError("values are of no type")
    if count is not None and len(values) // _SIZES[kind] != count:
        raise ValueError("an array has another shape than its values")
    return data


def _check_arrays(count: int, data: memoryview, order: Order, depth: int) -> None:
    if 8 * count > len(data):
        raise ValueError("arrays are missing")
    for _ in range(count):
        kind, array, data = _part(data, order)
        if kind != _MATRIX:
            raise ValueError("an array is missing")
        _check_array(array, order, depth + 1)
