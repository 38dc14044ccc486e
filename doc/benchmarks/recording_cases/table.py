"""A case: a small input, what is right, and what the program makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import mne
import numpy as np

from mne_arousal.annotate import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.notes import collect_notes

CASES: list[Case] = []


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Parameters
    ----------
    kind : str
        Section of the page.
    title : str
        The input.
    right : str
        What is right.
    done : str
        What the program does about it.
    run : callable
        Returns whether it is right, and what was seen.
    """

    kind: str
    title: str
    right: str
    done: str
    run: Callable[[], tuple[bool, str]]


def case(kind: str, title: str, right: str, done: str):
    """Register a function as a case."""

    def register(function):
        CASES.append(Case(kind, title, right, done, function))
        return function

    return register


@cache
def night(duration: float = 2400.0):
    """Simulate 40 min of easy sleep with 18 arousals."""
    return simulate_psg(
        duration=duration,
        random_state=1,
        difficulty="easy",
        arousal_index=30,
        verbose="error",
    )


@cache
def clean():
    """Analyze the night as it is."""
    return analyze_recording(night().raw, features=("spectral",), random_state=0, verbose="error")


def analyze(source, **options):
    """Analyze a recording by band powers; also return the notes, or what was refused."""
    with collect_notes() as notes:
        try:
            found = analyze_recording(
                source, features=("spectral",), random_state=0, verbose="error", **options
            )
        except RecordingError as error:
            return None, str(error)
    return found, " ".join(str(note) for note in notes)


def f1(found, shift: float = 0.0, outside: tuple[float, float] = (0.0, 0.0)) -> float:
    """F1 of arousals against the simulated truth, any overlap; none is expected in `outside`."""
    truth = [
        (onset, onset + length)
        for onset, length in zip(night().arousals.onset, night().arousals.duration, strict=True)
        if not outside[0] <= onset < outside[1]
    ]
    free, hits = list(truth), 0
    for onset, length in zip(found.arousals["onset"], found.arousals["duration"], strict=True):
        begin = onset + shift
        match = next((t for t in free if begin < t[1] and t[0] < begin + length), None)
        if match is not None:
            free.remove(match)
            hits += 1
    return 2 * hits / max(len(truth) + len(found.arousals), 1)


def scored(found, notes: str, *, outside=(0.0, 0.0), told: str = "", shift: float = 0.0):
    """Judge an analysis: F1 over .9, no event in what is invalid, and a note of it."""
    if found is None:
        return False, notes
    score = f1(found, shift, outside)
    onsets = found.arousals["onset"] + shift
    inside = int(((onsets >= outside[0]) & (onsets < outside[1])).sum())
    seen = f"F1 {score:.2f}, {found.sleep_hours:.2f} h of sleep"
    if outside[1] > outside[0]:
        seen += f", {inside} events in it"
    return score > 0.9 and not inside and told in notes, seen


def changed(change: Callable[[np.ndarray, int], None]) -> mne.io.BaseRaw:
    """Copy the night and change its data, shape (n_channels, n_times), V, in place."""
    raw = night().raw.copy()
    change(raw._data, int(raw.info["sfreq"]))
    return raw
