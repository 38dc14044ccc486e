"""Hypnograms: an expert's sleep stages, whatever they come as.

A hypnogram is never needed and never enters a fit. It gates wake when a user has one, and it scores
what was found without it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import mne
import numpy as np
from mne.io import BaseRaw

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from .alignment import Laid, RecordingClock, lay_on_recording, to_epochs
from .codes import EPOCH_LENGTH, describe_stage
from .scoring import LONGEST
from .stage_marks import StageMarks, read_stage_marks
from .table import Hypnogram
from .times import seconds_of_day

if TYPE_CHECKING:
    from ..utils.types import Hypnogram as HypnogramSource

_MOST_EPOCHS = 10_000_000  # a week of windows of 0.1 s has 6 million


def read_hypnogram(
    source: HypnogramSource,
    *,
    epoch_length: float | None = None,
    start: datetime | None = None,
    rem_code: int | None = None,
) -> mne.Annotations:
    """Read sleep stages from a file, annotations or an array.

    Parameters
    ----------
    source : path-like | instance of Annotations | Hypnogram | array-like, shape (n_epochs,)
        A file: EDF+ or BDF+, ``-annot.fif``, a table or a list in text of any delimiter and
        encoding (YASA, BIDS, EDFbrowser, MNE, RemLogic, Noxturnal, SOMNOmedics DOMINO, Visbrain,
        Elan, Luna's ``.annot`` and ``.eannot``), or XML (NSRR, Compumedics Profusion, EDFbrowser,
        Wonambi), or ``.arousal`` of the PhysioNet/CinC Challenge 2018. Or annotations; a
        ``Hypnogram`` of this package or of YASA; or one stage per epoch:
        names, or integers (0 W, 1 N1, 2 N2, 3 N3, 4 R, -1 or -2 unscored; or, where a 5
        is among them, 4 N3 and 5 R). Names are those of the AASM manual (``"N2"``,
        ``"Sleep stage N2"``, ``"REM"``), of Rechtschaffen & Kales (``"Sleep stage 2"``,
        ``"S2"``; stages 3 and 4 are N3), of NSRR, of the CAP Sleep Database, in several
        languages, or unscored (``"?"``, ``"Movement time"``).
    epoch_length : float | None
        Length of one entry of a list, s. None takes what the source says, otherwise 30 s, the
        length that both manuals score.
    start : datetime | None
        When the recording starts, needed only by files that hold times of the clock without
        a date.
    rem_code : int | None
        The number that stands for REM sleep, 4 or 5. None tells it by the numbers.

    Returns
    -------
    hypnogram : instance of Annotations
        The stages alone, described as ``"Sleep stage W"``, ``N1``, ``N2``, ``N3``, ``R``
        or ``?``; other annotations are left out. ``orig_time`` is the date of the source.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    RecordingError
        If it can't be read, or nothing in it is a sleep stage, or names that are not known cover
        more than a tenth of it.

    See Also
    --------
    hypnogram_to_stages : Lay the stages on the epochs of a recording.
    read_arousals : Read arousals that somebody marked.

    Examples
    --------
    >>> from mne_arousal.hypnogram import read_hypnogram
    >>> hypnogram = read_hypnogram(["W", "N1", "N2", "N2"])
    >>> str(hypnogram.description[2]), float(hypnogram.onset[2])
    ('Sleep stage N2', 60.0)
    """
    marks = read_stage_marks(source, epoch_length=epoch_length, start=start, rem_code=rem_code)
    begin = marks.starts[0] if marks.starts else _from_clock(marks, start)
    return mne.Annotations(
        marks.onset,
        marks.ends() - marks.onset,
        [describe_stage(int(code)) for code in marks.codes],
        orig_time=begin,
    )


def _from_clock(marks: StageMarks, start: datetime | None) -> datetime | None:
    """Give times of the day the date that lies nearest to the start of the recording."""
    if marks.clock is None or start is None:
        return None
    later = (marks.clock - seconds_of_day(start)) % 86400.0
    return start + timedelta(seconds=later - 86400.0 if later > 43200.0 else later)


def hypnogram_to_stages(
    hypnogram: HypnogramSource,
    n_epochs: int | None = None,
    epoch_length: float = EPOCH_LENGTH,
    duration: float | None = None,
    *,
    start: datetime | None = None,
    first_time: float = 0.0,
    recording: str = "recording",
) -> np.ndarray:
    """Return one stage per epoch.

    An epoch has the stage that covers most of it; one that no stage covers is unscored.

    Parameters
    ----------
    hypnogram : path-like | instance of Annotations | Hypnogram | array-like, shape (n_epochs,)
        As :func:`read_hypnogram` takes it.
    n_epochs : int | None
        Number of epochs to return. None means as many as fit into `duration`.
    epoch_length : float
        Length of an epoch, s. 30 s is the length that the scoring manuals use.
    duration : float | None
        Length of the recording, s; annotations past it are cut (a Sleep-EDF hypnogram
        goes on for two hours after the end of the signal). None means up to the end of
        the last stage annotation. Given, it is noted where the hypnogram covers less than
        90 % of the recording, goes on after it, or is of epochs that do not fit it.
    start : datetime | None
        When the first sample of the recording is. Given, and when the hypnogram has a date or
        times of the day, stages are moved by the difference. None means that onsets count from
        the start of the recording.
    first_time : float
        ``raw.first_time`` of a cropped recording, s: onsets without a date may count from the
        start of the whole one, and do where that fits better.
    recording : str
        Name of the recording, for the notes.

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

    See Also
    --------
    read_hypnogram : Read the stages with their times.

    Examples
    --------
    >>> import mne
    >>> from mne_arousal.hypnogram import hypnogram_to_stages
    >>> hypnogram = mne.Annotations([0, 60], [60, 30], ["Sleep stage W", "Sleep stage 2"])
    >>> hypnogram_to_stages(hypnogram).tolist()
    [0, 0, 2]
    """
    if not 0 < epoch_length <= LONGEST:
        raise RecordingError(f"epoch_length is a length in s, not {epoch_length}.")
    given = None if epoch_length == EPOCH_LENGTH else epoch_length
    marks = read_stage_marks(hypnogram, epoch_length=given, start=start)
    if duration is None and n_epochs is not None:
        length = n_epochs * epoch_length
    elif duration is None:
        shift = _dated_shift(marks, start)
        length = max(float(marks.ends().max()) + shift, 0.0)
    else:
        length = duration
    if duration is None and marks.epoch_length is None:
        marks.epoch_length = epoch_length  # without the recording there is nothing to infer from
    if n_epochs is None:
        # Rounded, since durations written in decimals may miss the last epoch by an ulp.
        n_epochs = int(np.floor(round(length / epoch_length, 6)))
    if not 0 <= n_epochs <= _MOST_EPOCHS:
        raise RecordingError(f"{n_epochs} epochs of {epoch_length:g} s are no recording's.")
    if not n_epochs:
        return np.zeros(0, dtype=int)
    laid = lay_on_recording(marks, RecordingClock(length, start, first_time))
    if duration is not None:
        note_remarks(laid, recording)
    return to_epochs(laid, n_epochs, epoch_length)


def _dated_shift(marks: StageMarks, start: datetime | None) -> float:
    if start is None or not marks.starts:
        return 0.0
    return (marks.starts[0] - start).total_seconds()


def note_remarks(laid: Laid, recording: str) -> None:
    """Note, once, what of a hypnogram does not fit the recording."""
    if laid.remarks:
        text = f"the hypnogram does not fit: {'; '.join(laid.remarks)}."
        add_note("hypnogram_misfit", recording, text)


def stages_of_raw(
    hypnogram: HypnogramSource,
    raw: BaseRaw,
    *,
    epoch_length: float | None = None,
    recording: str = "recording",
) -> Hypnogram:
    """Lay a hypnogram on the 30 s epochs of a recording.

    Parameters
    ----------
    hypnogram : path-like | mne.Annotations | Hypnogram | array-like
        As :func:`read_hypnogram` takes it.
    raw : mne.io.BaseRaw
        The recording, cropped or not, dated or not.
    epoch_length : float | None
        Length of one entry of a list, s. None takes what the source says, or infers it where the
        number of entries fits the recording.
    recording : str
        Name of the recording, for the notes.

    Returns
    -------
    hypnogram : Hypnogram
        One stage for each whole 30 s of the recording, from its first sample on.
    """
    clock = RecordingClock.of_raw(raw)
    marks = read_stage_marks(hypnogram, epoch_length=epoch_length, start=clock.start)
    if clock.start is None and _is_own(hypnogram, raw):
        marks.onset = marks.onset - clock.first_time  # MNE counts these from the whole recording
        clock = RecordingClock(clock.duration)
    laid = lay_on_recording(marks, clock)
    note_remarks(laid, recording)
    n_epochs = int(np.floor(round(clock.duration / EPOCH_LENGTH, 6)))
    return Hypnogram(to_epochs(laid, n_epochs, EPOCH_LENGTH))


def _is_own(hypnogram, raw: BaseRaw) -> bool:
    if not isinstance(hypnogram, mne.Annotations) or hypnogram.orig_time is not None:
        return False
    own = raw.annotations
    return hypnogram is own or (
        len(hypnogram) == len(own)
        and np.array_equal(hypnogram.onset, own.onset)
        and list(hypnogram.description) == list(own.description)
    )
