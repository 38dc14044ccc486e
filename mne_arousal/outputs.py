"""Files that one recording's result is written to: all of them, or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .annotate import AROUSAL_COLUMNS, Night
from .utils.errors import RecordingError


def check_output_folder(folder) -> Path:
    """Make a folder and make sure that files can be written to it.

    Parameters
    ----------
    folder : path-like
        Folder, made with its parents where absent.

    Returns
    -------
    folder : Path
        The folder.

    Raises
    ------
    RecordingError
        If it can't be made or written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RecordingError(
            f"The output folder {folder} can't be written to ({error.strerror}). Name another one."
        ) from error
    return folder


def write_night(night: Night, folder) -> list[Path]:
    """Write arousals, stages and annotations of one recording.

    The files are made in a temporary folder beside their place and renamed when all are whole.

    Parameters
    ----------
    night : Night
        What was found.
    folder : path-like
        Where to.

    Returns
    -------
    paths : list of Path
        ``<name>_arousals.csv`` (onset, duration, onset_low, onset_high, score, stage_cluster; s
        from the start of the recording), ``<name>_stages.csv`` (onset, duration, cluster) and
        ``<name>-annot.fif``.
    """
    folder = check_output_folder(folder)
    work = Path(tempfile.mkdtemp(prefix=".mne-arousal-", dir=folder))
    names = [f"{night.name}_arousals.csv", f"{night.name}_stages.csv", f"{night.name}-annot.fif"]
    try:
        night.arousals[AROUSAL_COLUMNS].to_csv(
            work / names[0], index=False, float_format="%.3f", lineterminator="\n"
        )
        night.stages.to_csv(work / names[1], index=False, float_format="%.3f", lineterminator="\n")
        night.annotations.save(work / names[2], verbose="error")
        for name in names:
            os.replace(work / name, folder / name)
    except OSError as error:
        raise RecordingError(
            f"The results can't be written to {folder} ({error.strerror}). "
            "Free some space or name another folder.",
            night.name,
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [folder / name for name in names]
