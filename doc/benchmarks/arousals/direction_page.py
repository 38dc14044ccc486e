"""The page of `direction.py`: which recordings are scored, and what the tables say."""

from __future__ import annotations

from pathlib import Path

import cues as fitting
import numpy as np
import pandas as pd
from recordings import PEOPLE
from scores import agreement, overlaps

from mne_arousal.arousals import direction
from mne_arousal.arousals.probability import FACTOR, OFFSET

BEFORE, KEPT = "without a direction", "**with it**"
FAST = ("alpha", "beta", "gamma")
EEG, HEAD = ("eeg",), ("eeg", "eog", "emg")
PATIENTS = ("apnea", "periodic", "fluctuating", "insomnia", "limbs", "weak")
HALF_HOURS = ("dense30min", "apnea30min", "fluctuating30min")
SLEEPERS = ("easy", "medium", "hard", "index3", "index30", "index60", "apnea", "old", "eeg6")
SIMULATED = ("patients", "half hours", "eegalone", "sleepers")
UNET = ("untouched-SC4001", "psgscoring-unet-v2")
LUNA = ("untouched-ucddbnight", "luna")
_BLOCK = 600.0  # s of a night that are drawn together, as events come in bouts
_DRAWS = 2000


def recordings(seeds) -> list[tuple]:
    """Names, the roles of channels that are kept (None keeps all), and what part they belong to."""
    found = [(f"simulated-patient-{k}-{s}", EEG, "patients") for k in PATIENTS for s in seeds]
    found += [(f"simulated-patient-{k}-{s}", EEG, "half hours") for k in HALF_HOURS for s in seeds]
    found += [(f"simulated-eegalone-{s}", None, "eegalone") for s in seeds]
    found += [(f"simulated-{k}-{s}", EEG, "sleepers") for k in SLEEPERS for s in seeds]
    found += [(f"simulated-50Hz-{s}", EEG, "50 Hz") for s in seeds[:2]]
    found += [(f"simulated-patient-{k}-{s}", HEAD, "head") for k in PATIENTS for s in seeds[:2]]
    found.append(("implants-SC4001choose-20", EEG, "SC4001"))
    for person in PEOPLE["choose"]:
        found += [(f"implants-{person}-20", None, "deep"), (f"untouched-{person}", None, "quiet")]
    return [*found, (UNET[0], EEG, "U-Net"), (LUNA[0], None, "Luna")]


def score(rows: pd.DataFrame) -> dict[str, float]:
    """F1, recall, others an hour and average precision of candidates, nights counted together."""
    taken = rows["probability"] >= 0.5
    nights = rows.groupby("name")
    n_true, hours = nights["n_true"].first().sum(), nights["hours"].max().sum()
    hits = int((taken & rows["true"]).sum())
    return {
        "F1": 2 * hits / max(n_true + taken.sum(), 1),
        "recall": hits / max(n_true, 1),
        "others": float((taken & ~rows["true"]).sum()) / max(hours, 1e-9),
        "precision": float(np.mean([_average_precision(night) for _, night in nights])),
    }


def _average_precision(night: pd.DataFrame) -> float:
    true = night.sort_values("probability", ascending=False)["true"].to_numpy()
    precision = np.cumsum(true) / np.arange(1, len(true) + 1)
    return float(precision @ true / max(night["n_true"].iloc[0], 1))


def write(everything, rows, weights, template, cache: Path) -> str:
    """Write the page."""
    fit = fitting.Fit(OFFSET, FACTOR, {})
    everything = everything.assign(probability=fit.probability(everything))
    text = INTRO.format(
        nights=len({row[0] for row in rows}),
        learned=_learned(rows, weights, template),
        rounding=max(abs(weights[band] - w) for band, w in direction.WEIGHTS.items()),
        header=f"| {' | '.join(HEADER)} |\n| --- |" + " ---: |" * (len(HEADER) - 1),
    )
    tables = dict(iter(everything.groupby("variant", sort=False)))
    text += "\n".join(_row(title, table, cache) for title, table in tables.items())
    text += _middle(tables, cache)
    return text + _kinds(tables[BEFORE], tables[KEPT])


def _learned(rows, weights, template) -> str:
    lines = [
        _line("ridge regression, all", weights.values()),
        _line("covariance with what bodies do, all", template.values()),
    ]
    groups = {
        "chin EMG": lambda row: row[1] == "emg",
        "heart rate": lambda row: row[1] == "heart",
        "breath": lambda row: row[1] == "breath",
        "simulated patients": lambda row: "patient" in row[0],
        "other simulated sleepers": lambda row: "simulated" in row[0] and "patient" not in row[0],
        "SC4001, first half": lambda row: "SC4001" in row[0],
    }
    from direction import learn

    for title, belongs in groups.items():
        found = learn([row for row in rows if belongs(row)])[0]
        lines.append(_line(f"ridge regression, {title}", found.values()))
    return "\n".join(lines)


def _line(title: str, values) -> str:
    return f"| {title} | " + " | ".join(f"{value:.2f}" for value in values) + " |"


def _row(title: str, table: pd.DataFrame, cache: Path) -> str:
    parts = {part: score(rows) for part, rows in table.groupby("part")}
    cells = [f"{parts[p]['F1']:.3f} ({parts[p]['precision']:.3f})" for p in SIMULATED]
    cells += [f"{parts[p]['recall']:.2f} @ {parts[p]['others']:.1f}" for p in ("SC4001", "deep")]
    cells.append(f"{parts['quiet']['others']:.1f}")
    cells += [f"{_agreement(table, who, cache):.2f}" for who in (UNET, LUNA)]
    return f"| {title} | " + " | ".join(cells) + " |"


def _events(table: pd.DataFrame, who: tuple[str, str]) -> pd.DataFrame:
    rows = table[(table["name"] == who[0]) & (table["part"].isin(("U-Net", "Luna")))]
    rows = rows[rows["asleep"] & (rows["probability"] >= 0.5)]
    return rows.assign(score=rows["probability"]).sort_values("onset").reset_index(drop=True)


def _peer(who: tuple[str, str], cache: Path) -> pd.DataFrame:
    return pd.read_csv(cache / "peers" / who[1] / f"{who[0]}.csv")


def _agreement(table: pd.DataFrame, who: tuple[str, str], cache: Path) -> float:
    """Agreement with another detector, at equal counts."""
    return agreement(_events(table, who), _peer(who, cache))


def _difference(tables: dict, who: tuple[str, str], cache: Path) -> str:
    """Difference of agreements, and its standard error over blocks of the night."""
    other = _peer(who, cache)
    counts = []
    for table in (tables[BEFORE], tables[KEPT]):
        found = _events(table, who)
        hit = (overlaps(other, found) > 0).any(axis=1)
        counts.append(_blocks(other["onset"], found["onset"], other["onset"][hit]))
    size = max(len(c) for c in counts)
    counts = [np.pad(c, ((0, size - len(c)), (0, 0))) for c in counts]
    rng = np.random.default_rng(0)
    draws = rng.integers(0, size, (_DRAWS, size))
    gains = [np.subtract(*(_f1(c[draw]) for c in counts[::-1])) for draw in draws]
    whole = np.subtract(*(_f1(c) for c in counts[::-1]))
    return f"{whole:+.3f} (standard error {np.std(gains):.3f})"


def _blocks(*onsets) -> np.ndarray:
    at = [(np.asarray(x, dtype=float) // _BLOCK).astype(int) for x in onsets]
    size = max(x.max(initial=0) for x in at) + 1
    return np.stack([np.bincount(x, minlength=size) for x in at], axis=1)


def _f1(counts: np.ndarray) -> float:
    others, found, both = counts.sum(axis=0)
    return 2 * both / max(others + found, 1)


def _middle(tables: dict, cache: Path) -> str:
    before, kept = tables[BEFORE], tables[KEPT]
    seeds = []
    for seed in sorted(kept.loc[kept["part"] == "patients", "seed"].unique()):
        pair = [
            score(t[(t["part"] == "patients") & (t["seed"] == seed)])["F1"] for t in (before, kept)
        ]
        seeds.append(f"{pair[0]:.2f} to {pair[1]:.2f}")
    head = [score(t[t["part"] == "head"])["F1"] for t in (before, kept)]
    slow = [score(t[t["part"] == "50 Hz"])["F1"] for t in (before, kept)]
    return MIDDLE.format(
        seeds=", ".join(seeds),
        unet=_difference(tables, UNET, cache),
        luna=_difference(tables, LUNA, cache),
        head=" and ".join(f"{x:.3f}" for x in head),
        slow=" and ".join(f"{x:.3f}" for x in slow),
    )


def _kinds(before: pd.DataFrame, kept: pd.DataFrame) -> str:
    lines, losers = [], []
    at = kept["part"].isin(SIMULATED)
    for kind in kept.loc[at, "kind"].unique():
        pair = [score(t[(t["kind"] == kind) & t["part"].isin(SIMULATED)]) for t in (before, kept)]
        if pair[1]["F1"] < pair[0]["F1"] - 0.01:
            losers.append(f"`{kind}`")
        cells = [f"{p[key]:.3f}" for key in ("F1", "precision") for p in pair]
        lines.append(f"| `{kind}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n" + OUTRO.format(losers=" and ".join(losers) or "None")


INTRO = """# A direction for EEG alone

Made by `doc/benchmarks/arousals/direction.py` on the choosing half. The *anchor* is the direction
in the EEG that predicts what the body of this sleeper does, and needs a body that was recorded.
Where there is none, or where the EEG predicts nothing of it, the component `"direction"` stands in,
which is not used by default, for the reasons below. It was learned on {nights} other recordings, as
the anchor is, without labels: simulated sleepers and patients of seeds 200 to 203, and the first
half of the Sleep-EDF night SC4001 (envelope of the chin EMG, and airflow, at 1 Hz). In each, chin
EMG and the answers of heart and breath, in standard deviations, are regressed on departures of the
six bands, in spreads of sleep; nights and answers count alike.

| | delta | theta | alpha | sigma | beta | gamma |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
{learned}

The package has the first row, rounded (largest difference {rounding:.3f}). On each night it counts
for as much as its upper tail reaches farther than its lower one: the ratio of the distances of the
99th and the first percentile of means of 3 s from the median, less one, and for no more than fast
EEG does.

Below, all channels but EEG are taken from recordings. A simulated night is scored with what was
learned on the other two seeds and SC4001, a real one with what was learned on simulated nights
alone, but for the row of SC4001. Constants of the probability are the package's. F1 is that of
candidates with a probability of at least 0.5, before their edges are located; in brackets, the mean
of the nights' average precision, which no threshold enters. Implants: recall, and other candidates
an hour. Untouched: candidates an hour of deep sleep. Agreement is that with U-Net v2 on SC4001 and
with Luna's AROUSALS on the night ucddb022, at equal counts.

{header}
"""

HEADER = (
    "",
    "patients",
    "their half hours",
    "`eegalone`",
    "sleepers",
    "implants in SC4001",
    "in deep sleep",
    "untouched deep sleep",
    "U-Net v2",
    "Luna",
)

MIDDLE = """

- F1 of patients of the four seeds, without and with it: {seeds}.
- Agreement changes by {unet} with U-Net v2 and by {luna} with
  Luna; the errors are over blocks of ten minutes.
- Patients of whom EEG, EOG and chin EMG are recorded, seeds 200 and 201: F1 {head}. Where
  their own anchor is worth something, nothing changes.
- At 50 Hz there is no gamma, on which the direction rests, and it is not used: F1 {slow}. Tried
  without gamma, it lost .01 to .02.

By kind, four seeds each, EEG alone:

| kind | F1 without | with | average precision without | with |
| --- | ---: | ---: | ---: | ---: |
"""

OUTRO = """
What this says, and what not:

- It is not used by default. What gains are simulated patients; of what was recorded from people,
  implants in SC4001 gain, and deep sleep has more events that are none. A setting that a simulator
  likes is kept where nothing else loses.
- Patients gain in each seed. A part of it is that more candidates come over a probability of 0.5;
  another is a better order, as the average precision says.
- {losers} lose over .01 of F1.
- With full weight on every night the direction finds fewer implants in deep sleep, and more where
  nothing was put in. Its correlation with fast EEG does not
  tell nights apart (.57 to .78 on all, untouched deep sleep at the lower end).
- As a fifth template of the matched filter, weighed by the night's own covariance, it gains less on
  patients and makes more events of untouched deep sleep.
- Sums of bands that were not learned order patients nearly as well, but find more beside the
  implants, or fewer of them, and more in untouched deep sleep.
- Simulated bodies answer simulated arousals. So gains in simulated nights say that the direction
  carries over from seed to seed, not how much people gain. On people, agreement with other
  detectors changes by no more than about its standard error.
- Gamma weighs most, in which muscle is recorded with the EEG. Heart and breath alone, into which no
  muscle leaks, give nearly the same weights, and do nearly the same.
- A regression of simulated arousals themselves, with labels, was tried earlier in place of this. It
  found a third of the implants in deep sleep.
"""
