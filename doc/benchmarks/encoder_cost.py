"""What the encoder costs: time on one CPU thread, and memory.

    python doc/benchmarks/encoder_cost.py

Seconds are processor time of one thread, so that other work on the machine counts little.
"""

import argparse
import threading
import time
from pathlib import Path

import torch

from mne_arousal import PSGEncoder, PSGWindower
from mne_arousal.datasets import simulate_psg


class PeakMemory:
    """Watch the memory that a process takes beyond what it had (Linux)."""

    def __enter__(self):
        self._begin = self._peak = self._resident()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._done.set()
        self._thread.join()
        self.megabytes = (self._peak - self._begin) / 1e6

    def _watch(self):
        while not self._done.wait(0.02):
            self._peak = max(self._peak, self._resident())

    @staticmethod
    def _resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def measure(windows, name, call):
    """Run something and print what it took."""
    begin, wall = time.process_time(), time.perf_counter()
    with PeakMemory() as memory:
        call()
    seconds, wall = time.process_time() - begin, time.perf_counter() - wall
    print(
        f"{name}: {seconds:.1f} s of processor ({wall:.1f} s on the clock), "
        f"{len(windows) / seconds:.0f} windows/s, {memory.megabytes:.0f} MB more",
        flush=True,
    )


def main():
    """Measure on simulated nights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=8.0)
    hours = parser.parse_args().hours
    torch.set_num_threads(1)
    raw = simulate_psg(
        duration=hours * 3600, sfreq=256.0, n_eeg=3, random_state=0, verbose="error"
    ).raw
    three = {raw.ch_names[0]: "eeg", "E1-M2": "eog", "Chin": "emg"}
    options = {"random_state": 0, "verbose": "error"}
    for picks, sfreq in ((three, 100.0), ("auto", 256.0)):
        windows = PSGWindower(picks=picks, sfreq=sfreq, verbose="error").fit_transform(raw)
        encoder = PSGEncoder(**options)
        print(f"{hours:g} h, {sfreq:g} Hz, {len(windows)} windows, picks={picks}")
        PSGEncoder(max_epochs=0, **options).fit(windows)  # imports
        measure(windows, "  fit", lambda encoder=encoder, X=windows: encoder.fit(X))
        measure(windows, "  transform", lambda encoder=encoder, X=windows: encoder.transform(X))
        ready = PSGEncoder(weights="default", max_epochs=5, **options)
        measure(windows, "  fit, 5 epochs from weights", lambda e=ready, X=windows: e.fit(X))
        ready = PSGEncoder(weights="default", **options)
        measure(windows, "  transform, not fitted", lambda e=ready, X=windows: e.transform(X))


if __name__ == "__main__":
    main()
