"""Datasets of braindecode taken apart into recordings, without importing braindecode."""

from __future__ import annotations

import numpy as np


def is_dataset(X) -> bool:
    """Tell whether X is a braindecode dataset (without importing braindecode).

    One windows dataset and a ``torch.utils.data.Subset`` of one or of several are, too.

    Parameters
    ----------
    X : object
        What an estimator was given.

    Returns
    -------
    is_dataset : bool
        Whether it is.
    """
    if hasattr(X, "dataset") and hasattr(X, "indices"):
        return is_dataset(X.dataset)
    return (hasattr(X, "datasets") and hasattr(X, "cumulative_sizes")) or _is_one(X)


def _is_one(X) -> bool:
    return hasattr(X, "metadata") and hasattr(X, "description") and hasattr(X, "raw")


class _Part:
    """Some windows of one windows dataset, in order of time."""

    def __init__(self, dataset, rows: np.ndarray):
        self.dataset, self.rows = dataset, np.sort(rows)
        self.metadata = dataset.metadata.iloc[self.rows]
        self.description = dataset.description
        for name in ("raw", "windows"):
            if hasattr(dataset, name):
                setattr(self, name, getattr(dataset, name))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: int):
        return self.dataset[int(self.rows[row])]


def recordings_of(X) -> list:
    """List the windows datasets of single recordings that a dataset, or a subset, is made of.

    Parameters
    ----------
    X : dataset
        Of which `is_dataset` is true.

    Returns
    -------
    recordings : list
        Each with ``metadata``, ``description`` and ``raw`` or ``windows``.
    """
    if hasattr(X, "datasets"):
        return list(X.datasets)
    if not hasattr(X, "indices"):
        return [X]
    whole = recordings_of(X.dataset)
    rows = np.unique(np.asarray(X.indices, dtype=int))
    ends = np.cumsum([len(one) for one in whole])
    rows = np.where(rows < 0, rows + ends[-1], rows)
    owner = np.searchsorted(ends, rows, side="right")
    first = ends - [len(one) for one in whole]
    return [_Part(one, rows[owner == i] - first[i]) for i, one in enumerate(whole)]
