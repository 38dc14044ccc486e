"""The same night in many ways: other rates, fewer channels, hum, other gains.

A simulated night at 512 Hz is brought to other rates by resampling, so that events and noise stay
the same; so is a real one with implants. Names are ``changed-SEED-CHANGE`` and
``changed-SC4001HALF-CHANGE``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from implants import implant
from recordings import HALVES, RATES, SEEDS, Recording, half_of
from sleepers import simulate

RATE = 128.0  # Hz, of all changes but those of rate
_EEG = ("C3-M2", "F3-M2", "O2-M1")
_OTHERS = ("E1-M2", "E2-M2", "Chin")
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
    "central EEG alone": {"without": (*_EEG[1:], *_OTHERS)},
    "50 Hz hum of 5 µV": {"hum": 5e-6},
    "gain 0.3": {"gain": 0.3},
    "gain 3": {"gain": 3.0},
    "microvolts read as volts": {"gain": 1e6},
}
_EMG, _EOG = "EMG submental", "EOG horizontal"
REAL_CHANGES = {
    "as it is": {},
    "64 Hz": {"sfreq": 64.0},
    "128 Hz": {"sfreq": 128.0},
    "256 Hz": {"sfreq": 256.0},
    "no chin EMG": {"without": (_EMG,)},
    "no EOG": {"without": (_EOG,)},
    "no Pz-Oz": {"without": ("EEG Pz-Oz",)},
    "no Fpz-Cz": {"without": ("EEG Fpz-Cz",)},
    "Fpz-Cz alone": {"without": ("EEG Pz-Oz", _EMG, _EOG)},
    "gain 0.3": {"gain": 0.3},
    "gain 3": {"gain": 3.0},
}


def changed_names(half: str, n_seeds: int = 2) -> list[str]:
    """List the names of changed nights of one half."""
    names = [f"changed-{seed}-{change}" for seed in SEEDS[half][:n_seeds] for change in CHANGES]
    names += [f"changed-SC4001{half}-{change}" for change in REAL_CHANGES]
    return [name.replace(" ", "_").replace("µ", "u") for name in names]


def build_changed(name: str) -> Recording:
    """Make a changed night from its name."""
    _, source, change = name.split("-", 2)
    real = source.startswith("SC4001")
    options = {
        key.replace(" ", "_").replace("µ", "u"): value
        for key, value in (REAL_CHANGES if real else CHANGES).items()
    }[change]
    night = _night(source)
    raw = night.raw.copy()
    rate = options.get("sfreq", raw.info["sfreq"] if real else RATE)
    if rate != raw.info["sfreq"]:
        raw.resample(rate, method="polyphase", verbose="error")
    raw.drop_channels(list(options.get("without", ())))
    types = raw.get_channel_types()
    rows = [i for i, kind in enumerate(types) if kind in ("eeg", "eog", "emg")]
    raw._data[rows] *= options.get("gain", 1.0)
    if "hum" in options:
        raw._data[rows] += options["hum"] * np.sqrt(2) * np.sin(2 * np.pi * 50.0 * raw.times)
    return replace(night, name=name, part="changed", kind=change, raw=raw)


@lru_cache(maxsize=1)
def _night(source: str) -> Recording:
    if source.startswith("SC4001"):
        raw, arousals, stages = implant(source, RATES[1])
        return Recording(
            source, "changed", "as it is", half_of(source), source, raw, arousals, stages
        )
    seed = int(source)
    half = next(h for h in HALVES if seed in SEEDS[h])
    raw, arousals, alike, stages = simulate("medium", seed, n_eeg=4, sfreq=512.0)
    raw.pick([*_EEG, *_OTHERS, "Airflow"])
    return Recording(source, "changed", "as it is", half, source, raw, arousals, stages, alike)
