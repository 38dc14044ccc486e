"""Time and memory of a night of 8 h with six channels at 128 Hz, 2 s windows every 0.5 s."""

from __future__ import annotations

import os
import resource
import threading
import time

os.environ["OMP_NUM_THREADS"] = "1"

import mne
import numpy as np
from dmd_page import cut, read_nap, table, write

from mne_arousal.dmd import DMDTransformer

HOURS, SFREQ = 8, 128.0


def make_night():
    """25 minutes of sleep, again and again, with a little noise so that no window comes twice."""
    nap = read_nap(SFREQ)
    n = int(HOURS * 3600 * SFREQ)
    data = np.tile(nap.get_data(), (1, n // nap.n_times + 1))[:, :n]
    data += 1e-7 * np.random.default_rng(0).standard_normal(data.shape)
    return mne.io.RawArray(data, nap.info, verbose="error")


class Memory(threading.Thread):
    """Highest resident memory while it runs, bytes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.done, self.highest = threading.Event(), 0

    def run(self):
        while not self.done.wait(0.02):
            with open("/proc/self/statm") as file:
                pages = int(file.read().split()[1])
            self.highest = max(self.highest, pages * resource.getpagesize())


def measure(X, **parameters):
    """Seconds, seconds of processor time, GB taken beside the recording."""
    memory = Memory()
    with open("/proc/self/statm") as file:
        before = int(file.read().split()[1]) * resource.getpagesize()
    memory.start()
    wall, cpu = time.perf_counter(), time.process_time()
    DMDTransformer(**parameters).fit_transform(X)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory.done.set()
    memory.join()
    return wall, cpu, (memory.highest - before) / 1e9


def main():
    X = cut(make_night())
    DMDTransformer().fit_transform(cut(read_nap(SFREQ)))  # imports and first allocations
    rows = []
    cases = [
        ("default", {}),
        ("default, two threads", {"n_jobs": 2}),
        ("`n_delays=20, rank=12`", {"n_delays": 20}),
        ("`method='fb'`", {"method": "fb"}),
        ("`joint=True`, two threads", {"joint": True, "n_jobs": 2}),
    ]
    for name, parameters in cases:
        wall, cpu, memory = measure(X, **parameters)
        rows.append([name, f"{wall:.1f}", f"{cpu:.1f}", f"{memory:.2f}"])
    header = [
        f"{len(X)} windows × 6 channels",
        "s",
        "s of processor time",
        "GB beside the recording",
    ]
    write("night", table(header, rows))


if __name__ == "__main__":
    main()
