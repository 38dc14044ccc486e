"""What the columns of a feature table mean, read from their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .bands import BANDS

# Quantities of the package's own extractors; all others name their extractor themselves.
_SPECTRAL = {*BANDS, "level"}
_BODY = {"heart_rate", "amplitude", "recovery", "activity", "saturation", "dip", "change"}


@dataclass(frozen=True)
class Column:
    """One column: ``"{role}:{channel}:{quantity}"``, with the extractor that made it.

    An extractor names itself in its columns: ``"{role}:{channel}:{extractor}.{quantity}"``, or
    ``"psg:{extractor}:{quantity}"`` for what belongs to all channels. Plain quantities are the
    bands and levels of `SpectralTransformer` and what `BodyTransformer` measures; others, without
    an extractor's name, are of an unknown extractor.

    Parameters
    ----------
    role : str
        Role of the channel; ``"psg"`` for all channels together; ``""`` when unnamed.
    channel : str
        Name of the channel.
    quantity : str
        What is measured.
    extractor : str
        ``"spectral"``, ``"dmd"``, ``"encoder"``, ``"body"``, the name that the column
        says, or ``"unknown"``.
    """

    role: str
    channel: str
    quantity: str
    extractor: str

    @classmethod
    def parse(cls, name) -> Column:
        """Read a column name; a `FeatureUnion` may have put ``"{step}__"`` before it."""
        text = str(name).rpartition("__")[2]
        role, _, rest = text.partition(":")
        channel, _, quantity = rest.rpartition(":")
        if not (role and channel and quantity):
            return cls("", "", text, "unknown")
        if role == "psg":
            return cls(role, channel, quantity, channel)
        named, dot, rest = quantity.partition(".")
        if dot and named and rest:
            return cls(role, channel, rest, named)
        if quantity in _SPECTRAL:
            return cls(role, channel, quantity, "spectral")
        if quantity in _BODY:
            return cls(role, channel, quantity, "body")
        return cls(role, channel, quantity, "dmd" if quantity.startswith("dmd") else "unknown")


def parse_columns(names) -> list[Column]:
    """Parse all column names.

    Parameters
    ----------
    names : iterable of str
        Names.

    Returns
    -------
    columns : list of Column
        In order.
    """
    return [Column.parse(name) for name in names]


def without_body(table: pd.DataFrame) -> pd.DataFrame:
    """Leave the body's columns out: a gap in an ECG is none in the EEG.

    Parameters
    ----------
    table : DataFrame, shape (n_windows, n_features)
        Features.

    Returns
    -------
    table : DataFrame, shape (n_windows, n_kept)
        Columns of the other extractors; all, where there are no others.
    """
    kept = [column.extractor != "body" for column in parse_columns(table.columns)]
    return table.loc[:, kept] if any(kept) else table


def where(columns: list[Column], *, role=None, quantity=None, extractor=None) -> np.ndarray:
    """Find columns by role, quantity and extractor.

    Parameters
    ----------
    columns : list of Column
        Columns.
    role, quantity, extractor : str | tuple of str | None
        What to match; None matches all.

    Returns
    -------
    indices : array of int
        Positions.
    """

    def matches(value, wanted):
        return wanted is None or value in ((wanted,) if isinstance(wanted, str) else wanted)

    return np.array(
        [
            i
            for i, c in enumerate(columns)
            if matches(c.role, role)
            and matches(c.quantity, quantity)
            and matches(c.extractor, extractor)
        ],
        dtype=int,
    )
