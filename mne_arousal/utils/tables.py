"""Tables of this program, read back: regular files, numbers that are numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from .errors import RecordingError
from .privacy import reader_words

_LARGEST = 100e6  # bytes; a week of arousals has less than one MB
_LONGEST = 8 * 86400.0  # s; a week, and a day by which clocks may differ
_TIMES = ("onset", "duration")
_NUMBER = re.compile(
    r"(?:found_)?(?:onset|duration)|probability|score|p_\w+|\w+_(?:low|high)|(?:stage_)?cluster"
)


def read_table(path, *, needed: tuple[str, ...] = (), texts: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table that this program wrote, and that anybody may have changed.

    Parameters
    ----------
    path : path-like
        File; tabs separate the columns where it ends in ``.tsv``, otherwise commas.
    needed : tuple of str
        Columns that it must have.
    texts : tuple of str
        Columns whose cells are text even where they look like numbers.

    Returns
    -------
    table : DataFrame
        Its rows; times, probabilities and clusters are numbers, NaN for ``n/a`` and nothing.

    Raises
    ------
    RecordingError
        If it can't be read, lacks a column, or a number in it is none or out of bounds.
    """
    path = Path(path)
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise ValueError("it is no regular file or far too large")
        separator = "\t" if path.suffix == ".tsv" else ","
        kinds = dict.fromkeys(texts, str)
        table = pd.read_csv(path, sep=separator, na_values=["n/a"], dtype=kinds)
        missing = [name for name in needed if name not in table]
        if missing:
            raise ValueError(f"a column is missing: {missing[0]}")
        for name in [name for name in table if _NUMBER.fullmatch(str(name))]:
            table[name] = _numbers(table[name], required=name in needed)
    except (OSError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise RecordingError(
            f"can't be read as a table of this program ({reader_words(error)}). Run mne-arousal "
            "detect again, or get the file again.",
            path.name,
        ) from error
    return table


def _numbers(column: pd.Series, *, required: bool) -> pd.Series:
    numbers = pd.to_numeric(column)
    if pd.api.types.is_bool_dtype(numbers):
        numbers = numbers.astype(float)
    if (numbers.abs() > _LONGEST).any():
        raise ValueError("a number is out of bounds")
    if required and column.name in _TIMES and numbers.isna().any():
        raise ValueError("a time is missing")
    return numbers
