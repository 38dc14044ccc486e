"""The same night in many ways: other rates, fewer channels, hum, other gains.

A simulated night at 512 Hz is brought to other rates by resampling, so that events and noise stay
the same; names are ``changed-SEED-CHANGE``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from recordings import HALVES, SEEDS, Recording
from sleepers import simulate

RATE = 128.0  # Hz, of all changes but those of rate
_ALL = ("C3-M2", "F3-M2", "O2-M1", "E1-M2", "E2-M2", "Chin")
CHANGES = {
    "as it is": {},
    "64 Hz": {"sfreq": 64.0},
    "100 Hz": {"sfreq": 100.0},
    "256 Hz": {"sfreq": 256.0},
    "512 Hz": {"sfreq": 512.0},
    "no chin EMG": {"without": ("Chin",)},
    "no EOG": {"without": ("E1-M2", "E2-M2")},
    "no frontal EEG": {"without": ("F3-M2",)},
    "no occipital EEG": {"without": ("O2-M1",)},
    "no central EEG": {"without": ("C3-M2",)},
    "central EEG alone": {"without": _ALL[1:]},
    "frontal EEG alone": {"without": (_ALL[0], *_ALL[2:])},
    "50 Hz hum": {"hum": 5e-6},
    "gain 0.3": {"gain": 0.3},
    "gain 3": {"gain": 3.0},
    "microvolts read as volts": {"gain": 1e6},
}
HOURS = 4.0


def changed_names(half: str, n_seeds: int = 2) -> list[str]:
    """List the names of changed nights of one half."""
    return [f"changed-{s}-{c.replace(' ', '_')}" for s in SEEDS[half][:n_seeds] for c in CHANGES]


def build_changed(name: str) -> Recording:
    """Make a changed night from its name."""
    _, seed, change = name.split("-", 2)
    change = change.replace("_", " ")
    options = CHANGES[change]
    night = _night(int(seed))
    raw = night.raw.copy()
    rate = options.get("sfreq", RATE)
    if rate != raw.info["sfreq"]:
        raw.resample(rate, method="polyphase", verbose="error")
    raw.drop_channels(list(options.get("without", ())))
    electric = [ch for ch in raw.ch_names if ch != "Airflow"]
    rows = [raw.ch_names.index(ch) for ch in electric]
    raw._data[rows] *= options.get("gain", 1.0)
    if "hum" in options:
        hum = np.sqrt(2) * np.sin(2 * np.pi * 50.0 * raw.times)
        raw._data[rows] += options["hum"] * hum
    return replace(night, name=name, part="changed", kind=change, raw=raw)


@lru_cache(maxsize=1)
def _night(seed: int) -> Recording:
    raw, arousals, lookalikes, stages = simulate("medium", seed, n_eeg=4, sfreq=512.0, hours=HOURS)
    raw.pick([*_ALL, "Airflow"])
    half = next(h for h in HALVES if seed in SEEDS[h])
    return Recording(
        "night", "changed", "as it is", half, str(seed), raw, arousals, stages, lookalikes
    )
