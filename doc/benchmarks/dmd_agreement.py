"""Eigenvalues of DMDTransformer against PyDMD's, on real and on random windows."""

from __future__ import annotations

import warnings

import numpy as np
from dmd_page import farthest, read_nap, read_night, table, write
from pydmd import DMD

from mne_arousal.dmd import DMDTransformer

N_WINDOWS = 1000
SETTINGS = [
    {"n_delays": 10, "rank": 12},
    {"n_delays": 20, "rank": 12},
    {"n_delays": 20, "rank": 20},
    {"n_delays": 10, "rank": 0.99},
    {"n_delays": 10, "rank": 0},
    {"n_delays": 10, "rank": 12, "joint": True},
]


def pydmd_eigenvalues(window, n_delays, rank):
    """Eigenvalues of one window, shape (n_channels, n_times)."""
    n = window.shape[1] - n_delays + 1
    hankel = np.concatenate([window[:, i : i + n] for i in range(n_delays)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ill-conditioned windows are what this is about
        return DMD(svd_rank=rank).fit(hankel).eigs


def compare(X, sfreq, joint=False, **setting):
    """Largest difference in any window, and in the 99th percentile of windows."""
    result = DMDTransformer(sfreq=sfreq, joint=joint, **setting).fit(X).decompose(X)
    worst = [
        farthest(
            result.eigenvalues[i] if joint else result.eigenvalues[i, 0],
            pydmd_eigenvalues(window if joint else window[:1], **setting),
        )
        for i, window in enumerate(X)
    ]
    return max(worst), np.quantile(worst, 0.99)


def random_windows(raw, rng):
    """Windows from anywhere in a recording."""
    n_times = round(2 * raw.info["sfreq"])
    starts = rng.integers(0, raw.n_times - n_times, N_WINDOWS)
    return np.stack([raw.get_data(start=s, stop=s + n_times) for s in starts])


def main():
    rng = np.random.default_rng(0)
    sources = {
        "SC4001, 100 Hz": (random_windows(read_night(), rng), 100.0),
        "white noise, 100 Hz": (rng.standard_normal((N_WINDOWS, 3, 200)), 100.0),
        "nap, 256 Hz": (random_windows(read_nap(256.0), rng), 256.0),
        "SC4001 resampled to 256 Hz": (
            random_windows(read_night().crop(30000, 40000).resample(256.0, verbose="error"), rng),
            256.0,
        ),
    }
    rows = []
    for setting in SETTINGS:
        for name, (X, sfreq) in sources.items():
            worst, most = compare(X, sfreq, **setting)
            kind = "joint" if setting.get("joint") else "one channel"
            shown = name, kind, setting["n_delays"], setting["rank"], f"{most:.0e}", f"{worst:.0e}"
            rows.append(shown)
    header = ["windows", "", "delays", "rank", "99 % of windows within", "largest difference"]
    write("agreement", table(header, rows))


if __name__ == "__main__":
    main()
