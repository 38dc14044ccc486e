"""The night of ``dmd_night.py`` on a GPU, against NumPy on the CPU of the same machine."""

from __future__ import annotations

import argparse
import os
import time

import dmd_night
import numpy as np
from dmd_page import cut, table, write

from mne_arousal._array import get_backend
from mne_arousal.dmd import DMDTransformer

CASES = [{}, {"n_delays": 20}, {"joint": True}]


def seconds(dmd, X, repeats=3):
    """Least time of some runs after one that loads kernels, s, and the features."""
    features = dmd.fit_transform(X)
    times = []
    for _ in range(repeats):
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=dmd_night.HOURS)
    dmd_night.HOURS = parser.parse_args().hours
    X = cut(dmd_night.make_night())
    n_cores = len(os.sched_getaffinity(0))
    signal = 8 * X.raw.n_times * len(X.raw.ch_names)
    rows, n_gpu = [], 0
    for parameters in CASES:
        setting = ", ".join(f"`{k}={v}`" for k, v in parameters.items()) or "default"
        one, expected = seconds(DMDTransformer(backend="numpy", **parameters), X, 1)
        all_cores = DMDTransformer(n_jobs=n_cores, backend="numpy", **parameters)
        cpu, _ = seconds(all_cores, X, 1)
        rows += [
            ["NumPy, 1 thread", setting, f"{one:.2f}", "1.0", f"{cpu / one:.1f}", "", ""],
            [f"NumPy, {n_cores} threads", setting, f"{cpu:.2f}", f"{one / cpu:.1f}", "1.0", "", ""],
        ]
        print(rows[-2:], flush=True)
        for name in ("torch", "cupy"):
            try:
                backend = get_backend(name, "cuda")
            except (ImportError, ValueError) as error:
                print(f"{name} not measured: {error}")
                continue
            taken, found = seconds(DMDTransformer(backend=name, device="cuda", **parameters), X)
            bound = signal / copy_bandwidth(backend)
            apart = np.max(np.abs(found - expected) / (1 + np.abs(expected)))
            ratios = f"{one / taken:.1f}", f"{cpu / taken:.1f}", f"{taken / bound:.0f}"
            rows.append([f"{name}, GPU", setting, f"{taken:.2f}", *ratios, f"{apart:.0e}"])
            n_gpu += 1
            print(rows[-1], flush=True)
    if not n_gpu:
        raise SystemExit("No CUDA device: nothing measured, page left as it is.")
    header = [
        "",
        "setting",
        "s",
        "ratio to 1 thread",
        f"ratio to {n_cores} threads",
        "times the bound of reading the signal once",
        "difference from NumPy",
    ]
    import torch

    about = f"{len(X)} windows × 6 channels ({dmd_night.HOURS:g} h), "
    about += f"{torch.cuda.get_device_name()}, CPU of the same machine:"
    write("gpu", f"{about}\n\n{table(header, rows)}")


if __name__ == "__main__":
    main()
