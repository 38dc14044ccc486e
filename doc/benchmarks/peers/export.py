"""Recordings of the benchmark as files that other detectors read, the truth left out.

Run with the Python that has this package::

    python doc/benchmarks/peers/export.py --half report FOLDER

Each recording becomes ``NAME.edf`` (16 bit, each channel scaled to its own range, so that nothing
clips), ``NAME.channels.csv`` (name and type of each channel), ``NAME.stages.csv`` (the true
stage of each 30 s, which all peers are given) and ``NAME.digest`` (of the signals: it tells whether
what a peer found is still about the same recording).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

import mne
import numpy as np
import pandas as pd

from mne_arousal.hypnogram import STAGES

sys.path.insert(0, str(Path(__file__).parents[1] / "arousals"))


def digest(raw: mne.io.BaseRaw) -> str:
    """Return a digest of the signals and their channels.

    Parameters
    ----------
    raw : instance of mne.io.Raw
        Signals.

    Returns
    -------
    digest : str
        Forty hexadecimal digits.
    """
    made = hashlib.sha1(",".join(raw.ch_names).encode(), usedforsecurity=False)
    data = np.nan_to_num(raw.get_data())  # gaps, which EDF can't hold
    made.update(np.round(data * 1e9).astype(np.int64).tobytes())
    return made.hexdigest()


def export_recording(raw: mne.io.BaseRaw, stages: np.ndarray, folder: Path, name: str) -> None:
    """Write one recording.

    Parameters
    ----------
    raw : instance of mne.io.Raw
        Signals, V, with channel types; gaps (NaN) are written as zeros. Annotations, which may
        hold the truth, are left out.
    stages : array of int, shape (n_epochs,)
        Stage of each 30 s, as ``hypnogram_to_stages`` returns it.
    folder : Path
        Where to.
    name : str
        Name of the recording, and of its files.
    """
    signature = digest(raw)
    raw = raw.copy().set_annotations(None).set_meas_date(None)
    raw.apply_function(lambda x: np.nan_to_num(x), picks="all", verbose="error")
    types = raw.get_channel_types()
    channels = pd.DataFrame({"name": raw.ch_names, "type": types})
    channels.to_csv(folder / f"{name}.channels.csv", index=False)
    names = [STAGES[stage] if stage >= 0 else "?" for stage in stages]
    pd.DataFrame({"stage": names}).to_csv(folder / f"{name}.stages.csv", index=False)
    # A flat channel has no range of its own, which EDF can't hold.
    flat = [n for n, x in zip(raw.ch_names, raw.get_data(), strict=True) if np.ptp(x) == 0]
    # Written last and renamed, so that a folder that is being filled can be read.
    partial = folder / f"{name}.partial.edf"
    mne.export.export_raw(
        partial,
        raw.drop_channels(flat),
        physical_range="channelwise",
        overwrite=True,
        verbose="error",
    )
    (folder / f"{name}.digest").write_text(signature)
    os.replace(partial, folder / f"{name}.edf")


def main() -> None:
    """Export the recordings of one half of the benchmark."""
    from recordings import build, names

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("choose", "report"))
    parser.add_argument("--part", choices=("simulated", "implants", "untouched"))
    parser.add_argument("--kinds", nargs="+", help="of simulated sleepers")
    parser.add_argument("--n-seeds", type=int, help="the first so many seeds of each half")
    parser.add_argument("--seeds", nargs="+", type=int, help="these seeds alone")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    selection = (arguments.part, arguments.kinds, arguments.n_seeds, arguments.seeds)
    for name in names(arguments.half, *selection):
        recording = build(name)
        known = arguments.folder / f"{name}.digest"
        if known.exists() and known.read_text() == digest(recording.raw):
            continue
        export_recording(recording.raw, recording.stages, arguments.folder, name)
        print(name, flush=True)


if __name__ == "__main__":
    main()
