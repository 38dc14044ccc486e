"""Speed beside PyDMD in a loop, in the same run and thread, and where the time goes.

Times are processor time of one thread, so that a shared machine adds little to them.
"""

from __future__ import annotations

import cProfile
import itertools
import os
import pstats
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from dmd_page import cut, farthest, read_nap, table, write
from pydmd import DMD

from mne_arousal.dmd import DMDTransformer

N_PYDMD = 60  # windows for PyDMD; it takes the same time for each


def thread_time(function, repeats=3):
    """Least processor time of a few runs, s."""
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        result = function()
        times.append(time.thread_time() - start)
    return min(times), result


def embed(window, n_delays):
    """Snapshots of one window, shape (n_channels, n_times)."""
    n = window.shape[1] - n_delays + 1
    return np.concatenate([window[:, i : i + n] for i in range(n_delays)])


def loop(windows, n_delays, rank, joint, **options):
    """PyDMD's eigenvalues of each window, those of channels side by side."""
    found = []
    for window in windows:
        cases = [window] if joint else [window[i : i + 1] for i in range(len(window))]
        found.append([DMD(svd_rank=rank, **options).fit(embed(c, n_delays)).eigs for c in cases])
    return found


def measure(raw, n_channels, joint, n_delays, rank):
    """One row of the table."""
    raw = raw.copy().pick(raw.ch_names[:n_channels])
    X = cut(raw.crop(0, 900))
    dmd = DMDTransformer(n_delays=n_delays, rank=rank, joint=joint).fit(X)
    n_times, hop = round(2 * raw.info["sfreq"]), round(raw.info["sfreq"] / 2)
    cuts = np.lib.stride_tricks.sliding_window_view(raw.get_data(), n_times, axis=1)
    first = cuts[:, : N_PYDMD * hop : hop].swapaxes(0, 1)
    plain, _ = thread_time(lambda: loop(first, n_delays, rank, joint), 2)
    optimal, theirs = thread_time(lambda: loop(first, n_delays, rank, joint, opt=True), 2)
    features, _ = thread_time(lambda: dmd.transform(X))
    modes, result = thread_time(lambda: dmd.decompose(X), 2)
    ours = result.eigenvalues[:N_PYDMD].reshape(N_PYDMD, -1, result.eigenvalues.shape[-1])
    apart = max(
        farthest(a, b) for o, t in zip(ours, theirs, strict=True) for a, b in zip(o, t, strict=True)
    )
    plain, optimal = (1e6 * t / N_PYDMD for t in (plain, optimal))
    features, modes = (1e6 * t / len(X) for t in (features, modes))
    return [
        f"{raw.info['sfreq']:.0f}",
        f"{n_channels}{' joint' if joint else ''}",
        n_delays,
        rank,
        f"{plain:.0f}",
        f"{optimal:.0f}",
        f"{features:.0f}",
        f"{modes:.0f}",
        f"**{plain / features:.1f}**",
        f"{plain / modes:.1f}",
        f"{optimal / modes:.1f}",
        f"{apart:.0e}",
    ]


def lapack_share(raw, joint, n_delays, rank):
    """Share of `transform` that NumPy's linear algebra takes, matrix products left out."""
    X = cut(raw.copy().crop(0, 900))
    dmd = DMDTransformer(n_delays=n_delays, rank=rank, joint=joint).fit(X)
    profile = cProfile.Profile(time.thread_time)
    profile.runcall(dmd.transform, X)
    stats = pstats.Stats(profile).stats
    inside = {"eigh", "eig", "inv", "svd", "qr", "pinv"}
    taken = {}
    for (file, _, name), (_, _, _, cumulative, _) in stats.items():
        if name in inside and file.endswith("numpy/linalg/_linalg.py"):
            taken[name] = cumulative
    total = max(row[3] for row in stats.values())
    calls = ", ".join(f"`{k}` {100 * v / total:.0f} %" for k, v in taken.items() if v > total / 200)
    case = f"6 channels{' joint' if joint else ''}, d = {n_delays}, r = {rank}"
    return [case, f"{100 * sum(taken.values()) / total:.0f} %", calls or "none"]


def main():
    warnings.simplefilter("ignore")  # PyDMD warns of condition numbers over 1e5
    rows = []
    raws = {sfreq: read_nap(sfreq) for sfreq in (100.0, 128.0, 256.0)}
    cases = [(1, False), (6, False), (6, True)]
    for sfreq, (n_channels, joint) in itertools.product(raws, cases):
        for n_delays, rank in itertools.product((10, 20), (12, 20)):
            rows.append(measure(raws[sfreq], n_channels, joint, n_delays, rank))
            print(rows[-1], flush=True)
    header = ["Hz", "channels", "d", "r", "PyDMD", "PyDMD opt", "transform", "decompose"]
    header += ["PyDMD / transform", "PyDMD / decompose", "PyDMD opt / decompose", "eigenvalues"]
    text = table(header, rows)
    settings = [(False, 10, 12), (False, 20, 12), (True, 10, 12), (True, 20, 20)]
    shares = [lapack_share(raws[100.0], *setting) for setting in settings]
    text += "\n\n" + table(["at 100 Hz", "LAPACK's share of `transform`", "calls"], shares)
    write("speed", text)


if __name__ == "__main__":
    main()
