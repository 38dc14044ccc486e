"""Other programs, run on the same recordings where they are installed: psgscoring and Luna.

psgscoring: its U-Net v2, with the interval of its clinical profile ``aasm_v3_rec``. Luna: its
command AROUSALS. Both are given the expert's stages, which this program does not need.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import mne
import numpy as np
import pandas as pd

from ..hypnogram import EPOCH_LENGTH, STAGES
from ..recording.montage import Montage
from ..recording.reading import read_recording
from ..utils.errors import RecordingError
from ..utils.privacy import reader_words
from .layouts import recording_key
from .marked import Marked

_LEAST_RATE = 100.0  # Hz; Luna refuses EEG of 50 Hz
_SIGNALS = (".edf", ".bdf", ".fif", ".vhdr", ".set", ".gdf")
# A peer may fail in ways of its own on a recording; it is noted, and the others go on.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def run_peers(folder, truth: dict[str, Marked], notes: list[str]) -> dict[str, dict[str, Marked]]:
    """Run other programs on recordings that an expert staged.

    Parameters
    ----------
    folder : path-like
        Folder of the recordings.
    truth : dict
        An expert's marks, with stages, by key of the recording.
    notes : list of str
        Gets what could not be run.

    Returns
    -------
    found : dict
        Name of each program to what it found, by key.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    paths = list_recordings(folder)
    found = {}
    for name, module, detect in (("psgscoring", "psgscoring", _unet), ("luna", "lunapi", _luna)):
        if find_spec(module) is None:
            notes.append(f"{module} is not installed, so it is not compared.")
            continue
        made = _run(name, detect, paths, truth, notes)
        if made:
            found[name] = made
    return found


def list_recordings(folder) -> dict[str, Path]:
    """List the recordings of a folder.

    Parameters
    ----------
    folder : path-like
        The folder.

    Returns
    -------
    paths : dict
        Key of each recording to its file.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"No such folder of recordings: {folder}")
    return {
        recording_key(path.name): path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _SIGNALS and "annot" not in path.name and path.is_file()
    }


def start_of(path: Path) -> datetime | None:
    """Read when a recording starts.

    Parameters
    ----------
    path : Path
        The recording.

    Returns
    -------
    start : datetime | None
        When its first sample is; None where it has no date or can't be read.
    """
    try:
        raw, _ = read_recording(path)
    except (RecordingError, OSError):
        return None
    begun = raw.info["meas_date"]
    return None if begun is None else begun + timedelta(seconds=float(raw.first_time))


def _run(name: str, detect: Callable, paths, truth, notes) -> dict[str, Marked]:
    made = {}
    for key, marked in truth.items():
        if marked.stages is None or key not in paths:
            continue
        try:
            events = detect(_Signals(paths[key]), _stage_names(marked.stages))
        except _FAILURES as error:
            notes.append(f"{name} failed on {key} ({type(error).__name__}: {reader_words(error)}).")
            continue
        table = pd.DataFrame(events, columns=["onset", "duration", "score"], dtype=float)
        made[key] = Marked(key, table.sort_values("onset", ignore_index=True))
    if not made:
        notes.append(f"{name} ran on no recording: it needs the recording and an expert's stages.")
    return made


def _stage_names(stages) -> list[str]:
    return [STAGES[code] if code >= 0 else "W" for code in stages]


class _Signals:
    """Channels of a recording by their role.

    Parameters
    ----------
    path : Path
        The recording.
    """

    def __init__(self, path: Path):
        self.path = path
        self.raw, self.name = read_recording(path)
        self.roles = Montage(self.raw, recording=self.name, reference=None).choose().roles
        self.sfreq = float(self.raw.info["sfreq"])

    def names(self, role: str) -> list[str]:
        return [name for name, one in self.roles.items() if one.partition("/")[0] == role]

    def microvolts(self, name: str | None) -> np.ndarray:
        """One channel, µV; zeros where there is none, as psgscoring's network takes them."""
        if name is None:
            return np.zeros(self.raw.n_times)
        return 1e6 * self.raw.get_data(picks=[name])[0]


def _unet(signals: _Signals, stages: list[str]) -> list[tuple[float, float, float]]:
    """Run psgscoring's U-Net v2: one central EEG, one EOG, chin EMG."""
    from psgscoring import arousal_unet
    from psgscoring.constants import SCORING_PROFILES

    eeg = sorted(signals.names("eeg"), key=lambda name: ("C4" not in name, "C3" not in name))
    if not eeg:
        raise RecordingError("has no EEG channel.", signals.name)
    names = [eeg[0], *(next(iter(signals.names(role)), None) for role in ("eog", "emg"))]
    arguments = []
    for name in names:
        arguments += [signals.microvolts(name), signals.sfreq]
    result = arousal_unet.detect_arousals_unet(
        *arguments,
        stages,
        min_interval_s=SCORING_PROFILES["aasm_v3_rec"]["AROUSAL_MIN_INTERVAL_S"],
        weight="unet_v2",
    )
    if not result["success"]:
        raise RuntimeError(str(result["error"]))
    return [(e["onset_s"], e["duration_s"], e["confidence"]) for e in result["events"]]


def _luna(signals: _Signals, stages: list[str]) -> list[tuple[float, float, float]]:
    """Run Luna's AROUSALS with all EEG channels and the chin EMG; it scores no event."""
    import lunapi

    project = lunapi.proj(verbose=False)
    project.silence(True)
    project.clear()
    recording = project.inst(signals.name)
    eeg = ",".join(_luna_name(name) for name in signals.names("eeg"))
    emg = next(iter(signals.names("emg")), None)
    chin = "rem=F" if emg is None else f"emg={_luna_name(emg)}"  # without EMG it asks for NREM
    with tempfile.TemporaryDirectory() as folder:
        path = signals.path
        if path.suffix.lower() != ".edf":  # the only format that it reads
            path = Path(folder) / "recording.edf"
            mne.export.export_raw(path, signals.raw, verbose="error")
        marks = Path(folder) / "stages.annot"
        marks.write_text(
            "".join(
                f"{stage}\t.\t.\t{EPOCH_LENGTH * k:g}\t{EPOCH_LENGTH * (k + 1):g}\t.\n"
                for k, stage in enumerate(stages)
            )
        )
        recording.attach_edf(str(path))
        recording.attach_annot(str(marks))
        if signals.sfreq < _LEAST_RATE:
            recording.silent_proc(f"RESAMPLE sig={eeg} sr={_LEAST_RATE:g}")
        recording.silent_proc(f"AROUSALS eeg={eeg} {chin} add=peer")
        found = recording.fetch_annots(["arousal"])
    if not len(found):
        return []
    return [(on, stop - on, np.nan) for on, stop in found[["Start", "Stop"]].to_numpy(float)]


def _luna_name(name: str) -> str:
    return name.replace("-", "_").replace(" ", "_")
