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
from mne_arousal.arousals.cues import LOG_ODDS
from mne_arousal.arousals.detector import evidence_parts, judge
from mne_arousal.arousals.rules import Rules
from mne_arousal.metrics.matching import overlaps
from mne_arousal.stages.gates import sleep_gates

FEATURES = ("spectral", "body")
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
        total += sum(odds[name] * table[name] for name in odds if self.cues)
        return 1 / (1 + np.exp(-total.to_numpy(dtype=float)))


def candidates(name: str, cache: Path) -> pd.DataFrame:
    """Candidates of a simulated night that meet the definition of an arousal."""
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = prepare(name, cache / "tables", FEATURES)
        clusterer = ArousalClusterer(random_state=0, verbose="error").fit(prepared.table)
        (night,) = clusterer._split(prepared.table)
        wake, rem, deep = clusterer._stage_masks(night)
    found = evidence_parts(
        night,
        clusterer._columns,
        body_columns=clusterer._body_columns,
        components=tuple(clusterer.components),
        window_length=2.0,
        wake=wake,
    )
    asleep, atonia = sleep_gates(night, clusterer._columns, wake, rem)
    hop = night.hop(2.0)
    clusters = clusterer._stages.predict_clusters(night)[night.epochs]
    judged, _ = judge(
        found.parts,
        asleep,
        atonia,
        clusters,
        hop=hop,
        rules=Rules(),
        weights=found.weights,
        deep=None if deep is None else deep[night.epochs],
    )
    rows = [
        {
            "onset": night.onsets[c.inside.start] + 1.0,
            "duration": (c.inside.stop - c.inside.start) * hop,
            "score": c.score,
            "mixture": c.mixture_log_odds,
            **{name: c.cues.get(name, 0.0) for name in LOG_ODDS},
        }
        for c in judged
        if not c.reason
    ]
    table = pd.DataFrame(rows)
    marks = prepared.arousals
    n_true = 0 if marks is None else len(marks)
    table["true"] = False
    if n_true and len(table):
        true = pd.DataFrame({"onset": marks.onset, "duration": marks.duration})
        table["true"] = (overlaps(true, table)[0] > 0).any(axis=0)
    hours = asleep.sum() * hop / 3600
    seed = name.rpartition("-")[2]
    return table.assign(name=name, seed=seed, hours=hours, n_true=n_true)


def fit(table: pd.DataFrame, *, without_cues: bool = False) -> Fit:
    """Fit the constants; `without_cues` leaves the evidence alone to decide."""
    if without_cues:
        table = table.assign(**dict.fromkeys(LOG_ODDS, 0.0))
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
    fitted = {} if without_cues else dict(zip(FITTED, found[2:], strict=True))
    return Fit(found[0], found[1], fitted)


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
    tables = Parallel(arguments.jobs)(delayed(candidates)(n, arguments.cache) for n in chosen)
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
