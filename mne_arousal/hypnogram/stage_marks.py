"""`StageMarks`: stages with the times that their source gives, from whatever holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import mne
import numpy as np
import pandas as pd

from ..utils.errors import RecordingError
from .codes import EPOCH_LENGTH
from .document import read_document
from .formats import read_scoring
from .names import KNOWN, is_stage_like, label_codes, number_codes, shown, stage_code
from .scoring import Scoring, check_bounds
from .table import Hypnogram

_MOST_UNKNOWN = 0.1  # of the time; beyond it what is left is no hypnogram
_EQUAL = 1e-3  # s; onsets written in milliseconds


@dataclass
class StageMarks:
    """Stages and their times, before the recording is known.

    Attributes
    ----------
    codes : array of int, shape (n_marks,)
        Indices into ``STAGES``, or ``UNSCORED``.
    onset, duration : array, shape (n_marks,)
        Times, s from the source's own start; `duration` is NaN where the source has none.
    listed : bool
        Whether the source is a list of one stage an epoch, without times.
    epoch_length : float | None
        Length of an epoch where the source, or the user, says it, s. Of a list that does not,
        `onset` and `duration` are made with 30 s.
    starts, clock
        As in `Scoring`.
    name : str
        Name of the source.
    unknown : dict
        Labels that are no known stage and lie where no stage does, and for how long, s.
    """

    codes: np.ndarray
    onset: np.ndarray
    duration: np.ndarray
    listed: bool = False
    epoch_length: float | None = None
    starts: tuple[datetime, ...] = ()
    clock: float | None = None
    name: str = "the hypnogram"
    unknown: dict[str, float] = field(default_factory=dict)

    def ends(self, end: float | None = None) -> np.ndarray:
        """Return where each mark ends.

        Parameters
        ----------
        end : float | None
            Where the recording ends, s on the clock of `onset`: a last mark without duration
            lasts until then. None: for one epoch.

        Returns
        -------
        ends : array, shape (n_marks,)
            Times, s.
        """
        open_ended = ~(self.duration > 0)
        ends = self.onset + np.where(open_ended, 0.0, self.duration)
        if not open_ended.any():
            return ends
        last = self._last_length(end)
        times = np.unique(self.onset)
        at = np.searchsorted(times, self.onset[open_ended], side="right")
        ends[open_ended] = np.append(times, times[-1] + last)[at]
        inside = _covered(
            self.onset, self.onset + _EQUAL, self.onset[~open_ended], ends[~open_ended]
        )
        # what begins within a stage that has a duration is what a crop left of the one before
        return np.where(open_ended & (inside > _EQUAL / 2), self.onset, ends)

    def _last_length(self, end: float | None) -> float:
        times = np.unique(self.onset)
        steps = np.diff(times)
        if len(steps) > 1 and np.ptp(steps) < _EQUAL:  # one mark an epoch
            return float(steps[0])
        length = self.epoch_length or EPOCH_LENGTH
        return length if end is None else max(end - float(times[-1]), length)


def read_stage_marks(
    source,
    *,
    epoch_length: float | None = None,
    start: datetime | None = None,
    rem_code: int | None = None,
) -> StageMarks:
    """Read stages from a file, annotations, a hypnogram or an array.

    Parameters
    ----------
    source : path-like | mne.Annotations | Hypnogram | array-like
        As `read_hypnogram` takes it.
    epoch_length : float | None
        Length of one entry of a list, s; None takes what the source says.
    start : datetime | None
        When the recording starts.
    rem_code : int | None
        The number of REM sleep.

    Returns
    -------
    marks : StageMarks
        The stages.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    RecordingError
        If it can't be read, or holds no stages.
    """
    if epoch_length is not None and not 0 < epoch_length < 3600:
        raise RecordingError(f"epoch_length is a length in s, not {epoch_length}.")
    if isinstance(source, mne.Annotations):
        return _from_scoring(_of_annotations(source), "the annotations", epoch_length, rem_code)
    if isinstance(source, Hypnogram) or hasattr(source, "as_int"):
        return _of_object(source, epoch_length)
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        document = read_document(source)
        scoring = read_scoring(document, lambda label: stage_code(label) is not None, start)
        return _from_scoring(scoring, document.name, epoch_length, rem_code)
    return _of_array(source, epoch_length, rem_code)


def _of_annotations(annotations: mne.Annotations) -> Scoring:
    start = annotations.orig_time
    scoring = Scoring(
        [str(text) for text in annotations.description],
        np.array(annotations.onset, dtype=float),
        np.array(annotations.duration, dtype=float),
        starts=() if start is None else (start,),
    )
    return check_bounds(scoring, "the annotations")


def _of_object(source, epoch_length: float | None) -> StageMarks:
    """Read our hypnogram, or YASA's, by its attributes so that YASA need not be installed."""
    if isinstance(source, Hypnogram):
        codes, start = source.stages, source.start
        length: float | None = source.epoch_length
    else:
        codes = number_codes(np.asarray(source.as_int(), dtype=float), rem_code=4)
        rate = getattr(source, "sampling_frequency", None)
        freq = getattr(source, "freq", None)
        length = 1 / float(rate) if rate else None
        if length is None and freq is not None:
            length = pd.Timedelta(freq).total_seconds()
        start = getattr(source, "start", None)
    if not len(codes):
        raise RecordingError("The hypnogram holds no epoch.")
    starts = _both_readings(pd.Timestamp(start)) if start is not None else ()
    return _listed(codes, epoch_length or length, starts, "the hypnogram")


def _both_readings(start: pd.Timestamp) -> tuple[datetime, ...]:
    """Read a start as an instant, and as a time on the clock, which EDF keeps and calls UTC."""
    clock = start.tz_localize(None).tz_localize(UTC).to_pydatetime(warn=False)
    if start.tzinfo is None:
        return (clock,)
    return tuple(dict.fromkeys((start.tz_convert(UTC).to_pydatetime(warn=False), clock)))


def _of_array(source, epoch_length, rem_code) -> StageMarks:
    values = np.asarray(source)
    if values.ndim != 1 or len(values) == 0:
        raise RecordingError(
            f"A hypnogram array has one stage per epoch, shape (n_epochs,), not {values.shape}."
        )
    if values.dtype.kind in "iuf":
        codes = number_codes(values, rem_code=rem_code)
        return _listed(codes, epoch_length, (), "the hypnogram")
    scoring = Scoring([str(value) for value in values], only_stages=True)
    return _from_scoring(scoring, "the hypnogram", epoch_length, rem_code)


def _listed(codes, length: float | None, starts, name: str, clock=None) -> StageMarks:
    step = length or EPOCH_LENGTH
    codes = np.asarray(codes, dtype=int)
    onset = np.arange(len(codes)) * float(step)
    return StageMarks(
        codes, onset, np.full(len(codes), float(step)), True, length, starts, clock, name
    )


def _from_scoring(scoring: Scoring, name: str, epoch_length, rem_code) -> StageMarks:
    rem_code = rem_code or scoring.rem_code
    if scoring.onset is None:
        codes = _all_known(scoring.labels, name, rem_code)
        length = epoch_length or scoring.epoch_length
        return _listed(codes, length, scoring.starts, name, scoring.clock)
    if scoring.only_stages:
        found = label_codes(scoring.labels, rem_code=rem_code)
    else:
        known = {label: stage_code(label) for label in set(scoring.labels)}
        found = [known[label] for label in scoring.labels]
    keep = np.array([code is not None for code in found], dtype=bool)
    if not keep.any():
        names = ", ".join(dict.fromkeys(shown(text) for text in sorted(set(scoring.labels))[:5]))
        raise RecordingError(
            f"No sleep stage among the {len(found)} annotations of {name}"
            f"{f' ({names})' if names else ''}. Stages are written as {KNOWN}."
        )
    onset, duration = scoring.times
    marks = StageMarks(
        np.array([code for code in found if code is not None], dtype=int),
        onset[keep],
        duration[keep],
        epoch_length=epoch_length or scoring.epoch_length,
        starts=scoring.starts,
        clock=scoring.clock,
        name=name,
    )
    if not keep.all():
        marks = _without_unknown(marks, scoring, ~keep)
    return marks


def _all_known(labels: list[str], name: str, rem_code) -> list[int]:
    codes = label_codes(labels, rem_code=rem_code)
    unknown = [i for i, code in enumerate(codes) if code is None]
    if unknown or not labels:
        names = ", ".join(sorted({shown(labels[i]) for i in unknown})[:5])
        first = f" (the first is entry {unknown[0] + 1})" if unknown else ""
        raise RecordingError(
            f"Not sleep stages: {names}{first}. Stages are written as {KNOWN}.", name
        )
    return [code for code in codes if code is not None]


def _without_unknown(marks: StageMarks, scoring: Scoring, unknown) -> StageMarks:
    """Find what lies where no stage does: names of stages that are not known, perhaps."""
    labels = [label for label, is_it in zip(scoring.labels, unknown, strict=True) if is_it]
    onset, duration = (times[unknown] for times in scoring.times)
    duration = np.nan_to_num(duration)
    like = np.array([is_stage_like(label) for label in labels], dtype=bool)
    marks = _end_at(marks, onset[like])
    begins, ends = marks.onset, marks.ends()
    times = np.unique(np.r_[marks.onset, onset[like]])
    open_ended = like & ~(duration > 0)
    following = np.searchsorted(times, onset[open_ended], side="right")
    last = times[-1] + marks._last_length(None)
    duration[open_ended] = np.append(times, last)[following] - onset[open_ended]
    alone = duration - _covered(onset, onset + duration, begins, ends)
    epochs = like | ((duration >= 10) & (np.abs(duration / 5 - np.round(duration / 5)) < 1e-3))
    counts = epochs & (alone > 0.5 * duration)
    times_of: dict[str, float] = {}
    for label, length, is_it in zip(labels, alone, counts, strict=True):
        if is_it and not label.casefold().startswith(("bad", "edge")):
            times_of[label[:40]] = times_of.get(label[:40], 0.0) + float(length)
    total, known = sum(times_of.values()), float(np.sum(ends - begins))
    if total > _MOST_UNKNOWN * (total + known):
        longest = sorted(times_of, key=times_of.__getitem__, reverse=True)[:5]
        names = ", ".join(dict.fromkeys(map(shown, longest)))
        raise RecordingError(
            f"{names} cover {total / 60:.0f} of the {(total + known) / 60:.0f} min of the "
            f"hypnogram and are not known as sleep stages. Stages are written as {KNOWN}.",
            marks.name,
        )
    marks.unknown = times_of
    return marks


def _end_at(marks: StageMarks, times: np.ndarray) -> StageMarks:
    """Let marks without duration end where something else begins."""
    open_ended = np.flatnonzero(~(marks.duration > 0))
    if not len(times) or not len(open_ended):
        return marks
    every = np.unique(np.r_[marks.onset, times])
    at = np.searchsorted(every, marks.onset[open_ended], side="right")
    inside = at < len(every)
    duration = marks.duration.copy()
    duration[open_ended[inside]] = every[at[inside]] - marks.onset[open_ended[inside]]
    marks.duration = duration
    return marks


def _covered(begin, end, begins, ends) -> np.ndarray:
    """Return how much of each interval the others cover, s."""
    if not len(begins):
        return np.zeros(len(begin))
    order = np.argsort(begins, kind="stable")
    begins, ends = begins[order], np.maximum.accumulate(ends[order])
    begins = np.maximum(begins, np.r_[-np.inf, ends[:-1]])  # what is covered twice counts once
    edges = np.column_stack([begins, np.maximum(ends, begins)]).ravel()
    heights = np.repeat(np.cumsum(edges[1::2] - edges[::2]), 2)
    heights = np.r_[0.0, heights[:-1]]
    return np.interp(end, edges, heights) - np.interp(begin, edges, heights)
