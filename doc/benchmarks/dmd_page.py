"""Writes tables into the page of results, and reads the recordings that the benchmarks share."""

from __future__ import annotations

import os
import re
from pathlib import Path

import mne
import numpy as np
import pandas as pd

PAGE = Path(__file__).with_name("dmd.md")


def data_folder() -> Path:
    """Folder that holds the recordings: PHYSIONET_SLEEP_PATH."""
    folder = os.environ.get("PHYSIONET_SLEEP_PATH")
    if not folder:
        raise SystemExit("Set PHYSIONET_SLEEP_PATH to the folder that holds the recordings.")
    return Path(folder)


def read_night() -> mne.io.BaseRaw:
    """The Sleep-EDF night SC4001: two EEG and one EOG channel at 100 Hz."""
    path = data_folder() / "physionet-sleep-data" / "SC4001E0-PSG.edf"
    channels = ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal"]
    return mne.io.read_raw_edf(path, include=channels, preload=True, verbose="error")


def read_nap(sfreq: float) -> mne.io.BaseRaw:
    """25 minutes of sleep: six EEG channels at 256 Hz, from 0.3 Hz, at the rate asked for."""
    raw = mne.io.read_raw_edf(data_folder() / "nap" / "eeg.edf", preload=True, verbose="error")
    raw.pick(raw.ch_names[:6])
    raw.filter(0.3, None, verbose="error")
    return raw if sfreq == raw.info["sfreq"] else raw.resample(sfreq, verbose="error")


class CutRaw:
    """Windows of a recording, as estimators read them from a windows dataset."""

    description = None

    def __init__(self, raw: mne.io.BaseRaw, length: int, hop: int):
        self.raw = raw
        starts = np.arange(0, raw.n_times - length + 1, hop)
        self.metadata = pd.DataFrame(
            {"i_start_in_trial": starts, "i_stop_in_trial": starts + length}
        )

    def __len__(self) -> int:
        return len(self.metadata)


def cut(raw: mne.io.BaseRaw, length: float = 2.0, hop: float = 0.5) -> CutRaw:
    """Windows of a recording; length and hop in s."""
    raw.set_channel_types(dict.fromkeys(raw.ch_names, "eeg"), verbose="error")
    sfreq = raw.info["sfreq"]
    return CutRaw(raw, round(length * sfreq), round(hop * sfreq))


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def write(section: str, text: str) -> None:
    """Put text where the page has ``<!-- section -->`` ... ``<!-- end -->``, and print it."""
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    pattern = rf"(<!-- {section} -->\n).*?(<!-- end -->)"
    if not re.search(pattern, page, re.DOTALL):
        raise SystemExit(f"{PAGE.name} has no section {section}.")
    page = re.sub(pattern, lambda m: f"{m[1]}{text}\n{m[2]}", page, flags=re.DOTALL)
    PAGE.write_text(page, encoding="utf-8")


def farthest(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest distance between two sets of eigenvalues; infinite if their numbers differ."""
    found = found[~np.isnan(found)]
    if len(found) != len(expected):
        return float("inf")
    distance = np.abs(found[:, None] - expected[None])
    return max(distance.min(axis=0).max(), distance.min(axis=1).max())
