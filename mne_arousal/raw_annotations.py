"""Annotations given back to the recording that they were found in."""

from __future__ import annotations

import mne
import numpy as np
from mne.io import BaseRaw

from .utils.annotations import FIRST_TIME
from .utils.errors import RecordingError

_MOVES = ("_low", "_high")  # ends of the names of extras that are times


def add_arousals(raw: BaseRaw, annotations: mne.Annotations) -> BaseRaw:
    """Add annotations to a recording without moving those that it has.

    ``raw.set_annotations(raw.annotations + annotations)`` does the same for a recording with a
    date, and for one that was not cropped. Of a recording without a date MNE counts the onsets
    of ``raw.annotations`` from the start of the whole recording, and those given to
    ``set_annotations`` from the first sample, so that the round trip moves them where the
    recording was cropped.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording, changed in place.
    annotations : instance of Annotations
        What :func:`mne_arousal.annotate_arousals` returned for it. Without an ``orig_time``,
        onsets count from the first sample.

    Returns
    -------
    raw : mne.io.BaseRaw
        The same recording.

    Raises
    ------
    RecordingError
        If the annotations have a date and the recording has none.

    See Also
    --------
    annotate_arousals : Find arousals.

    Examples
    --------
    >>> import mne
    >>> import numpy as np
    >>> from mne_arousal import add_arousals
    >>> raw = mne.io.RawArray(np.zeros((1, 6000)), mne.create_info(1, 100.0), verbose="error")
    >>> raw = raw.crop(20)
    >>> raw = add_arousals(raw, mne.Annotations([5.0], [4.0], ["arousal"]))
    >>> float(raw.annotations.onset[0] - raw.first_time)
    5.0
    """
    date = raw.info["meas_date"]
    own = raw.annotations.copy()
    if date is None:
        if annotations.orig_time is not None:
            raise RecordingError(
                "The annotations have a date and the recording has none. Give annotations whose "
                "onsets count from its first sample (orig_time=None)."
            )
        own.onset = own.onset - raw.first_time
        new = _moved(annotations, 0.0, None, shown=raw.first_time)
    elif annotations.orig_time is None:
        new = _moved(annotations, raw.first_time, date, shown=raw.first_time)
    else:
        shift = (annotations.orig_time - date).total_seconds()
        new = _moved(annotations, shift, date, shown=shift)
    return raw.set_annotations(own + new)


def _moved(annotations: mne.Annotations, by: float, orig_time, *, shown: float) -> mne.Annotations:
    """Move onsets, and the times in extras by what ``raw.annotations`` will show."""
    extras = []
    for extra in annotations.extras:
        moved = {
            key: value + shown if key.endswith(_MOVES) and np.isreal(value) else value
            for key, value in dict(extra or {}).items()
        }
        if moved and shown:
            moved[FIRST_TIME] = float(moved.get(FIRST_TIME, 0.0)) + shown
        extras.append(moved)
    return mne.Annotations(
        np.asarray(annotations.onset, dtype=float) + by,
        annotations.duration,
        annotations.description,
        orig_time=orig_time,
        ch_names=annotations.ch_names,
        extras=extras,
    )
