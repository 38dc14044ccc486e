"""Groups of age, from the table of a data set."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..utils.errors import RecordingError
from ..utils.privacy import reader_words

#: Edges of groups, years: children, adolescents, and adults by twenty years. The arousal index
#: rises with age (Bonnet & Arand 2007).
AGE_EDGES = (0, 6, 13, 18, 40, 60, 80)
_NAMES = ("age", "nsrr_age", "age_years", "ageyears", "age_at_psg", "age_s1")
_KEYS = ("participant_id", "nsrrid", "recording", "record", "subject", "id", "mesaid", "pptid")


def age_groups(table: Path | str | pd.DataFrame, keys: list[str]) -> dict[str, str]:
    """Find the group of age of recordings.

    Parameters
    ----------
    table : path-like | DataFrame
        Table of a data set, ``.csv`` or ``.tsv``: a column of recordings or subjects
        (``participant_id``, ``nsrrid``, ``Record``, ...; else the first) and one of ages in years
        (``age``, ``nsrr_age``, ``age_s1``, ...).
    keys : list of str
        Keys of recordings. A subject's row belongs to each recording whose name holds the subject
        between separators.

    Returns
    -------
    groups : dict
        Key to group, such as ``"40 to 59"``; recordings without an age are missing.

    Raises
    ------
    RecordingError
        If the table can't be read or has no ages.
    """
    frame = table if isinstance(table, pd.DataFrame) else _read(Path(table))
    columns = {str(column).strip().lower(): column for column in frame.columns}
    age = next((columns[name] for name in _NAMES if name in columns), None)
    age = age or next((c for name, c in columns.items() if name.startswith("age")), None)
    if age is None:
        raise RecordingError(
            f"None of the {len(frame.columns)} columns of the table of ages is named age. Rename "
            "the column of ages, in years, to age."
        )
    key = next((columns[name] for name in _KEYS if name in columns), frame.columns[0])
    ages = pd.to_numeric(frame[age], errors="coerce")
    found = {_subject(name): value for name, value in zip(frame[key], ages, strict=True)}
    known = {one: _age_of(one, found) for one in keys}
    return {one: group_of_age(value) for one, value in known.items() if np.isfinite(value)}


def group_of_age(age: float) -> str:
    """Name the group of an age.

    Parameters
    ----------
    age : float
        Years.

    Returns
    -------
    group : str
        ``"0 to 5"``, ..., ``"80 and over"``.
    """
    at = int(np.searchsorted(AGE_EDGES, age, side="right")) - 1
    if at >= len(AGE_EDGES) - 1:
        return f"{AGE_EDGES[-1]} and over"
    return f"{AGE_EDGES[max(at, 0)]} to {AGE_EDGES[max(at, 0) + 1] - 1}"


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise ValueError("it is no regular file")
        separator = "\t" if path.suffix.lower() == ".tsv" else None
        return pd.read_csv(
            path, sep=separator, engine="python", dtype=str, encoding_errors="replace"
        )
    except FileNotFoundError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        words = reader_words(error)
        raise RecordingError(f"can't be read as a table of ages ({words}).", path.name) from error


def _subject(name) -> str:
    return str(name).strip().lower().removesuffix(".0").removeprefix("sub-")


def _age_of(key: str, ages: dict[str, float]) -> float:
    """Age of the subject that a key names; NaN where none, or more than one, would fit."""
    if key in ages:
        return ages[key]
    if key.startswith("sub-"):  # BIDS says which part is the subject
        parts = [key.removeprefix("sub-").split("_")[0]]
    else:
        parts = re.split(r"[-_. ]", key)
    # tables of numbers have lost their leading zeros
    names = {name for part in parts for name in (part, part.lstrip("0"))}
    hits = {ages[name] for name in names if name in ages}
    return float(hits.pop()) if len(hits) == 1 else np.nan
