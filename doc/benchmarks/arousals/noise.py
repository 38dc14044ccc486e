"""Read off the constants of noise, and compare ways to know how high noise reaches.

    python doc/benchmarks/arousals/noise.py CACHE --output doc/benchmarks/calibration.md

Nights of the half for choosing alone. CACHE is the folder of `run.py`. The constants printed at
the top of the page are those of ``mne_arousal/scan.py``, which has to be edited by hand.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from recordings import names
from scipy.stats import norm
from scores import overlaps
from sections import FACTOR, cell, grid
from sklearn.mixture import GaussianMixture
from tables import prepare

from mne_arousal import ArousalClusterer, events, scan
from mne_arousal.stages.epochs import sleep_gates

LOWEST = 2.5  # score down to which events are kept
ASKED = 2.0  # false alarms an hour
RULES = events.Rules()
SURROGATES = 4

PAGE = """# How high noise reaches

Made by `doc/benchmarks/arousals/noise.py`, from the half of the recordings on which settings may
be chosen: {n} simulated nights ({hours:.0f} h of sleep), and untouched deep sleep of {people}
people.

## Constants

Events in mere sleep (neither arousal nor look-alike) over a score of 3, per hour of sleep that is
open to them: **{rate:.2f}**; mean of half the square of their score above 3: **{variance:.2f}**. Of
the evidence turned upside down in quiet sleep: **{mirror_rate:.1f}** an hour over a score of 2, and
**{mirror_variance:.2f}**. In nights at 50 Hz, which have no gamma band, the first pair is
**{few[rate]:.2f}** and **{few[variance]:.2f}** (the second {few[mirror_rate]:.1f} and
{few[mirror_variance]:.2f}): noise is as frequent there and reaches higher. In the others, if the
tail is that of a half-normal distribution, the rates over higher scores follow:

{tail}
Open sleep is what events leave: not within one, nor in the 10 s after, nor in the 12 s before. It
explains why nights with an arousal every minute have fewer false alarms than quiet ones:

{exposure}
## Ways to choose the threshold

Each way sets the threshold for 2 false alarms an hour of sleep, night by night; nights of a kind
are counted together. Found over asked: the least and the greatest of the kinds with at least 10 h
of sleep, all pooled, and how many of these kinds are within a factor of {factor}. F1 is that of all
simulated nights together. The last column has the events an hour in untouched deep sleep, which
nobody has marked, and where scores fall off more slowly than those of simulated noise: some of
these events are arousals, and how many nobody knows.

{ways}
- **constants**: the tail above for every night, per hour of sleep that is open.
- **quietest sleep** (the package's): the tail, moved by what the evidence turned upside down does
  in the quiet sleep of this night, as far as it outweighs {prior:.0f} events of the constants.
- **the same, all sleep open**: without regard to what events leave open.
- **surrogates**: the score that {surrogates} surrogates of the night's evidence, bounded at 2
  spreads and with random phases, exceed as often as is asked.
- **mixture**: two Gaussians fitted to the scores of all candidates; the lower one is noise.
- **false discovery rate**: no rate but a share is asked for: the greatest share of noise among the
  events found, 2 %, by the tail of *quietest sleep*. This is the default `max_fdr`, which with
  the default `false_alarms_per_hour` sets the threshold of a night. More than was asked are
  noise, since of all thresholds that meet the share the lowest is taken.
"""


@dataclass
class Case:
    """What one recording shows."""

    name: str
    kind: str
    events: pd.DataFrame
    hours: float
    quiet_hours: float
    flipped: np.ndarray
    candidates: np.ndarray
    exposed: dict
    surrogates: np.ndarray
    n_true: int
    few_bands: bool

    def hours_at_risk_above(self, threshold):
        """Hours open to noise, for a threshold."""
        return float(np.interp(threshold, list(self.exposed), list(self.exposed.values())))


def examine(name: str, cache: Path) -> Case:
    """Find events down to a low score, and what noise does."""
    prepared = prepare(name, cache / "tables", ("spectral",))
    clusterer = ArousalClusterer(random_state=0, verbose="error").fit(prepared.table)
    (night,) = clusterer._split(prepared.table)
    parts = clusterer._parts(night)
    asleep, atonia = sleep_gates(night, clusterer._columns)
    hop = night.hop(2.0)
    with mock.patch.object(events, "choose_threshold", return_value=LOWEST):
        found, _ = events.detect_events(
            parts, asleep, atonia, hop=hop, window_length=2.0, rules=RULES
        )
    table = pd.DataFrame(found, columns=["start", "duration", "score", "kind", "reason"])
    table["onset"] = table["start"] + night.onsets[0]
    table = table[table["reason"].isna()].reset_index(drop=True)
    for column, marks in (("hit", prepared.arousals), ("alike", prepared.lookalikes)):
        table[column] = False
        if marks is not None and len(marks) and len(table):
            marks = pd.DataFrame({"onset": marks.onset, "duration": marks.duration})
            table[column] = (overlaps(marks, table) > 0).any(axis=0)
    scanned = scan.scan(parts["evidence"], hop, asleep)
    gap = max(round(1 / hop), 1)
    flipped = scan.pick(scanned.flipped, scanned.flipped_length, 1.0, gap)
    starts = scan.pick(scanned.score, scanned.length, 1.0, gap)
    starts = starts[asleep[starts]]
    scores, lengths = scanned.score[starts], scanned.length[starts]
    exposed = {
        t: scan.hours_at_risk(
            asleep, starts[scores > t], lengths[scores > t], hop, RULES.stable_sleep
        )
        for t in np.arange(2.5, 8.1, 0.25)
    }
    _, *middle, _ = name.split("-")
    return Case(
        name,
        "-".join(middle),
        table,
        asleep.sum() * hop / 3600,
        scanned.quiet_hours,
        scanned.flipped[flipped],
        scores,
        exposed,
        surrogate_scores(parts["evidence"][asleep], hop),
        0 if prepared.arousals is None else len(prepared.arousals),
        "gamma" not in parts,
    )


def surrogate_scores(evidence, hop) -> np.ndarray:
    """Scores of picked events in surrogates with the spectrum of the bounded evidence."""
    bounded = np.minimum(evidence, 2.0)
    spectrum, rng, found = (
        np.abs(np.fft.rfft(bounded - bounded.mean())),
        np.random.default_rng(0),
        [],
    )
    for _ in range(SURROGATES):
        phases = np.exp(2j * np.pi * rng.random(len(spectrum)))
        made = np.fft.irfft(spectrum * phases, len(bounded)) + bounded.mean()
        result = scan.scan(made, hop, np.ones(len(made), dtype=bool))
        at = scan.pick(result.score, result.length, 1.0, max(round(1 / hop), 1))
        found.append(result.score[at])
    return np.sort(np.concatenate(found))[::-1]


def constants(cases) -> dict:
    """Rates and variances of noise and of flipped noise, over simulated nights."""
    mere = np.concatenate([mere_scores(c) for c in cases])
    over = np.concatenate([c.flipped[c.flipped > 2] for c in cases])
    hours = sum(c.hours_at_risk_above(4.0) for c in cases)
    return {
        "rate": np.sum(mere > 3) / hours,
        "variance": np.mean(mere[mere > 3] ** 2 - 9) / 2,
        "mirror_rate": len(over) / sum(c.quiet_hours for c in cases),
        "mirror_variance": np.mean(over**2 - 4) / 2,
    }


def mere_scores(case) -> np.ndarray:
    """Scores of events that are neither arousals nor look-alikes."""
    return case.events.loc[~case.events["hit"] & ~case.events["alike"], "score"].to_numpy()


def threshold_of(case, way: str, asked: float) -> float:
    """Threshold that a way chooses."""
    noise = (
        scan.Noise()
        if way == "constants"
        else scan.measure_noise(case.flipped, case.quiet_hours, few_bands=case.few_bands)
    )
    if way == "surrogates":
        n = max(int(asked * case.hours * SURROGATES), 1)
        return float(case.surrogates[min(n, len(case.surrogates) - 1)])
    if way == "mixture":
        model = GaussianMixture(2, random_state=0).fit(case.candidates[:, np.newaxis])
        k = int(np.argmin(model.means_))
        share = asked * case.hours / (model.weights_[k] * len(case.candidates))
        spread = float(np.sqrt(model.covariances_[k, 0, 0]))
        return float(norm.isf(min(share, 0.5), model.means_[k, 0], spread))
    share = 0.02 if way == "false discovery rate" else 1.0
    rate = 1e6 if way == "false discovery rate" else asked

    def hours_at_risk_above(threshold):
        return case.hours if way.endswith("all sleep open") else case.hours_at_risk_above(threshold)

    return scan.choose_threshold(
        case.candidates, case.hours, hours_at_risk_above, noise, rate, share
    )


WAYS = (
    "constants",
    "quietest sleep",
    "the same, all sleep open",
    "surrogates",
    "mixture",
    "false discovery rate",
)


def compare(simulated, real) -> list[list]:
    """Found over asked for each way."""
    rows = []
    for way in WAYS:
        row = [f"**{way}**" if way == "quietest sleep" else way]
        rate_row, counts = {}, np.zeros(3)
        for case in simulated:
            above = case.events[case.events["score"] > threshold_of(case, way, ASKED)]
            mere = int((~above["hit"] & ~above["alike"]).sum())
            kind = rate_row.setdefault(case.kind, [0, 0.0])
            kind[0] += mere
            kind[1] += case.hours
            counts += [above["hit"].sum(), len(above), case.n_true]
        factors = {k: n / h / ASKED for k, (n, h) in rate_row.items() if h >= 10}
        if way == "false discovery rate":
            mere = sum(n for n, _ in rate_row.values())
            row += [f"{mere / counts[1]:.1%} of those found are noise", "", ""]
        else:
            held = sum(1 / FACTOR <= f <= FACTOR for f in factors.values())
            row += [f"{min(factors.values()):.2f} to {max(factors.values()):.2f}"]
            pooled = sum(n for n, _ in rate_row.values()) / sum(h for _, h in rate_row.values())
            pooled /= ASKED
            row += [f"{pooled:.2f}", f"{held} of {len(factors)}"]
        hits = min(counts[0], counts[2])
        row.append(cell(2 * hits / (counts[1] + counts[2])))
        n = sum(int((c.events["score"] > threshold_of(c, way, ASKED)).sum()) for c in real)
        rows.append([*row, cell(n / sum(c.hours for c in real), 1)])
    return rows


def write_page(simulated, real, output: Path) -> None:
    """Write what was measured."""
    few = [c for c in simulated if c.few_bands]
    many = [c for c in simulated if not c.few_bands]
    values = constants(many)
    mere = np.concatenate([mere_scores(c) for c in many])
    tail = []
    for t in (3.0, 3.5, 4.0, 4.5, 5.0):
        hours = sum(c.hours_at_risk_above(4.0) for c in many)
        expected = values["rate"] * np.exp(-(t**2 - 9) / (2 * values["variance"]))
        deep = sum(int((c.events["score"] > t).sum()) for c in real) / sum(c.hours for c in real)
        tail.append([f"{t:g}", np.sum(mere > t) / hours, expected, deep])
    exposure = []
    for kind in dict.fromkeys(c.kind for c in simulated):
        cases = [c for c in simulated if c.kind == kind]
        n = sum(int(np.sum(mere_scores(c) > 3.5)) for c in cases)
        hours, opened = (
            sum(x)
            for x in zip(*((c.hours, c.hours_at_risk_above(4.0)) for c in cases), strict=True)
        )
        exposure.append([f"`{kind}`", cell(hours, 1), cell(opened / hours), n / hours, n / opened])
    text = PAGE.format(
        n=len(simulated),
        few=constants(few),
        hours=sum(c.hours for c in simulated),
        people=len(real),
        factor=FACTOR,
        prior=scan._PRIOR_EVENTS,
        surrogates={4: "four"}.get(SURROGATES, SURROGATES),
        tail=grid(["score", "found / open h", "half-normal", "deep sleep / h"], tail),
        exposure=grid(
            ["kind", "h of sleep", "open", "over 3.5 / h", "over 3.5 / open h"], exposure
        ),
        ways=grid(
            ["", "found / asked", "pooled", "within", "F1", "deep sleep / h"],
            compare(simulated, real),
        ),
        **values,
    )
    output.write_text(re.sub(r"\n{3,}", "\n\n", text), encoding="utf-8")


def main() -> None:
    """Examine the recordings and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    chosen = names("choose", "simulated", None, arguments.seeds)
    chosen += [n for n in names("choose", "untouched") if "ucddb" in n]
    found = Parallel(arguments.jobs)(delayed(examine)(name, arguments.cache) for name in chosen)
    simulated = [c for c in found if c.name.startswith("simulated")]
    write_page(
        simulated, [c for c in found if not c.name.startswith("simulated")], arguments.output
    )


if __name__ == "__main__":
    main()
