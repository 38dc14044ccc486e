"""Laying a hypnogram on the clock of a recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from mne.io import BaseRaw

from ..utils.errors import RecordingError
from .codes import EPOCH_LENGTH, STAGES, UNSCORED
from .names import shown
from .stage_marks import StageMarks
from .times import DAY, seconds_of_day

_LENGTHS = (30.0, 20.0, 60.0, 15.0, 10.0, 5.0, 4.0, 2.0, 1.0)  # s; of scoring by hand and machine
_ENOUGH = 0.9  # of the recording
_TWO_NIGHTS = 1100.0  # days, three years: dates further apart are hardly those of two nights
_ZONE_STEP = 3600.0  # s; most time zones differ by whole hours
_LARGEST_ZONE = 14 * 3600.0  # s


@dataclass(frozen=True)
class RecordingClock:
    """When a recording is.

    Parameters
    ----------
    duration : float
        Its length, s.
    start : datetime | None
        When its first sample is; None where it has no date.
    first_time : float
        How far its first sample lies behind that of the recording that it was cropped from, s.
    """

    duration: float
    start: datetime | None = None
    first_time: float = 0.0

    @classmethod
    def of_raw(cls, raw: BaseRaw) -> RecordingClock:
        """Read the clock of a Raw."""
        start = raw.info["meas_date"]
        if start is not None:
            start += timedelta(seconds=raw.first_time)
        return cls(raw.n_times / raw.info["sfreq"], start, float(raw.first_time))


@dataclass
class Laid:
    """Stages on the clock of a recording.

    Attributes
    ----------
    begin, end : array, shape (n_marks,)
        Times, s from the first sample of the recording.
    codes : array of int, shape (n_marks,)
        Stages.
    remarks : list of str
        What does not fit, in words.
    """

    begin: np.ndarray
    end: np.ndarray
    codes: np.ndarray
    remarks: list[str]


def lay_on_recording(marks: StageMarks, clock: RecordingClock) -> Laid:
    """Find out which time of the recording each stage belongs to.

    Dates are used where both have one, times of the day where only the source's date is missing.
    Otherwise onsets count from the first sample or, where that fits a cropped recording better,
    from that of the whole one.

    Parameters
    ----------
    marks : StageMarks
        The stages.
    clock : RecordingClock
        When the recording is.

    Returns
    -------
    laid : Laid
        Stages on its clock.

    Raises
    ------
    RecordingError
        If both have dates, or times, and do not overlap.
    """
    remarks: list[str] = []
    if marks.listed and marks.epoch_length is None:
        marks = _with_epoch_length(marks, clock, remarks)
    shift = _choose_shift(marks, clock, remarks)
    begin = marks.onset + shift
    end = np.maximum(marks.ends(clock.duration - shift) + shift, begin)
    _check_overlap(marks, clock, begin, end)
    _remark_coverage(marks, clock, begin, end, remarks)
    return Laid(begin, end, marks.codes, remarks)


def _with_epoch_length(marks: StageMarks, clock: RecordingClock, remarks) -> StageMarks:
    """Infer the length of an epoch, only where the number of them fits the recording."""
    n = len(marks.codes)
    lengths = {clock.duration, clock.duration + clock.first_time}
    fits = [s for s in _LENGTHS if any(abs(whole - n * s) <= s for whole in lengths)]
    if EPOCH_LENGTH in fits:
        return marks
    if len(fits) == 1:
        remarks.append(
            f"the {n} epochs fit the recording if each lasts {fits[0]:g} s, and are read so; "
            f"epoch_length={fits[0]:g} says it"
        )
        onset = np.arange(n) * fits[0]
        return replace(marks, onset=onset, duration=np.full(n, fits[0]), epoch_length=fits[0])
    remarks.append(
        f"{n} epochs of {EPOCH_LENGTH:g} s last {n * EPOCH_LENGTH:.0f} s and the recording lasts "
        f"{clock.duration:.0f} s; they are laid from its start on. Give epoch_length= if they are "
        "of another length, or a hypnogram with times"
    )
    return marks


def _choose_shift(marks: StageMarks, clock: RecordingClock, remarks) -> float:
    shifts = _shifts(marks, clock)
    end = marks.ends()
    if shifts == [0.0, -clock.first_time] and _fits_the_whole(end, marks, clock):
        return -clock.first_time
    overlaps = [_overlap(marks.onset + s, end + s, clock.duration) for s in shifts]
    best = int(np.argmax(np.round(overlaps, 3)))
    shift = shifts[best]
    if clock.start is None or not (marks.starts or marks.clock is not None):
        return shift
    # the same length at a distance of whole hours: two time zones
    whole = abs(shift) / _ZONE_STEP
    first, last = float(marks.onset.min()), float(end.max())
    length = marks.epoch_length or EPOCH_LENGTH
    if (
        0.5 < whole <= _LARGEST_ZONE / _ZONE_STEP
        and abs(whole - round(whole)) * _ZONE_STEP < 1
        and abs(first) < 1
        and abs(last - clock.duration) <= length
        and len(marks.codes) > 1
    ):
        remarks.append(
            f"its clock is {abs(shift) / 3600:g} h {'ahead' if shift > 0 else 'behind'} and its "
            "length is that of the recording: it is taken for another time zone, and laid from "
            "the start on"
        )
        return 0.0
    return shift


def _shifts(marks: StageMarks, clock: RecordingClock) -> list[float]:
    """Return how far the source's start may lie behind the first sample, likeliest first, s."""
    if clock.start is not None and marks.starts:
        return [(start - clock.start).total_seconds() for start in marks.starts]
    if clock.start is not None and marks.clock is not None:
        later = (marks.clock - seconds_of_day(clock.start)) % DAY
        return sorted((later, later - DAY), key=abs)
    return [0.0, -clock.first_time] if clock.first_time > 0 else [0.0]


def _fits_the_whole(end, marks: StageMarks, clock: RecordingClock) -> bool:
    """Tell whether stages end with the recording before it was cropped, and not with this one."""
    last, length = float(end.max()), marks.epoch_length or EPOCH_LENGTH
    whole = abs(last - clock.duration - clock.first_time) <= length
    return whole and not abs(last - clock.duration) <= length


def _overlap(begin, end, duration: float) -> float:
    return float(np.clip(np.minimum(end, duration) - np.maximum(begin, 0.0), 0, None).sum())


def _check_overlap(marks: StageMarks, clock: RecordingClock, begin, end) -> None:
    if _overlap(begin, end, clock.duration) > 0:
        return
    if clock.start is not None and marks.starts:
        raise RecordingError(
            f"The recording lasts {clock.duration:.0f} s, and the hypnogram starts "
            f"{apart(marks.starts[0], clock.start)}: none of it lies inside. If both are of the "
            "same night, correct one of the dates, or give annotations without a date "
            "(orig_time=None), whose onsets count from the start of the recording.",
            marks.name,
        )
    raise RecordingError(
        f"No sleep stage lies inside the recording of {clock.duration:g} s: the hypnogram runs "
        f"from {begin.min():g} to {end.max():g} s. Check that both belong to the same night.",
        marks.name,
    )


def apart(first: datetime, second: datetime) -> str:
    """Say how far a date lies from another one.

    Both dates are told where they are near enough to be of two nights. What is further away may be
    a date of birth, which is nobody's business.

    Parameters
    ----------
    first, second : datetime
        The dates.

    Returns
    -------
    text : str
        ``"1.00 days before it (31 December 2019 at 23:50:00, not 1 January 2020 at 23:50:00)"``,
        or ``"12783.00 days before it"``.
    """
    days = (first - second).total_seconds() / 86400
    text = f"{abs(days):.2f} days {'after' if days > 0 else 'before'} it"
    if abs(days) > _TWO_NIGHTS:
        return text
    return f"{text} ({_in_words(first)}, not {_in_words(second)})"


def _in_words(date: datetime) -> str:
    return f"{date.day} {date:%B %Y at %H:%M:%S}"


def _remark_coverage(marks: StageMarks, clock: RecordingClock, begin, end, remarks) -> None:
    length = marks.epoch_length or EPOCH_LENGTH
    covered = union_length(np.clip(begin, 0, clock.duration), np.clip(end, 0, clock.duration))
    if covered < _ENOUGH * clock.duration - 1e-6:
        remarks.append(
            f"it covers {covered / 60:.0f} of the {clock.duration / 60:.0f} min of the recording "
            f"({100 * covered / clock.duration:.0f} %); the rest counts as not scored"
        )
    scored = marks.codes != UNSCORED
    over = float(end[scored].max()) - clock.duration if scored.any() else 0.0
    before = -float(begin[scored].min()) if scored.any() else 0.0
    if max(over, before) > length:
        where = f"ends {over:.0f} s after it" if over >= before else f"starts {before:.0f} s before"
        remarks.append(f"it {where}, and what lies outside is left out")
    if sum(marks.unknown.values()) > length:
        names = ", ".join(dict.fromkeys(map(shown, list(marks.unknown)[:5])))
        total = sum(marks.unknown.values())
        remarks.append(f"{names} are not known as stages; {total:.0f} s count as not scored")


def union_length(begin, end) -> float:
    """Return how much time intervals cover together, s."""
    if not len(begin):
        return 0.0
    order = np.argsort(begin, kind="stable")
    begin, end = begin[order], np.maximum.accumulate(end[order])
    begin = np.maximum(begin, np.r_[-np.inf, end[:-1]])
    return float(np.clip(end - begin, 0, None).sum())


def _joined(laid: Laid) -> Laid:
    """Join marks of the same stage that follow each other: a second each makes a night long."""
    if len(laid.codes) < 2:
        return laid
    apart = np.abs(laid.begin[1:] - laid.end[:-1]) > 1e-9
    first = np.flatnonzero(np.r_[True, (np.diff(laid.codes) != 0) | apart])
    last = np.r_[first[1:] - 1, len(laid.codes) - 1]
    return Laid(laid.begin[first], laid.end[last], laid.codes[first], laid.remarks)


def to_epochs(laid: Laid, n_epochs: int, epoch_length: float) -> np.ndarray:
    """Give each epoch the stage that covers most of it.

    Parameters
    ----------
    laid : Laid
        Stages on the clock of the recording.
    n_epochs : int
        Number of epochs.
    epoch_length : float
        Length of an epoch, s.

    Returns
    -------
    stages : array of int, shape (n_epochs,)
        Codes; ``UNSCORED`` where nothing covers the epoch.
    """
    laid = _joined(laid)
    edges = np.arange(n_epochs + 1) * float(epoch_length)
    covered = np.zeros((len(STAGES) + 1, n_epochs))  # the last row is UNSCORED
    first = np.clip(np.searchsorted(edges, laid.begin, side="right") - 1, 0, n_epochs)
    last = np.clip(np.searchsorted(edges, laid.end, side="left"), 0, n_epochs)
    for lo, hi, begin, end, code in zip(first, last, laid.begin, laid.end, laid.codes, strict=True):
        if hi > lo:
            covered[code, lo:hi] += np.clip(
                np.minimum(end, edges[lo + 1 : hi + 1]) - np.maximum(begin, edges[lo:hi]), 0, None
            )
    stages = covered.argmax(axis=0)
    stages[(stages == len(STAGES)) | (covered.sum(axis=0) == 0)] = UNSCORED
    return stages
