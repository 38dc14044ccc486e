"""Fit the constants of cues and of the recalibrated evidence to simulated nights.

    python doc/benchmarks/arousals/cues.py CACHE [--seeds 3]

The candidates of every kind of simulated sleeper of the choosing half are judged by the package's
own code; a logistic regression on whether a candidate overlaps an arousal that was put in gives
`OFFSET` and `FACTOR` of `mne_arousal/arousals/probability.py`, and the log odds of length, fast
EEG, heart and breath in `cues.py` there. The log odds of the other cues are kept as they are, for
the reasons that are given there. Patients and other sleepers count the same, as clinics record
patients. Prints the constants, and what they do on seeds that were left out of the fit.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from recordings import names
from scipy.optimize import minimize
from tables import prepare
from threadpoolctl import threadpool_limits

from mne_arousal import ArousalClusterer
from mne_arousal.arousals.cues import LOG_ODDS, chance_of_sleep
from mne_arousal.arousals.detector import evidence_parts, judge
from mne_arousal.arousals.evidence import DEFAULT_COMPONENTS
from mne_arousal.arousals.rules import Rules
from mne_arousal.metrics.matching import overlaps
from mne_arousal.stages.gates import sleep_gates

FEATURES = ("spectral", "body")
CUES = (*LOG_ODDS, "brief sleep")
FITTED = ("short", "no shift of the EEG", "heart", "breath")
RIDGE = 1e-3


@dataclass(frozen=True)
class Fit:
    """Constants that were fitted.

    Attributes
    ----------
    offset, factor : float
        Of the evidence: offset, and factor on the mixture's log odds.
    cues : dict
        Log odds of each fitted cue.
    """

    offset: float
    factor: float
    cues: dict[str, float]

    def probability(self, table: pd.DataFrame) -> np.ndarray:
        """Probability of each candidate."""
        odds = LOG_ODDS | self.cues
        total = self.offset + self.factor * table["mixture"]
        total += sum(odds[name] * table[name] for name in odds)
        asleep = chance_of_sleep(table["brief sleep"].to_numpy(dtype=float))
        return asleep / (1 + np.exp(-total.to_numpy(dtype=float)))


@dataclass(frozen=True)
class Fitted:
    """A recording with its stages, as evidence and candidates take it.

    Attributes
    ----------
    name : str
        Name of the recording.
    table : EpochTable
        Features and body.
    columns, body_columns : list of Column
        What they are.
    wake, rem : array of bool, shape (n_epochs,) | None
        Epochs of wake and REM sleep.
    context : dict of array of bool, shape (n_epochs,)
        Epochs of deep and of brief sleep.
    clusters : array of int, shape (n_epochs,)
        Stage clusters.
    true : DataFrame | None
        Onset and duration (s) of arousals that were put in.
    """

    name: str
    table: object
    columns: list
    body_columns: list
    wake: np.ndarray | None
    rem: np.ndarray | None
    context: dict[str, np.ndarray]
    clusters: np.ndarray
    true: pd.DataFrame | None


def fitted(name: str, cache: Path) -> Fitted:
    """Stages of a recording, from kept tables."""
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = prepare(name, cache / "tables", FEATURES)
        clusterer = ArousalClusterer(random_state=0, verbose="error").fit(prepared.table)
        (night,) = clusterer._split(prepared.table)
        masks = clusterer._stage_masks(night)
    marks = prepared.arousals
    true = None
    if marks is not None:
        true = pd.DataFrame({"onset": marks.onset, "duration": marks.duration})
    columns, body_columns = clusterer._columns, clusterer._body_columns
    clusters = clusterer._stages.predict_clusters(night)
    return Fitted(name, night, columns, body_columns, *masks, clusters, true)


def candidates(night: Fitted, components=DEFAULT_COMPONENTS) -> pd.DataFrame:
    """Candidates of a night that meet the definition of an arousal."""
    table, epochs = night.table, night.table.epochs
    found = evidence_parts(
        table,
        night.columns,
        body_columns=night.body_columns,
        components=components,
        window_length=2.0,
        wake=night.wake,
    )
    asleep, atonia = sleep_gates(table, night.columns, night.wake, night.rem)
    hop = table.hop(2.0)
    judged, _ = judge(
        found.parts,
        asleep,
        atonia,
        night.clusters[epochs],
        hop=hop,
        rules=Rules(),
        weights=found.weights,
        context={name: mask[epochs] for name, mask in night.context.items()},
    )
    rows = [
        {
            "onset": table.onsets[c.inside.start] + 1.0,
            "duration": (c.inside.stop - c.inside.start) * hop,
            "score": c.score,
            "mixture": c.mixture_log_odds,
            **{name: c.cues.get(name, 0.0) for name in CUES},
        }
        for c in judged
        if not c.reason
    ]
    rows = pd.DataFrame(rows, columns=["onset", "duration", "score", "mixture", *CUES])
    n_true = 0 if night.true is None else len(night.true)
    rows["true"] = False
    if n_true and len(rows):
        rows["true"] = (overlaps(night.true, rows)[0] > 0).any(axis=0)
    hours = asleep.sum() * hop / 3600
    seed = night.name.rpartition("-")[2]
    return rows.assign(name=night.name, seed=seed, hours=hours, n_true=n_true)


def _of(name: str, cache: Path) -> pd.DataFrame:
    return candidates(fitted(name, cache))


def fit(table: pd.DataFrame) -> Fit:
    """Fit the constants."""
    x = np.column_stack([np.ones(len(table)), table["mixture"], table[list(FITTED)]])
    kept = [name for name in LOG_ODDS if name not in FITTED]
    given = sum(LOG_ODDS[name] * table[name].to_numpy() for name in kept)
    y = table["true"].to_numpy(dtype=float)
    patients = table["name"].str.startswith("simulated-patient").to_numpy()
    share = np.where(patients, 0.5 / max(patients.sum(), 1), 0.5 / max((~patients).sum(), 1))

    def loss(weights):
        odds = x @ weights + given
        return share @ (np.logaddexp(0, odds) - y * odds) + RIDGE * np.mean(weights[1:] ** 2)

    found = minimize(loss, np.zeros(x.shape[1]), method="BFGS").x
    return Fit(found[0], found[1], dict(zip(FITTED, found[2:], strict=True)))


def calibration_error(probability: np.ndarray, true: np.ndarray) -> float:
    """Expected calibration error in ten bins (Guo et al. 2017, ICML)."""
    bins = np.minimum((10 * probability).astype(int), 9)
    gaps = [
        abs(true[bins == k].mean() - probability[bins == k].mean()) * np.sum(bins == k)
        for k in range(10)
        if np.any(bins == k)
    ]
    return float(sum(gaps) / len(true))


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    chosen = names("choose", "simulated", None, arguments.seeds)
    tables = Parallel(arguments.jobs)(delayed(_of)(n, arguments.cache) for n in chosen)
    table = pd.concat(tables, ignore_index=True)
    left_out = np.full(len(table), np.nan)
    for seed in table["seed"].unique():
        others = table["seed"] == seed
        left_out[others] = fit(table[~others]).probability(table[others])
    found = fit(table)
    print(f"{len(table)} candidates of {len(chosen)} nights, {table['true'].mean():.0%} true")
    print(f"OFFSET, FACTOR = {found.offset:.2f}, {found.factor:.2f}")
    for name, value in found.cues.items():
        print(f"{name}: {value:.2f}")
    error = calibration_error(left_out, table["true"].to_numpy(dtype=float))
    print(f"expected calibration error on seeds left out: {error:.3f}")


if __name__ == "__main__":
    main()
