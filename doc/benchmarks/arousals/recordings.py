"""The recordings of the benchmark of arousals: simulated sleepers, implants, untouched nights.

Each recording has a name that says how it is made, and belongs to the half on which settings may
be chosen or to the half that is reported::

    from recordings import build, names
    for name in names(half="choose", part="simulated"):
        recording = build(name)

Names are ``simulated-KIND-SEED``, ``implants-PERSON-RATE`` and ``untouched-PERSON``, and those of
`robustness.changed_names`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import mne
import numpy as np

HALVES = ("choose", "report")
PARTS = ("simulated", "implants", "untouched")

SEEDS = {"choose": (200, 201, 202, 203), "report": (501, 502, 503)}
RATES = (5, 20, 60)  # implants per hour
# People of the UCD sleep apnea database, every second one in either half. Of SC4001, the first
# half of the night serves for choosing, the second for reporting.
PEOPLE = {
    "choose": ("ucddb002", "ucddb005", "ucddb007", "ucddb009", "ucddb011", "ucddb013"),
    "report": ("ucddb003", "ucddb006", "ucddb008", "ucddb010", "ucddb012"),
}


# Shown on the page of either half, though choices were made on them
WHOLE_NIGHTS = ("SC4001", "ucddbnight")
# Reporting seeds on which an earlier version of the detector has been reported
REPORTED_BEFORE = (501,)


@dataclass(frozen=True)
class Recording:
    """A recording and what is known about it.

    Attributes
    ----------
    name, part, kind, half : str
        What it is. `part` is one of `PARTS`; `kind` is the kind of sleeper, or where the sleep
        comes from and how many implants an hour it has; `half` is one of `HALVES`, or ``"both"``
        for the whole real nights.
    source : str
        Seed or person.
    raw : mne.io.RawArray
        Signals, V, with channel types.
    arousals : mne.Annotations | None
        Arousals put in, with ``ramp`` (s, 0 is abrupt), ``strength`` (power ratio in the band that
        rises most) and ``emg`` (factor on the chin EMG) in ``extras``; None where none is known.
        Real sleep has arousals of its own beside the implants.
    stages : array of int, shape (n_epochs,)
        Stage of each 30 s: 0 W, 1 N1, 2 N2, 3 N3, 4 R, -1 unscored. Never for a detector of ours.
    lookalikes : mne.Annotations | None
        What was put in that resembles an arousal and is none.
    """

    name: str
    part: str
    kind: str
    half: str
    source: str
    raw: mne.io.BaseRaw = field(repr=False)
    arousals: mne.Annotations | None = field(repr=False)
    stages: np.ndarray = field(repr=False)
    lookalikes: mne.Annotations | None = field(repr=False, default=None)

    @property
    def duration(self) -> float:
        """Length, s."""
        return self.raw.n_times / self.raw.info["sfreq"]

    @property
    def sleep_hours(self) -> float:
        """Hours scored as sleep."""
        return float(np.sum(self.stages > 0)) * 30 / 3600

    @property
    def ramps(self) -> np.ndarray:
        """Rise time of each true arousal, s."""
        extras = [] if self.arousals is None else self.arousals.extras
        return np.array([extra["ramp"] for extra in extras], dtype=float)

    @property
    def strengths(self) -> np.ndarray:
        """Power ratio of each true arousal in the band that rises most."""
        extras = [] if self.arousals is None else self.arousals.extras
        return np.array([extra["strength"] for extra in extras], dtype=float)


def names(half=None, part=None, kinds=None, n_seeds=None, seeds=None):
    """List the names of recordings.

    Parameters
    ----------
    half : str | None
        ``"choose"``, ``"report"``, or None for both.
    part : str | None
        One of `PARTS`, or None for all.
    kinds : sequence of str | None
        Kinds of simulated sleepers; None is all.
    n_seeds : int | None
        Of each kind, the first so many seeds of a half; None is all.
    seeds : sequence of int | None
        Of these, those in `seeds` alone; None is all.

    Returns
    -------
    names : list of str
        Names.
    """
    from sleepers import KINDS

    found = []
    for h in HALVES if half is None else (half,):
        if part in (None, "simulated"):
            chosen = KINDS if kinds is None else kinds
            used = [s for s in SEEDS[h][:n_seeds] if seeds is None or s in seeds]
            found += [f"simulated-{k}-{s}" for k in chosen for s in used]
        if part in (None, "implants"):
            people = (f"SC4001{h}", *PEOPLE[h])
            found += [f"implants-{person}-{rate}" for person in people for rate in RATES]
        if part in (None, "untouched"):
            found += [f"untouched-{person}" for person in PEOPLE[h]]
            if h == "report":
                found.append("untouched-nap")
    if part in (None, "untouched"):
        found += [f"untouched-{night}" for night in WHOLE_NIGHTS]
    return found


def build(name: str) -> Recording:
    """Make a recording; the same name gives the same recording.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    recording : Recording
        Signals and truth.
    """
    part, _, rest = name.partition("-")
    if part == "simulated":
        from sleepers import simulate

        kind, _, seed = rest.rpartition("-")
        raw, arousals, lookalikes, stages = simulate(kind, int(seed))
        return Recording(name, part, kind, half_of(seed), seed, raw, arousals, stages, lookalikes)
    if part == "implants":
        from implants import implant

        person, _, rate = rest.rpartition("-")
        raw, arousals, stages = implant(person, int(rate))
        place = "SC4001" if person.startswith("SC4001") else "deep sleep"
        return Recording(
            name, part, f"{place} {rate}/h", half_of(person), person, raw, arousals, stages
        )
    if part == "untouched":
        raw, stages = _load_untouched(rest)
        return Recording(name, part, untouched_kind(rest), half_of(rest), rest, raw, None, stages)
    if part == "changed":
        from robustness import build_changed

        return build_changed(name)
    raise ValueError(f"No recording is named {name!r}: see names().")


def half_of(source: str) -> str:
    """Tell which half a person, or the seed of a sleeper or a patient, belongs to."""
    if source in WHOLE_NIGHTS:
        return "both"
    seed = source.removeprefix("patient")
    for half in HALVES:
        if source in PEOPLE[half] or source == f"SC4001{half}":
            return half
        if seed.isdigit() and int(seed) in SEEDS[half]:
            return half
    if source == "nap":
        return "report"
    raise ValueError(f"{source!r} is in neither half of the benchmark: see PEOPLE and SEEDS.")


def untouched_kind(person: str) -> str:
    """Return ``"deep sleep"``, or the name of the night of which the recording is more."""
    return "deep sleep" if person in (*PEOPLE["choose"], *PEOPLE["report"]) else person


def untouched_place(person: str) -> tuple[str, float]:
    """Tell where the sleep is, untouched, that holds a person's implants.

    Parameters
    ----------
    person : str
        Source of a recording with implants.

    Returns
    -------
    name : str
        Untouched recording.
    start : float
        Time in it at which the recording with implants begins, s.
    """
    if not person.startswith("SC4001"):
        return f"untouched-{person}", 0.0
    from real_sleep import EPOCH, sc4001_half

    return "untouched-SC4001", float(sc4001_half(person.removeprefix("SC4001"))[0] * EPOCH)


def _load_untouched(person: str):
    from real_sleep import load
    from ucddb_night import NIGHT, load_ucddb_night

    return load_ucddb_night() if person == NIGHT else load(person)
