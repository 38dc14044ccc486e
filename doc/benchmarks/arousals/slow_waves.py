"""How far slow waves stand above fast activity in wake and in deep sleep.

    python doc/benchmarks/arousals/slow_waves.py

Six people of the half on which settings may be chosen, one central EEG each. Prints, for limits of
the ratio of delta to beta power (dB), the share of epochs of 30 s above it: what the limit in
``mne_arousal.stages.sleep_period.deep_epochs`` was read off. An expert's stages serve that
alone.
"""

from __future__ import annotations

import numpy as np
from real_sleep import EPOCH, make_raw, read_epochs
from recordings import PEOPLE

from mne_arousal import PSGWindower, SpectralTransformer
from mne_arousal.stages.sleep_period import epoch_percentiles
from mne_arousal.utils.columns import parse_columns, where

LIMITS = (14, 15, 16, 17, 18)  # dB


def ratios(person: str) -> tuple[np.ndarray, np.ndarray]:
    """Median ratio of each epoch, dB, and whether it is deep sleep."""
    eeg, _, stage, sfreq = read_epochs(person)
    raw = make_raw(eeg.reshape(1, -1), ["C3-A2"], ["eeg"], sfreq)
    table = SpectralTransformer().fit_transform(PSGWindower(verbose="error").fit_transform(raw))
    columns, values = parse_columns(list(table.columns)), table.to_numpy()
    slow, fast = (where(columns, role="eeg", quantity=band) for band in ("delta", "beta"))
    ratio = values[:, slow].mean(axis=1) - values[:, fast].mean(axis=1)
    epochs = ((table.index.get_level_values(1).to_numpy(float) + 1) // EPOCH).astype(int)
    medians = epoch_percentiles(ratio[:, np.newaxis], epochs, len(stage))[:, 0]
    return 10 / np.log(10) * medians, stage >= 4


def main() -> None:
    """Print the shares."""
    found, deep = (np.concatenate(x) for x in zip(*map(ratios, PEOPLE["choose"]), strict=True))
    for limit in LIMITS:
        wake, asleep = np.mean(found[~deep] > limit), np.mean(found[deep] > limit)
        print(f"above {limit} dB: {wake:.1%} of wake, {asleep:.1%} of deep sleep")


if __name__ == "__main__":
    main()
