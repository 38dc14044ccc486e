"""Warnings about a recording, which whoever works through many of them keeps as notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from mne.utils import warn

_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)


def warn_of(text: str) -> None:
    """Warn of something about a recording, or note it where notes are taken.

    Parameters
    ----------
    text : str
        What, beginning with the name of the recording.
    """
    notes = _notes.get()
    if notes is None:
        warn(text)
    else:
        notes.append(text)


@contextmanager
def taking_notes() -> Iterator[list[str]]:
    """Note, in this thread, what would be warned of.

    The filters of ``warnings`` belong to the process: threads that catch warnings take those of
    others and restore each other's filters. Notes belong to their thread.

    Yields
    ------
    notes : list of str
        Filled while the context lasts.
    """
    notes: list[str] = []
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)
