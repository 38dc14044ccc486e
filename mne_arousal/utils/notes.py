"""Notes on a recording: warnings with a code, which whoever works through many of them collects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from mne.utils import warn

#: What may be noted of a recording, and what its flag in a dataset's table means.
CODES = {
    "channel_dropped": "A channel was flat or missing and was left out.",
    "unit_guessed": "A channel's unit was wrong and was put right.",
    "role_guessed": "A channel's name told nothing; its role was guessed from its signal.",
    "frontal_reference": "All EEG share a reference over the muscle of the forehead.",
    "gaps": "Nothing was recorded for part of the time.",
    "signal_lost": "A channel was flat, clipped or without its signal for part of the time.",
    "marked_bad": "Part of the time was marked BAD and left out.",
    "uncalibrated": "Too little quiet sleep to measure noise on.",
    "no_sleep": "No sleep was found.",
    "no_positions": "A file of electrodes' positions could not be read and was left out.",
    "hypnogram_misfit": "A hypnogram that was given does not fit the recording in all.",
}


@dataclass(frozen=True)
class Note:
    """Something about a recording that its user should know.

    Parameters
    ----------
    code : str
        What kind of thing, one of `CODES`. Flags are made from it, never from the text.
    recording : str
        Name of the recording.
    text : str
        A sentence.
    channel : str
        Name of the channel, empty where it is about none.
    onset, duration : float | None
        When it is so, s from the start of the recording; None for throughout.
    """

    code: str
    recording: str
    text: str
    channel: str = ""
    onset: float | None = None
    duration: float | None = None

    def __post_init__(self):
        if self.code not in CODES:
            raise ValueError(f"{self.code!r} is no code of a note: {', '.join(CODES)}.")

    def __str__(self) -> str:
        return f"{self.recording}: {self.text}"


_collected: ContextVar[list[Note] | None] = ContextVar("notes", default=None)


def add_note(
    code: str,
    recording: str,
    text: str,
    *,
    channel: str = "",
    onset: float | None = None,
    duration: float | None = None,
) -> None:
    """Warn of something about a recording, or note it where notes are collected.

    Parameters
    ----------
    code, recording, text, channel, onset, duration
        As in `Note`.
    """
    note = Note(code, recording, text, channel, onset, duration)
    notes = _collected.get()
    if notes is None:
        warn(str(note))
    else:
        notes.append(note)


@contextmanager
def collect_notes() -> Iterator[list[Note]]:
    """Collect, in this thread, what would be warned of.

    The filters of ``warnings`` belong to the process: threads that catch warnings take those of
    others and restore each other's filters. Notes belong to their thread.

    Yields
    ------
    notes : list of Note
        Filled while the context lasts.
    """
    notes: list[Note] = []
    token = _collected.set(notes)
    try:
        yield notes
    finally:
        _collected.reset(token)
