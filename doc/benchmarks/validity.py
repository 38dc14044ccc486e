"""How much of real recordings is called invalid, and how quiet real sleep becomes.

Prints, for each recording with EEG in the data folder, the share of each kind of invalid stretch,
the usual range of a second, and the quietest 5 s of what is left, in uV and as a share of the usual
range. The recordings of St. Vincent's University Hospital come without a unit: each is scaled to a
standard deviation of 25 uV.

Run: PHYSIONET_SLEEP_PATH=FOLDER python doc/benchmarks/validity.py
"""

import os
from pathlib import Path

import mne
import numpy as np
from scipy.ndimage import maximum_filter1d

from mne_arousal.recording.stretches import KINDS, blank
from mne_arousal.recording.validity import find_lost, find_no_eeg

_SPAN = 5  # s


def ranges(signal, sfreq):
    """Peak to peak of each second, V."""
    size = round(sfreq)
    blocks = signal[: len(signal) // size * size].reshape(-1, size)
    return blocks.max(axis=1) - blocks.min(axis=1)


def describe(name, signals, sfreq):
    """Print a line for a recording of EEG channels, shape (n_channels, n_times), V."""
    roles = ["eeg"] * len(signals)
    stretches = find_lost(signals, sfreq, roles)
    blank(signals, stretches)
    stretches += find_no_eeg(signals, sfreq, roles)
    blank(signals, stretches)
    shares = {
        kind: 100 * sum(s.stop - s.start for s in stretches if s.kind == kind) / signals.size
        for kind in KINDS
    }
    left = [ranges(signal, sfreq) for signal in signals]
    usual = np.nanmedian(left)
    quietest = min(np.nanmin(maximum_filter1d(np.nan_to_num(x, nan=np.inf), _SPAN)) for x in left)
    told = ", ".join(f"{kind} {share:.2f} %" for kind, share in shares.items() if share)
    print(
        f"| {name} | {told or 'none'} | {usual * 1e6:.0f} | {quietest * 1e6:.1f} "
        f"| {quietest / usual:.2f} |"
    )


def main():
    """Go through the recordings."""
    folder = Path(os.environ["PHYSIONET_SLEEP_PATH"])
    print("| recording | invalid | usual range, uV | quietest 5 s, uV | share of usual |")
    print("| --- | --- | --- | --- | --- |")
    for path, n_eeg in (("physionet-sleep-data/SC4001E0-PSG.edf", 2), ("nap/eeg.edf", 6)):
        raw = mne.io.read_raw_edf(folder / path, verbose="error")
        signals = raw.get_data(picks=raw.ch_names[:n_eeg], verbose="error")
        describe(Path(path).stem, signals, raw.info["sfreq"])
    for path in sorted(folder.glob("ucddb-*/*.npz")):
        with np.load(path) as night:
            stage = night["stage"][night["index"]]
            data = night["eeg"].astype(float) * float(night["scale"])
        data *= 25e-6 / data.std()
        for kind, chosen in (("deep sleep", stage >= 4), ("wake", stage == 0)):
            describe(f"{path.stem}, {kind}", data[chosen].reshape(1, -1).copy(), 128.0)


if __name__ == "__main__":
    main()
