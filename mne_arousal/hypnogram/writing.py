"""Hypnograms for other programs: YASA, Luna, BIDS, and whatever reads EDF+."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..utils.errors import RecordingError
from ..utils.files import partial_file
from .codes import STAGES, describe_stage
from .table import Hypnogram

if TYPE_CHECKING:
    from ..utils.types import PathLike

_YASA = np.array(["WAKE", "N1", "N2", "N3", "REM", "UNS"])
_LUNA = np.array([*STAGES, "?"])


def write_hypnogram(hypnogram: Hypnogram, path: PathLike, *, start: datetime | None = None) -> Path:
    """Write a hypnogram for another program.

    Parameters
    ----------
    hypnogram : Hypnogram
        One stage an epoch.
    path : path-like
        The ending tells the format: ``.csv`` (YASA: columns Epoch and Stage, and the
        probabilities where they are known), ``.eannot`` (Luna), ``.tsv`` (``events.tsv`` of
        BIDS), ``.edf`` (EDF+ without signals, needs edfio). A file that is there is replaced.
    start : datetime | None
        When the first epoch is. None takes the hypnogram's own.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    RecordingError
        If the ending is unknown, or the file can't be written.

    See Also
    --------
    read_hypnogram : Read such files.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mne_arousal.hypnogram import Hypnogram, write_hypnogram
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_hypnogram(Hypnogram([0, 1, 2]), Path(folder) / "night.eannot")
    ...     path.read_text().split()
    ['W', 'N1', 'N2']
    """
    path = Path(path)
    writers = {".csv": _yasa_text, ".eannot": _luna_text, ".tsv": _bids_text}
    kind = path.suffix.lower()
    if kind == ".edf":
        from ..annotation_files import write_annotations

        begin = start if start is not None else hypnogram.start
        marks = hypnogram.to_annotations()
        marks = marks if begin is None else _dated(marks, begin)
        return write_annotations(marks, path)
    if kind not in writers:
        known = ", ".join([*writers, ".edf"])
        raise RecordingError(f"{path.name}: hypnograms are written as {known}.")
    with partial_file(path) as partial:
        partial.write_text(writers[kind](hypnogram), encoding="utf-8", newline="\n")
    return path


def _dated(marks, begin):
    import mne

    return mne.Annotations(marks.onset, marks.duration, marks.description, orig_time=begin)


def _yasa_text(hypnogram: Hypnogram) -> str:
    table = hypnogram.to_frame().drop(columns=["onset", "duration"])
    table.insert(0, "Epoch", np.arange(len(table)))
    table["stage"] = _YASA[hypnogram.stages]
    table = table.rename(columns={"stage": "Stage"})
    return table.to_csv(index=False, float_format="%.4f", lineterminator="\n")


def _luna_text(hypnogram: Hypnogram) -> str:
    return "".join(f"{name}\n" for name in _LUNA[hypnogram.stages])


def _bids_text(hypnogram: Hypnogram) -> str:
    table = hypnogram.to_frame()
    table["stage"] = [describe_stage(int(code)) for code in hypnogram.stages]
    table = table.rename(columns={"stage": "trial_type"})
    return table.to_csv(
        sep="\t", index=False, float_format="%.4f", lineterminator="\n", na_rep="n/a"
    )
