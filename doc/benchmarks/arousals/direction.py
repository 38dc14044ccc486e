"""Learn the direction for EEG alone where bodies were recorded, and measure what it is worth.

    python doc/benchmarks/arousals/direction.py CACHE --output doc/benchmarks/direction.md

Learns `WEIGHTS` of `mne_arousal/arousals/direction.py` on the choosing half, without labels: chin
EMG, heart rate and breath are regressed on departures of EEG bands. Then all channels but EEG are
taken from recordings of the choosing half, and the direction is scored beside its rivals. Simulated
nights are scored with what was learned on the other two seeds, real ones with what was learned on
simulated nights alone. Constants of the probability stay as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import warnings
from pathlib import Path
from unittest import mock

import cues as fitting
import direction_page as page
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from real_sleep import load_sc4001, sc4001_half
from recordings import SEEDS, Recording
from tables import prepare
from threadpoolctl import threadpool_limits

from mne_arousal.arousals import direction, evidence, matched_filter
from mne_arousal.arousals.detector import evidence_parts
from mne_arousal.arousals.evidence import DEFAULT_COMPONENTS
from mne_arousal.arousals.trust import correlation_beyond_chance
from mne_arousal.stages.gates import sleep_gates
from mne_arousal.utils.columns import Column

LEARNED_KINDS = (
    *("easy", "medium", "hard", "index3"),
    *(f"patient-{k}" for k in ("apnea", "periodic", "fluctuating", "insomnia", "limbs", "weak")),
)
COMPONENTS = (*DEFAULT_COMPONENTS, "direction")
FIRST_HALF = "untouched-SC4001choose"
ANSWERS = ("emg", "heart", "breath")
RIDGE = 0.01  # of the mean variance, as for the anchor


def prepared(name: str, cache: Path, roles: tuple[str, ...] | None):
    """Features of a recording, of some roles alone."""
    recording = None
    if name == FIRST_HALF:
        raw, stages = load_sc4001(*sc4001_half("choose"))
        recording = Recording(name, "untouched", "SC4001", "choose", "SC4001", raw, None, stages)
    found = prepare(name, cache / "tables", fitting.FEATURES, recording=recording)
    if roles is not None:
        kept = [c for c in found.table.columns if Column.parse(c).role in roles]
        found.table = found.table[kept]
    return found


def fitted(name: str, cache: Path, roles: tuple[str, ...] | None):
    """Stages of a recording of which some roles alone were recorded, and the true stages."""
    found = prepared(name, cache, roles)
    with mock.patch.object(fitting, "prepare", return_value=found):
        return fitting.fitted(name, cache), np.asarray(found.stages)


def moments(name: str, cache: Path) -> list[tuple]:
    """Covariance of the EEG, and with what each part of the body does, for one night."""
    night, _ = fitted(name, cache, None)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        parts = evidence_parts(
            night.table,
            night.columns,
            body_columns=night.body_columns,
            components=COMPONENTS,
            window_length=2.0,
            wake=night.wake,
        ).parts
    asleep = sleep_gates(night.table, night.columns, night.wake)[0]
    spreads = direction.band_spreads(parts, asleep)
    found = []
    for answer in (a for a in ANSWERS if a in parts):
        known = asleep & np.isfinite(parts[answer])
        x, y = spreads[known], parts[answer][known]
        y = (y - y.mean()) / y.std()
        x = x - x.mean(axis=0)
        found.append((name, answer, x.T @ x / len(x), x.T @ y / len(x)))
    return found


def learn(rows: list[tuple]) -> tuple[dict, dict]:
    """Add nights and answers up, each alike.

    Returns
    -------
    weights : dict of float
        Ridge regression, by band; squares add up to 1.
    template : dict of float
        What the EEG does where bodies answer: the covariance, scaled likewise.
    """
    gram = np.mean([row[2] for row in rows], axis=0)
    cross = np.mean([row[3] for row in rows], axis=0)
    gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram)
    scaled = [x / np.linalg.norm(x) for x in (np.linalg.solve(gram, cross), cross)]
    weights, template = (dict(zip(direction.WEIGHTS, x.tolist(), strict=True)) for x in scaled)
    return weights, template


def learned_for(name: str, rows: list[tuple]) -> list[tuple]:
    """Rows from which a recording may be judged: not its own seed, nor its own person."""
    nights = [row for row in rows if row[0].startswith("simulated")]
    if not name.startswith("simulated"):
        return nights
    seeds = sorted(SEEDS["choose"])
    first = seeds[: len(seeds) // 2]
    own = int(name.rpartition("-")[2]) in first
    others = [row for row in nights if (int(row[0].rpartition("-")[2]) in first) != own]
    return others + [row for row in rows if row[0] == FIRST_HALF]


def using(weights: dict):
    """Other weights for a while."""
    return mock.patch.dict(direction.WEIGHTS, weights)


def without():
    """No direction."""
    return mock.patch.object(evidence, "direction_view", return_value=None)


@contextlib.contextmanager
def trusting(excess):
    """Another trust, of the direction, fast EEG, sleep and hop."""
    kept = {}
    real = evidence._in_spreads

    def in_spreads(view, asleep):
        found = real(view, asleep)
        kept.setdefault("fast", found)  # the first of the witnesses
        return found

    def combine(*arguments):
        kept.clear()
        return combined(*arguments)

    combined = evidence._combine
    with (
        mock.patch.object(evidence, "_in_spreads", in_spreads),
        mock.patch.object(evidence, "_combine", combine),
        mock.patch.object(evidence, "tail_excess", lambda v, a, h: excess(v, kept["fast"], a, h)),
    ):
        yield


@contextlib.contextmanager
def fifth_template(template: dict):
    """What was learned as one more template of the matched filter, without weight or trust."""
    templates = (*matched_filter._TEMPLATES, template)
    with without(), mock.patch.object(matched_filter, "_TEMPLATES", templates):
        yield


def in_full(*_) -> float:
    """Trust on every night alike."""
    return 1.0


def unit(template: dict) -> dict:
    """Scale, missing bands 0."""
    values = {band: template.get(band, 0.0) for band in direction.WEIGHTS}
    size = np.linalg.norm(list(values.values()))
    return {band: float(value / size) for band, value in values.items()}


def variants(name: str, rows: list[tuple]) -> dict:
    """Changes of the code, those that learn for this recording."""
    own = learned_for(name, rows)
    weights, template = learn(own)

    def of(kept):
        chosen = [row for row in own if kept(row)]
        return using(learn(chosen or [row for row in rows if kept(row)])[0])

    @contextlib.contextmanager
    def trusted(excess):
        with using(weights), trusting(excess):
            yield

    return {
        page.BEFORE: without(),
        page.KEPT: using(weights),
        "counts in full on every night": trusted(in_full),
        "trusted by its correlation with fast EEG": trusted(correlation_beyond_chance),
        "a fifth template of the matched filter": fifth_template(template),
        "learned of the chin EMG alone": of(lambda row: row[1] == "emg"),
        "learned of heart and breath alone": of(lambda row: row[1] != "emg"),
        "learned of patients alone": of(lambda row: "patient" in row[0]),
        "learned of SC4001 alone": of(lambda row: row[0] == FIRST_HALF),
        "not learned: the first template": using(unit(matched_filter._TEMPLATES[0])),
        "not learned: alpha, beta and gamma": using(unit(dict.fromkeys(page.FAST, 1.0))),
    }


def candidates(name: str, roles, part: str, cache: Path, rows: list[tuple]) -> pd.DataFrame:
    """Candidates of a recording under each variant, with their probability."""
    night, stages = fitted(name, cache, roles)
    found = []
    for variant, change in variants(name, rows).items():
        with threadpool_limits(1), warnings.catch_warnings(), change:
            warnings.simplefilter("ignore")
            table = fitting.candidates(night, COMPONENTS)
        if not len(table):  # a night without candidates has arousals, too
            table = pd.DataFrame(0.0, index=[0], columns=table.columns)
            table = table.assign(mixture=-99.0, true=False)
        found.append(table.assign(variant=variant))
    table = pd.concat(found, ignore_index=True)
    at = np.minimum(table["onset"] // 30, len(stages) - 1).astype(int)
    table["asleep"] = stages[at] > 0
    n_true = 0 if night.true is None else len(night.true)
    kind, _, seed = name.removeprefix("simulated-").rpartition("-")
    return table.assign(part=part, name=name, n_true=n_true, kind=kind, seed=seed)


def main() -> None:
    """Learn, score and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    cache, parallel = arguments.cache, Parallel(arguments.jobs)
    names = [f"simulated-{k}-{s}" for s in SEEDS["choose"] for k in LEARNED_KINDS]
    nights = parallel(delayed(moments)(name, cache) for name in (*names, FIRST_HALF))
    rows = [row for night in nights for row in night]
    weights, template = learn(rows)
    print("WEIGHTS =", {band: round(value, 2) for band, value in weights.items()})
    print("covariance", {band: round(value, 2) for band, value in template.items()})
    found = parallel(
        delayed(candidates)(name, roles, part, cache, rows)
        for name, roles, part in page.recordings(SEEDS["choose"])
    )
    everything = pd.concat(found, ignore_index=True)
    arguments.output.write_text(page.write(everything, rows, weights, template, cache))


if __name__ == "__main__":
    main()
