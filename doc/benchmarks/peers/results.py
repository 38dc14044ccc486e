"""What the peers found, read back, and how far they agree with each other.

Run on its own, this prints the agreement of all pairs of detectors on one recording::

    python doc/benchmarks/peers/results.py CACHE untouched-SC4001
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from mne_arousal.metrics import agreement_at_equal_counts

METHODS = (
    "psgscoring-rules",
    "psgscoring-lightgbm",
    "psgscoring-unet-v1",
    "psgscoring-unet-v2",
    "luna",
)


@dataclass(frozen=True)
class Found:
    """What one peer found in one recording.

    Attributes
    ----------
    events, candidates : DataFrame
        ``onset``, ``duration`` (s) and ``score``: at the peer's own threshold, and with what
        scored below it.
    seconds : float
        CPU time that it took, s.
    hours : float
        Length of the recording.
    notes : str
        How the run differs from what the method is meant for.
    """

    events: pd.DataFrame
    candidates: pd.DataFrame
    seconds: float
    hours: float
    notes: str


def load(cache, method: str, name: str, digest: str | None = None) -> Found | None:
    """Read what a peer found; None where it was not run, or could not.

    Parameters
    ----------
    cache : path-like
        Folder that ``run_peers.py`` wrote.
    method : str
        One of `METHODS`.
    name : str
        Name of the recording.
    digest : str | None
        Digest of the signals, of ``export.digest``. Given, results on other signals, from before
        the recording changed, count as not run.

    Returns
    -------
    found : Found | None
        Events, candidates, time and notes.
    """
    folder = Path(cache) / method
    report = folder / f"{name}.json"
    if not report.exists():
        return None
    said = json.loads(report.read_text())
    if "error" in said or (digest is not None and said["digest"] != digest):
        return None
    events, candidates = (
        pd.read_csv(folder / f"{name}{ending}", dtype=float)
        for ending in (".csv", ".candidates.csv")
    )
    return Found(events, candidates, said["seconds"], said["hours"], said["notes"])


def agreement(first: Found, second: Found) -> float:
    """F1 of two peers at the smaller number of events of the two; NaN where more have no score."""
    n = min(len(first.events), len(second.events))
    for found in (first, second):
        if len(found.events) > n and found.events["score"].isna().any():
            return np.nan
    return agreement_at_equal_counts(first.events, second.events, n)


def main() -> None:
    """Print the agreement of all pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("name")
    arguments = parser.parse_args()
    found = {method: load(arguments.cache, method, arguments.name) for method in METHODS}
    found = {method: result for method, result in found.items() if result is not None}
    for a, b in combinations(found, 2):
        counts = len(found[a].events), len(found[b].events)
        print(f"{a:20} {b:20} {counts!s:12} {agreement(found[a], found[b]):.2f}")


if __name__ == "__main__":
    main()
