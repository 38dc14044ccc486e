"""A recording with pauses, laid on its own clock.

MNE joins the pieces of a discontinuous EDF+ or BDF+ file, so that all after a pause comes too
early. Here pauses are samples that hold NaN, and nothing is loaded until it is asked for.
"""

from __future__ import annotations

import warnings

import mne
import numpy as np
from mne.io import BaseRaw


class PausedRaw(BaseRaw):
    """Pieces of a recording at the times at which they were recorded, NaN between them.

    Parameters
    ----------
    joined : mne.io.BaseRaw
        The pieces, one after the other.
    pieces : list of (int, int, int)
        Of each, its first sample on the recording's clock, its first sample in `joined`, and its
        number of samples.
    annotations : mne.Annotations | None
        Annotations on the recording's clock; None takes those of `joined`, which reach no further
        than its samples.
    """

    def __init__(self, joined: BaseRaw, pieces, annotations=None):
        pieces = [tuple(map(int, piece)) for piece in pieces]
        start, _, length = pieces[-1]
        info = joined.info.copy()
        for channel in info["chs"]:  # values come scaled from `joined`
            channel["cal"] = channel["range"] = 1.0
        super().__init__(
            info,
            preload=False,
            last_samps=[start + length - 1],
            filenames=list(joined.filenames),
            raw_extras=[{"joined": joined, "pieces": pieces}],
            verbose="error",
        )
        self._orig_units = dict(getattr(joined, "_orig_units", None) or {})  # they tell roles
        if annotations is None:
            annotations = joined.annotations
        self.set_annotations(annotations, verbose="error")

    @property
    def joined(self) -> BaseRaw:
        """The pieces, one after the other."""
        return self._raw_extras[0]["joined"]

    def _read_segment_file(self, data, idx, fi, start, stop, cals, mult):
        """Fill `data` from the pieces that reach into [start, stop)."""
        joined, pieces = (self._raw_extras[fi][key] for key in ("joined", "pieces"))
        picks = np.arange(len(joined.ch_names))
        if mult is None:  # a projection takes all channels
            picks = picks[idx]
        rows = data if mult is None else np.empty((len(picks), stop - start))
        rows[:] = np.nan
        for clock, place, length in pieces:
            first, last = max(clock, start), min(clock + length, stop)
            if first >= last:
                continue
            with warnings.catch_warnings():
                # slower channels are brought to the common rate piece by piece, as they should be
                warnings.filterwarnings("ignore", "Loading an EDF with mixed sampling")
                rows[:, first - start : last - start] = joined.get_data(
                    picks=picks,
                    start=place + first - clock,
                    stop=place + last - clock,
                    verbose="error",
                )
        if mult is not None:
            data[:] = mult @ rows


def lay_pieces(
    raw: BaseRaw, pieces, record_duration: float, annotations: mne.Annotations | None = None
) -> BaseRaw:
    """Lay the pieces of a joined recording on its own clock.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording as MNE joined it.
    pieces : list of (float, int, int)
        Onset (s), first record and one past the last, as `EdfHeader` has them.
    record_duration : float
        Length of a record, s.
    annotations : mne.Annotations | None
        Annotations on the recording's clock.

    Returns
    -------
    raw : mne.io.BaseRaw
        The recording, NaN in its pauses.
    """
    rate = raw.info["sfreq"]
    per_record = rate * record_duration
    laid = []
    for onset, first, last in pieces:
        place = round(first * per_record)
        length = min(round(last * per_record), raw.n_times) - place
        laid.append((round(onset * rate), place, length))
    return PausedRaw(raw, laid, annotations)
