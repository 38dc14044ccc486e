"""What other settings of the detector do on the choosing half.

    python doc/benchmarks/arousals/ledger.py CACHE --output doc/benchmarks/arousals_ledger.md

Each variant changes one thing in the package's code, has the constants of the probability fitted
anew (`cues.py`, on the other seed), and is scored on simulated sleepers and patients, on implants
in SC4001 and in deep sleep, and on untouched deep sleep: the parts on which no setting may lose.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from unittest import mock

import cues as fitting
import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from mne_arousal.arousals import cues, evidence, matched_filter

KINDS = ("medium", "hard", "apnea", "index3", "old", "eegalone")
PATIENTS = ("apnea", "periodic", "fluctuating", "insomnia", "limbs", "weak")
SEEDS = (200, 201)
REAL = (
    "implants-SC4001choose-20",
    *(f"implants-ucddb{n}-20" for n in ("002", "005", "007", "009")),
    *(f"untouched-ucddb{n}" for n in ("002", "005", "007", "009", "011", "013")),
)
MORE_TEMPLATES = (
    *matched_filter._TEMPLATES,
    {"theta": 0.5, "alpha": 1.0, "beta": 1.0, "gamma": 0.5},
)


def patched(target, name, value):
    """Change a constant for a while."""
    return lambda: mock.patch.object(target, name, value)


def trust(**full):
    """Other correlations at which a witness counts in full."""
    return patched(evidence, "_FULL_TRUST", evidence._FULL_TRUST | full)


VARIANTS = {
    "as it is": contextlib.nullcontext,
    "a template that spares delta": patched(matched_filter, "_TEMPLATES", MORE_TEMPLATES),
    "movement counts from nothing on": patched(cues, "_LEAST_MOVEMENT", 0.0),
    "chin EMG weighs as fast EEG": patched(evidence, "_EMG_WEIGHT", 1.0),
    "heart and breath count twice": trust(heart=0.25, breath=0.5),
    "no anchor": trust(anchor=1e9),
    "no heart, no breath": trust(heart=1e9, breath=1e9),
}
NO_CUES = "no cues"


def table(name: str, variant: str, cache: Path) -> pd.DataFrame:
    """Candidates of a recording under a variant."""
    with VARIANTS[variant]():
        found = fitting.candidates(name, cache)
    return found.assign(variant=variant)


def score(rows: pd.DataFrame, hours: float) -> dict:
    """F1, recall and others an hour at a probability of 0.5."""
    taken = rows["probability"] >= 0.5
    hits = int((taken & rows["true"]).sum())
    n_true = rows.groupby("name")["n_true"].first().sum()
    return {
        "F1": 2 * hits / max(n_true + taken.sum(), 1),
        "recall": hits / max(n_true, 1),
        "others": float((taken & ~rows["true"]).sum()) / max(hours, 1e-9),
    }


def row(variant: str, rows: pd.DataFrame, *, without_cues: bool = False) -> list[str]:
    """Scores of a variant, the constants fitted on the other seed."""
    simulated = rows["name"].str.startswith("simulated")
    rows = rows.assign(probability=np.nan)
    for seed in map(str, SEEDS):
        fit = fitting.fit(rows[simulated & (rows["seed"] != seed)], without_cues=without_cues)
        at = simulated & (rows["seed"] == seed)
        rows.loc[at, "probability"] = fit.probability(rows[at])
    fit = fitting.fit(rows[simulated], without_cues=without_cues)
    rows.loc[~simulated, "probability"] = fit.probability(rows[~simulated])
    parts = {
        "sleepers": simulated & ~rows["name"].str.contains("patient"),
        "patients": rows["name"].str.contains("patient"),
        "SC4001": rows["name"].str.startswith("implants-SC4001"),
        "deep": rows["name"].str.startswith("implants-ucddb"),
        "untouched": rows["name"].str.startswith("untouched"),
    }
    found = {}
    for part, at in parts.items():
        hours = rows[at].groupby("name")["hours"].first().sum()
        found[part] = score(rows[at], hours)
    return [
        variant,
        f"{found['sleepers']['F1']:.3f}",
        f"{found['patients']['F1']:.3f}",
        f"{found['SC4001']['recall']:.2f} @ {found['SC4001']['others']:.1f}",
        f"{found['deep']['recall']:.2f} @ {found['deep']['others']:.1f}",
        f"{found['untouched']['others']:.1f}",
    ]


INTRO = """# Arousals: what was tried

Made by `doc/benchmarks/arousals/ledger.py` on the choosing half: simulated sleepers ({kinds})
and patients ({patients}) of seeds {seeds}, implants,
untouched deep sleep. Each variant changes one thing and has the constants of the probability fitted
anew on the other seed. F1, recall and others an hour are those of candidates with a probability of
at least 0.5, before their edges are located; the rule of 10 s between arousals is not applied. A
setting is kept where it does not lose on any part.

"""

OUTRO = """
The strength of simulated patients was set by what an earlier version of the detector found in them,
so their absolute figures say little. Agreement with other detectors on real nights was looked at as
well, with code that is not kept: with a template that spares delta, fewer events were Luna's on a
night of the UCD database, and so it was left out.
"""


def main() -> None:
    """Score the variants and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    names = [f"simulated-{k}-{s}" for k in KINDS for s in SEEDS]
    names += [f"simulated-patient-{k}-{s}" for k in PATIENTS for s in SEEDS]
    names += REAL
    found = Parallel(arguments.jobs)(
        delayed(table)(name, variant, arguments.cache) for name in names for variant in VARIANTS
    )
    everything = pd.concat(found, ignore_index=True)
    lines = [row(v, everything[everything["variant"] == v]) for v in VARIANTS]
    base = everything[everything["variant"] == "as it is"]
    lines.append(row(NO_CUES, base, without_cues=True))
    head = [
        "",
        "sleepers, F1",
        "patients, F1",
        "implants in SC4001, recall @ others / h",
        "implants in deep sleep",
        "untouched deep sleep, events / h",
    ]
    text = INTRO.format(
        kinds=", ".join(KINDS), patients=", ".join(PATIENTS), seeds=", ".join(map(str, SEEDS))
    )
    text += "| " + " | ".join(head) + " |\n| --- |" + " ---: |" * (len(head) - 1) + "\n"
    text += "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
    arguments.output.write_text(text + OUTRO)


if __name__ == "__main__":
    main()
