"""Stretches of channels that are no signal: joined, blanked and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..utils.notes import add_note

#: Kinds of invalid stretches: code of the note, and what a note says of the channel.
KINDS = {
    "gap": ("gaps", "has a gap (nothing recorded)"),
    "flat": ("signal_lost", "is flat (constant)"),
    "rail": ("signal_lost", "is clipped at its range"),
    "quiet": ("signal_lost", "holds noise far under a scalp's"),
    "mains": ("signal_lost", "holds mains hum alone, as a lead in the air does"),
    "detached": ("signal_lost", "swings far beyond any EEG, as a loose lead does"),
    "marked": ("marked_bad", "is marked BAD"),
}

_PADDING = 2.0  # s


@dataclass(frozen=True)
class Stretch:
    """Part of a channel that is no signal.

    Parameters
    ----------
    channel : int
        Row of the channel.
    start, stop : int
        First sample and one past the last.
    kind : str
        One of `KINDS`.
    """

    channel: int
    start: int
    stop: int
    kind: str


def blank(data: np.ndarray, stretches: Sequence[Stretch]) -> None:
    """Set stretches to NaN, in place.

    Parameters
    ----------
    data : array, shape (n_channels, n_times)
        Signals.
    stretches : sequence of Stretch
        What is no signal.
    """
    for stretch in stretches:
        data[stretch.channel, stretch.start : stretch.stop] = np.nan


def merged(stretches: Sequence[Stretch], channel: int) -> list[tuple[int, int]]:
    """Join the stretches of a channel, of whatever kind, that touch or overlap.

    Parameters
    ----------
    stretches : sequence of Stretch
        Stretches of all channels.
    channel : int
        Row of the channel.

    Returns
    -------
    ranges : list of (start, stop)
        Samples, in order of time.
    """
    joined: list[tuple[int, int]] = []
    for start, stop in sorted((s.start, s.stop) for s in stretches if s.channel == channel):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined


def is_covered(stretch: Stretch, others: Sequence[Stretch]) -> bool:
    """Tell whether others account for a stretch already.

    Parameters
    ----------
    stretch : Stretch
        The stretch.
    others : sequence of Stretch
        Others, of any channel.

    Returns
    -------
    covered : bool
        Whether it lies within what those of its channel cover.
    """
    return any(
        start <= stretch.start and stretch.stop <= stop
        for start, stop in merged(others, stretch.channel)
    )


def main_kind(stretches: Sequence[Stretch], channel: int) -> str:
    """Say in a word why most of what a channel lacks is missing.

    Parameters
    ----------
    stretches : sequence of Stretch
        Stretches of all channels.
    channel : int
        Row of the channel.

    Returns
    -------
    word : str
        ``"not a number"``, ``"flat"``, ``"clipped"`` or ``"marked bad"``.
    """
    words = {"flat": "flat", "rail": "clipped", "marked": "marked bad"}
    lengths: dict[str, int] = {}
    for s in stretches:
        if s.channel == channel:
            lengths[s.kind] = lengths.get(s.kind, 0) + s.stop - s.start
    longest = max(lengths, key=lambda kind: lengths[kind], default="gap")
    return words.get(longest, "not a number")


def note_stretches(
    stretches: Sequence[Stretch], names: Sequence[str], sfreq: float, n_times: int, recording: str
) -> None:
    """Note what is invalid: one note a kind and channel, or a kind where all channels share it.

    A gap of under 2 s at the very end is not noted: writers fill the last record of an EDF file.

    Parameters
    ----------
    stretches : sequence of Stretch
        What was found.
    names : sequence of str
        Names of the channels.
    sfreq : float
        Sampling frequency, Hz.
    n_times : int
        Samples of the recording.
    recording : str
        Name of the recording.
    """
    for kind in KINDS:
        times: dict[tuple[tuple[int, int], ...], list[str]] = {}
        for i, name in enumerate(names):
            ranges = merged([s for s in stretches if s.kind == kind], i)
            if kind == "gap" and ranges and ranges[-1] >= (n_times - _PADDING * sfreq, n_times):
                ranges = ranges[:-1]
            if ranges:
                times.setdefault(tuple(ranges), []).append(name)
        for shared, channels in times.items():
            _note_kind(kind, shared, channels, len(channels) == len(names) > 1, sfreq, recording)


def _note_kind(kind, ranges, channels, everywhere, sfreq, recording) -> None:
    code, phrase = KINDS[kind]
    for channel in [""] if everywhere else channels:
        who = f"channel {channel}" if channel else "every channel"
        add_note(
            code,
            recording,
            f"{who} {phrase} {_when(ranges, sfreq)}; that time is left out.",
            channel=channel,
            onset=ranges[0][0] / sfreq,
            duration=sum(stop - start for start, stop in ranges) / sfreq,
        )


def _when(ranges, sfreq: float) -> str:
    start, stop = (_clock(edge / sfreq) for edge in ranges[0])
    if len(ranges) == 1:
        return f"from {start} to {stop}"
    total = sum(b - a for a, b in ranges) / sfreq
    length = f"{total / 60:.0f} min" if total >= 120 else f"{total:.3g} s"
    return f"in {len(ranges)} stretches, {length} in all, the first from {start} to {stop}"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
