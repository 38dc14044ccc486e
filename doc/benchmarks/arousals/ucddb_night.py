"""One whole night of the UCD sleep apnea database, with its gaps and its breathing events.

No arousals are marked in it. What can be measured is whether other detectors agree, and whether
arousals go with apneas and hypopneas more often than chance gives.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from real_sleep import DEEP_LEVEL, EPOCH, folder, make_raw

NIGHT = "ucddbnight"  # its name in the benchmark: untouched-ucddbnight
# Spans in which an arousal begins that goes with a breathing event, s from the event's end and from
# its beginning. The first was set before anything was counted, the second after no detector had
# more in the first than chance gives.
AT_END, AT_BEGINNING = (-2.0, 10.0), (-10.0, 10.0)
_STAGES = np.array([0, 4, 1, 2, 3, 3])  # of its codes W, R, S1, S2, S3, S4


def load_ucddb_night():
    """Load the night.

    Returns
    -------
    raw : mne.io.RawArray
        One EEG channel, V, scaled so that the median RMS of deep sleep is that of the other people;
        NaN in epochs that are missing.
    stages : array of int, shape (n_epochs,)
        0 W, 1 N1, 2 N2, 3 N3, 4 R; -1 where the epoch is missing.
    """
    with _file() as file:
        eeg, index, stage = file["eeg"].astype(float), file["index"], file["stage"]
        sfreq = float(file["sfreq"])
    eeg *= DEEP_LEVEL / np.median(eeg[stage[index] >= 4].std(axis=1))
    signal = np.full((len(stage), eeg.shape[1]), np.nan)
    signal[index] = eeg
    stages = np.full(len(stage), -1)
    stages[index] = _STAGES[stage[index]]
    return make_raw(signal.reshape(1, -1), ["C3-A2"], ["eeg"], sfreq), stages


def breathing_events() -> pd.DataFrame:
    """Return ``onset`` and ``duration`` (s) and ``description`` of its apneas and hypopneas."""
    with _file() as file:
        columns = {"onset": "onset", "duration": "duration", "description": "type"}
        return pd.DataFrame({name: file[f"breathing_{key}"] for name, key in columns.items()})


def count_followed(times: np.ndarray, onsets: np.ndarray, span: tuple[float, float]) -> int:
    """Count the times with which an arousal goes.

    Parameters
    ----------
    times : array of float
        Beginnings or ends of breathing events, s.
    onsets : array of float
        Onsets of arousals, s.
    span : tuple of float
        From when to when after a time an arousal has to begin, s.

    Returns
    -------
    n : int
        Number of times.
    """
    onsets = np.sort(onsets)
    first = np.searchsorted(onsets, times + span[0], side="left")
    stop = np.searchsorted(onsets, times + span[1], side="right")
    return int(np.sum(stop > first))


def count_by_chance(times, onsets, span, stages) -> np.ndarray:
    """Count the same for arousals that are shifted along the night's sleep by every second.

    The night's scored sleep is closed to a ring, along which all arousals are moved together, so
    that their number and spacing stay.

    Parameters
    ----------
    times, onsets, span
        As for `count_followed`; the onsets lie in scored sleep.
    stages : array of int, shape (n_epochs,)
        True stages.

    Returns
    -------
    counts : array of int, shape (n_shifts,)
        Of each shift, that by nothing left out.
    """
    asleep = np.flatnonzero(np.asarray(stages) > 0)
    length = len(asleep) * EPOCH
    place = np.full(len(stages), -1)
    place[asleep] = np.arange(len(asleep))
    onsets = np.asarray(onsets, dtype=float)
    along = place[(onsets // EPOCH).astype(int)] * EPOCH + onsets % EPOCH
    counts = []
    for shift in range(1, length):
        moved = (along + shift) % length
        at = asleep[(moved // EPOCH).astype(int)] * EPOCH + moved % EPOCH
        counts.append(count_followed(times, at, span))
    return np.array(counts)


def _file():
    return np.load(folder() / "ucddb-night" / "ucddb022.npz", allow_pickle=False)
