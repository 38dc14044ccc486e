"""Measure how the bodies of simulated patients answer arousals, beside a clinical patient.

Writes, for each kind of patient, the median over arousals of heart rate, breath amplitude and chin
EMG around the onset, in interquartile ranges of the night from its median::

    python doc/benchmarks/simulated_patients.py --output doc/benchmarks/simulated_patients.md

The row of people is that of 27 arousals that experts marked in half an hour of a clinical night.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, find_peaks, hilbert, sosfiltfilt

from mne_arousal.datasets import simulate_psg
from mne_arousal.datasets._patients import PATIENTS

SFREQ, HOURS = 128.0, 3.0
SEEDS = (11, 12)
GRID = 0.5  # s
AFTER = (-12.0, -5.0, 0.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0)  # s from the onset
MEASURED = {
    "heart rate": (None, -0.07, 0.46, None, 1.25, 1.29, None, 0.0, -0.5),
    "breath amplitude": (-0.67, None, None, 0.57, None, None, 0.75, None, None),
}
RISE = 0.8  # interquartile ranges, that count as a rise of heart rate


def heart_rate(signal, times):
    """Heart rate (beats per minute) at `times` (s) from R peaks; odd intervals are bridged."""
    sos = butter(2, (8.0, 30.0), "bandpass", fs=SFREQ, output="sos")
    steep = np.abs(sosfiltfilt(sos, signal))
    peaks, _ = find_peaks(steep, height=0.5 * np.percentile(steep, 99), distance=45)
    between = np.diff(peaks) / SFREQ
    fine = (between > 0.4) & (between < 1.6)
    return np.interp(times, peaks[1:][fine] / SFREQ, 60 / between[fine])


def breath_amplitude(signal):
    """Envelope of the breath on the grid."""
    sos = butter(2, (0.1, 0.6), "bandpass", fs=SFREQ, output="sos")
    return np.abs(hilbert(sosfiltfilt(sos, signal)))[:: int(GRID * SFREQ)]


def muscle_level(signal):
    """Log of the RMS in 1 s on the grid."""
    return np.log(uniform_filter1d(signal**2, int(SFREQ)))[:: int(GRID * SFREQ)] / 2


def measure(patient, seed):
    """Return courses (n_arousals, n_after) by signal, and shares of rises of heart rate."""
    night = simulate_psg(HOURS * 3600, SFREQ, seed, patient=patient, verbose="error")
    times = np.arange(0, HOURS * 3600, GRID)
    ecg, flow, chin = night.raw.get_data(["ECG", "Airflow", "Chin"])
    signals = {
        "heart rate": heart_rate(ecg, times),
        "breath amplitude": breath_amplitude(flow),
        "chin EMG": muscle_level(chin),
    }
    courses = {}
    for name, values in signals.items():
        spread = np.subtract(*np.percentile(values, [75, 25]))
        values = (values - np.median(values)) / spread
        at = night.arousals.onset[:, np.newaxis] + np.array(AFTER)
        courses[name] = np.interp(at, times, values)
        if name == "heart rate":
            chance = np.random.default_rng(0).uniform(60, times[-1] - 60, 500)
            rises = [_rises(values, times, at) for at in (night.arousals.onset, chance)]
    return courses, rises


def _rises(rate, times, onsets):
    """Whether heart rate rises after each onset."""
    found = []
    for onset in onsets:
        before = rate[(times > onset - 15) & (times < onset - 4)]
        after = rate[(times > onset + 2) & (times < onset + 12)]
        found.append(after.max() > np.median(before) + RISE)
    return np.array(found)


def page() -> str:
    """Write the page."""
    rows = {name: [] for name in ("heart rate", "breath amplitude", "chin EMG")}
    shares = []
    for patient in PATIENTS:
        nights = [measure(patient, seed) for seed in SEEDS]
        for name, lines in rows.items():
            median = np.median(np.vstack([courses[name] for courses, _ in nights]), axis=0)
            lines.append(f"| {patient} | " + " | ".join(f"{x:.2f}" for x in median) + " |")
        here, chance = (np.concatenate([r[i] for _, r in nights]).mean() for i in (0, 1))
        shares.append(f"| {patient} | {here:.0%} | {chance:.0%} |")
    text = "# Bodies of simulated patients\n\nMade by `doc/benchmarks/simulated_patients.py`: "
    text += f"nights of {HOURS:g} h, seeds {', '.join(map(str, SEEDS))}. Medians over arousals in\n"
    text += "interquartile ranges of the night, at times (s) from the onset.\n"
    for name, lines in rows.items():
        text += f"\n## {name[0].upper()}{name[1:]}\n\n"
        text += "| patient | " + " | ".join(f"{x:g}" for x in AFTER) + " |\n"
        text += "| --- |" + " ---: |" * len(AFTER) + "\n" + "\n".join(lines) + "\n"
        if name in MEASURED:
            cells = ("–" if x is None else f"{x:.2f}" for x in MEASURED[name])
            text += "| a clinical night | " + " | ".join(cells) + " |\n"
    text += "\n## Heart rate rises with arousals and without\n\n"
    text += f"Share with a rise of over {RISE} interquartile ranges within 2 to 12 s.\n\n"
    text += "| patient | arousals | any time |\n| --- | ---: | ---: |\n" + "\n".join(shares) + "\n"
    return text


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.parse_args().output.write_text(page())


if __name__ == "__main__":
    main()
