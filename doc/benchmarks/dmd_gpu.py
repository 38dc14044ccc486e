"""The night of ``dmd_night.py`` on a GPU, for whoever has one; no figures come with the project."""

from __future__ import annotations

import itertools
import os
import time

import numpy as np
from dmd_night import make_night
from dmd_page import cut, table, write

from mne_arousal._array import get_backend
from mne_arousal.dmd import DMDTransformer

CASES = [{}, {"n_delays": 20}, {"joint": True}]


def seconds(dmd, X):
    """Least time of three runs after one that loads kernels, s, and the features."""
    dmd.fit_transform(X)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        features = dmd.transform(X)
        times.append(time.perf_counter() - start)
    return min(times), features.to_numpy()


def copy_bandwidth(backend):
    """Bytes a second that a copy on the device moves, read and written."""
    x = backend.asarray(np.zeros(1 << 27))
    y = x + 0
    float(y[0])  # waits
    start = time.perf_counter()
    for _ in range(20):
        y = x + 0
    float(y[0])
    return 20 * 2 * 8 * len(x) / (time.perf_counter() - start)


def main():
    X = cut(make_night())
    n_cores = len(os.sched_getaffinity(0))
    signal = 8 * sum(ds.raw.n_times * len(ds.raw.ch_names) for ds in X.datasets)
    rows = []
    for parameters in CASES:
        cpu, expected = seconds(DMDTransformer(n_jobs=n_cores, backend="numpy", **parameters), X)
        rows.append(
            [f"NumPy, {n_cores} threads", parameters or "default", f"{cpu:.2f}", "", "", ""]
        )
        for name in ("torch", "cupy"):
            try:
                backend = get_backend(name, "cuda")
            except (ImportError, ValueError) as error:
                print(f"{name} not measured: {error}")
                continue
            taken, found = seconds(DMDTransformer(backend=name, device="cuda", **parameters), X)
            bound = signal / copy_bandwidth(backend)
            apart = np.max(np.abs(found - expected) / (1 + np.abs(expected)))
            shown = f"{taken:.2f}", f"{cpu / taken:.1f}", f"{taken / bound:.0f}", f"{apart:.0e}"
            rows.append([name, parameters or "default", *shown])
    if len(rows) == len(CASES):
        raise SystemExit("No CUDA device: nothing measured, page left as it is.")
    header = ["", "setting", "s", "times as fast", "times the bound of reading the signal once"]
    write("gpu", table([*header, "difference from NumPy"], list(itertools.chain(rows))))


if __name__ == "__main__":
    main()
