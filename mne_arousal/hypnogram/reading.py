"""Hypnograms: an expert's sleep stages, whatever they come as.

A hypnogram is never needed and never enters a fit. It gates wake when a user has
one, and it scores what was found without it.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd

from ..annotation_files import read_annotation_file, read_epoch_labels
from ..utils.errors import RecordingError
from .codes import EPOCH_LENGTH, STAGES, UNSCORED

if TYPE_CHECKING:
    from ..utils.types import Hypnogram

_CODES = {
    **dict.fromkeys(("w", "wake", "awake", "wakefulness"), 0),
    **dict.fromkeys(("n1", "s1", "nrem1", "nrem 1"), 1),
    **dict.fromkeys(("n2", "s2", "nrem2", "nrem 2"), 2),
    **dict.fromkeys(("n3", "n4", "s3", "s4", "nrem3", "nrem 3", "nrem4", "nrem 4"), 3),
    **dict.fromkeys(("r", "rem"), 4),
    **dict.fromkeys(
        ("?", "u", "m", "mt", "movement", "movement time", "unknown", "unscored", "undefined"),
        UNSCORED,
    ),
    **dict.fromkeys(("art", "artefact", "artifact", "uns", "nd"), UNSCORED),  # YASA's
}
# Bare digits are stages only after the words "sleep stage": elsewhere they are triggers.
_NUMBERED = {"0": 0, "1": 1, "2": 2, "3": 3, "4": 3}
_PREFIX = re.compile(r"^(sleep stage|sleep|stage) ")
_KNOWN = "'W', 'N1', 'N2', 'N3', 'R' (or 'REM'), 'Sleep stage 2', '?' and the like"


def _stage_code(description: str) -> int | None:
    """Return the index into `STAGES`, `UNSCORED`, or None for what is no stage."""
    name = re.sub(r"[\s_\-/]+", " ", str(description)).strip().lower()
    bare = _PREFIX.sub("", name)
    if bare != name and bare in _NUMBERED:
        return _NUMBERED[bare]
    return _CODES.get(bare)


def _stage_name(code: int) -> str:
    return f"Sleep stage {'?' if code == UNSCORED else STAGES[code]}"


def read_hypnogram(
    source: Hypnogram, *, epoch_length: float = EPOCH_LENGTH, start: datetime | None = None
) -> mne.Annotations:
    """Read sleep stages from a file, annotations or an array.

    Parameters
    ----------
    source : path-like | instance of Annotations | array-like, shape (n_epochs,)
        A file that :func:`mne.read_annotations` reads (EDF+, ``-annot.fif``, ``.txt``,
        ``.csv``; a ``.csv`` may also have onsets as seconds); a file of Luna (``.annot``,
        ``.eannot``), of EDFbrowser (``.xml``, ``.csv``, ``.txt``) or of YASA (``.txt`` or
        ``.csv`` with one stage per epoch); annotations; a ``yasa.Hypnogram``; or one stage
        per epoch: integers (0 W, 1 N1, 2 N2, 3 N3, 4 R, -1 or -2 unscored) or names. Names are
        those of the AASM manual (``"N2"``, ``"Sleep stage N2"``, ``"REM"``), of
        Rechtschaffen & Kales (``"Sleep stage 2"``, ``"S2"``; stages 3 and 4 are N3), or
        unscored (``"?"``, ``"Movement time"``).
    epoch_length : float
        Length of one entry of an array, s. 30 s is the length that both manuals score.
    start : datetime | None
        When the recording starts, needed only by files that hold times of the clock without
        a date.

    Returns
    -------
    hypnogram : instance of Annotations
        The stages alone, described as ``"Sleep stage W"``, ``N1``, ``N2``, ``N3``, ``R``
        or ``?``; other annotations are left out.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    RecordingError
        If it can't be read, or nothing in it is a sleep stage.

    Examples
    --------
    >>> from mne_arousal.hypnogram import read_hypnogram
    >>> hypnogram = read_hypnogram(["W", "N1", "N2", "N2"])
    >>> str(hypnogram.description[2]), float(hypnogram.onset[2])
    ('Sleep stage N2', 60.0)
    """
    if isinstance(source, mne.Annotations):
        return _keep_stages(source, "the annotations")
    name = None
    if isinstance(source, str | Path):
        path = Path(source)
        name = path.name
        found = _read_file(path, start)
        if isinstance(found, mne.Annotations):
            return _keep_stages(found, path.name)
        source = found
    if hasattr(source, "as_int"):  # yasa.Hypnogram
        source = source.as_int()
    codes = _read_array(source, name)
    onset = np.arange(len(codes)) * float(epoch_length)
    return mne.Annotations(onset, float(epoch_length), [_stage_name(code) for code in codes])


def hypnogram_to_stages(
    hypnogram: Hypnogram,
    n_epochs: int | None = None,
    epoch_length: float = EPOCH_LENGTH,
    duration: float | None = None,
    *,
    start: datetime | None = None,
) -> np.ndarray:
    """Return one stage per epoch.

    An epoch has the stage that covers most of it; one that no stage covers is unscored.

    Parameters
    ----------
    hypnogram : path-like | instance of Annotations | array-like, shape (n_epochs,)
        As :func:`read_hypnogram` takes it.
    n_epochs : int | None
        Number of epochs to return. None means as many as fit into `duration`.
    epoch_length : float
        Length of an epoch, s. 30 s is the length that the scoring manuals use.
    duration : float | None
        Length of the recording, s; annotations past it are cut (a Sleep-EDF hypnogram
        goes on for two hours after the end of the signal). None means up to the end of
        the last stage annotation.
    start : datetime | None
        When the recording starts, ``raw.info["meas_date"]``. Given, and when the
        annotations have an ``orig_time``, stages are moved by the difference. None means
        that onsets count from the start of the recording.

    Returns
    -------
    stages : array of int, shape (n_epochs,)
        Indices into ``("W", "N1", "N2", "N3", "R")``; -1 where nothing is scored.

    Raises
    ------
    FileNotFoundError
        If `hypnogram` is a path that does not exist.
    RecordingError
        If it can't be read, nothing in it is a sleep stage, or no stage lies inside the
        recording.

    Examples
    --------
    >>> import mne
    >>> from mne_arousal.hypnogram import hypnogram_to_stages
    >>> hypnogram = mne.Annotations([0, 60], [60, 30], ["Sleep stage W", "Sleep stage 2"])
    >>> hypnogram_to_stages(hypnogram).tolist()
    [0, 0, 2]
    """
    annotations = read_hypnogram(hypnogram, epoch_length=epoch_length, start=start)
    onset = np.array(annotations.onset, dtype=float)
    if start is not None and annotations.orig_time is not None:
        onset += (annotations.orig_time - start).total_seconds()
    end = onset + _durations(onset, annotations.duration, epoch_length)
    if n_epochs is None:
        length = end.max() if duration is None else duration
        # Rounded, since durations written in decimals may miss the last epoch by an ulp.
        n_epochs = int(np.floor(round(length / epoch_length, 6)))
    edges = np.arange(n_epochs + 1) * float(epoch_length)
    covered = np.zeros((len(STAGES) + 1, n_epochs))  # the last row is UNSCORED
    for lo, hi, name in zip(onset, end, annotations.description, strict=True):
        covered[_stage_code(name)] += np.clip(
            np.minimum(hi, edges[1:]) - np.maximum(lo, edges[:-1]), 0, None
        )
    if n_epochs and not covered.any():
        raise RecordingError(
            f"No sleep stage lies inside the recording of {edges[-1]:g} s: the hypnogram runs from "
            f"{onset.min():g} to {end.max():g} s. Check that both belong to the same night."
        )
    stages = covered.argmax(axis=0)
    stages[(stages == len(STAGES)) | (covered.sum(axis=0) == 0)] = UNSCORED
    return stages


def _durations(onset, duration, epoch_length) -> np.ndarray:
    """Durations, where marks without one last until the next mark."""
    duration = np.array(duration, dtype=float)
    if duration.any():
        return duration
    return np.append(np.diff(onset), epoch_length)


def _keep_stages(annotations, name) -> mne.Annotations:
    codes = [_stage_code(description) for description in annotations.description]
    keep = [i for i, code in enumerate(codes) if code is not None]
    if not keep:
        found = ", ".join(repr(str(d)) for d in sorted(set(annotations.description))[:5])
        raise RecordingError(
            f"No sleep stage among the {len(annotations)} annotations of {name}"
            f"{f' ({found})' if found else ''}. Stages are written as {_KNOWN}."
        )
    return mne.Annotations(
        annotations.onset[keep],
        annotations.duration[keep],
        [_stage_name(code) for code in codes if code is not None],
        orig_time=annotations.orig_time,
    )


def _read_array(source, name) -> np.ndarray:
    values = np.asarray(source)
    if values.ndim != 1 or len(values) == 0:
        raise RecordingError(
            f"A hypnogram array has one stage per epoch, shape (n_epochs,), not {values.shape}."
        )
    if values.dtype.kind in "iuf":
        codes = values.astype(float)
        codes[codes == -2] = UNSCORED  # YASA tells artefacts (-1) from what was not scored (-2)
        bad = np.unique(codes[~np.isin(codes, np.arange(UNSCORED, len(STAGES)))])
        if len(bad):
            raise RecordingError(
                f"Stages are 0 W, 1 N1, 2 N2, 3 N3, 4 R or -1 unscored, not {bad[:5].tolist()}.",
                name,
            )
        return codes.astype(int)
    known = [_stage_code(value) for value in values]
    unknown = {str(value) for value, code in zip(values, known, strict=True) if code is None}
    if unknown:
        raise RecordingError(
            f"Not sleep stages: {sorted(unknown)[:5]}. Stages are written as {_KNOWN}.", name
        )
    return np.array(known, dtype=int)


def _read_file(path: Path, start) -> mne.Annotations | np.ndarray:
    """Read annotations, or one stage an epoch."""
    if not path.exists():
        raise FileNotFoundError(f"No such hypnogram file: {path}")
    if path.suffix.lower() in (".annot", ".xml") or _is_edfbrowser_table(path):
        return read_annotation_file(path, start=start)
    if path.suffix.lower() in (".eannot", ".txt", ".csv"):
        labels = read_epoch_labels(path)
        if labels is not None:
            whole = all(re.fullmatch(r"[+-]?\d+(\.0*)?", label) for label in labels)
            return np.array(labels, dtype=float) if whole else np.array(labels)
    # MNE's readers meet an unreadable file with whichever of these comes first.
    errors = (ValueError, LookupError, OSError, AttributeError, TypeError, RuntimeError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the error below says it
            annotations = _read_seconds(path) if path.suffix.lower() == ".csv" else None
            if annotations is None:
                annotations = mne.read_annotations(path)
    except errors as error:
        raise RecordingError(
            "Not a hypnogram: give a file of annotations that MNE reads (EDF+, -annot.fif, .txt, "
            f".csv with columns onset, duration, description). The reader said: {error}",
            path.name,
        ) from error
    return _undo_epoch_origin(annotations)


def _is_edfbrowser_table(path: Path) -> bool:
    if path.suffix.lower() not in (".csv", ".txt"):
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return re.match(r"Onset[,\t](Duration[,\t])?Annotation", file.readline()) is not None


def _read_seconds(path: Path) -> mne.Annotations | None:
    """Read a ``.csv`` whose onsets are seconds, which MNE takes for dates."""
    table = pd.read_csv(path, keep_default_na=False)
    if not pd.api.types.is_numeric_dtype(table["onset"]):
        return None
    return mne.Annotations(table["onset"], table["duration"], table["description"].astype(str))


def _undo_epoch_origin(annotations) -> mne.Annotations:
    """Count onsets from the start again where MNE's ``.csv`` did from 1970 and dropped it."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    origin = annotations.orig_time
    if origin is None or not epoch <= origin < epoch + timedelta(days=2):
        return annotations
    return mne.Annotations(
        annotations.onset + (origin - epoch).total_seconds(),
        annotations.duration,
        annotations.description,
    )
