"""What a reviewer looks at: channels as a scorer sees them, and what the analysis saw."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import mne
import numpy as np

from ..hypnogram.codes import STAGES
from ..recording.derived import derivations_of
from ..recording.reading import read_recording
from ..utils.errors import RecordingError
from ..viz._page import _for_display, _read
from ..viz.overview import feature_trace

if TYPE_CHECKING:
    from mne.io import BaseRaw

    from ..night import Night
    from ..utils.types import Recording

_TYPES = {"eeg": "eeg", "eog": "eog", "emg": "emg"}
_HEIGHTS = {"N3": -0.5, "N2": -0.25, "N1": 0.0, "R": 0.25, "W": 0.5}
_RANGE = (2, 99)  # percentiles that a lane spans


def signals_to_review(night: Night, raw: Recording) -> BaseRaw:
    """Make the recording that the browser shows.

    Parameters
    ----------
    night : Night
        The night.
    raw : instance of Raw | path-like
        Its recording; it is not changed.

    Returns
    -------
    shown : instance of RawArray
        The channels that the analysis used, filtered for display, in V; below them evidence,
        probability of events, heart rate, breath and the hypnogram, each in a lane of height 1
        around 0. Its first sample is that of `raw`.

    Raises
    ------
    RecordingError
        If the recording is another one than that of the night.
    """
    raw, name = read_recording(raw)
    length = raw.n_times / raw.info["sfreq"]
    if abs(length - night.duration) > 1.0:
        raise RecordingError(
            f"lasts {length:.0f} s, and the night {night.name} {night.duration:.0f} s. Give the "
            "recording that the night was found in.",
            name,
        )
    pairs = _channels(night, raw, name)
    data = [_signal(raw, channel, role) for role, channel in pairs]
    times = np.arange(raw.n_times) / raw.info["sfreq"]
    traces = {label: values for label, values in _traces(night, times) if values is not None}
    info = mne.create_info(
        [channel for _, channel in pairs] + list(traces),
        raw.info["sfreq"],
        [_TYPES.get(role.partition("/")[0], "misc") for role, _ in pairs] + ["misc"] * len(traces),
    )
    shown = mne.io.RawArray(np.vstack([*data, *traces.values()]), info, verbose="error")
    if raw.info["meas_date"] is not None:
        shown.set_meas_date(raw.info["meas_date"] + timedelta(seconds=raw.first_time))
    return shown


def _channels(night, raw, name) -> list[tuple[str, str]]:
    pairs = [tuple(label.split(":", 1)) for label in night.channels]
    derived = derivations_of([channel for _, channel in pairs], raw.ch_names)
    known = [(r, c) for r, c in pairs if c in raw.ch_names or c in derived]
    if not known:
        raise RecordingError("has none of the channels that the night was found in.", name)
    return known


def _signal(raw, channel: str, role: str) -> np.ndarray:
    signal = np.nan_to_num(_read(raw, [channel], 0, raw.n_times)[0])
    return _for_display(signal, raw.info["sfreq"], role)


def _traces(night, times):
    if night.evidence is not None:
        onsets = night.evidence.index.to_numpy(dtype=float) + night.window_length / 2
        yield "Evidence", _lane(onsets, night.evidence["evidence"], times)[0]
    yield "Probability", _probability(night, times) - 0.5
    rate = feature_trace(night, ":heart_rate")
    if rate is not None:
        lane, low, high = _lane(3600 * rate[0], rate[1], times)
        yield f"HR {low:.0f}–{high:.0f}", lane
    breath = feature_trace(night, ":amplitude")
    if breath is not None:
        yield "Breath", _lane(3600 * breath[0], breath[1], times)[0]
    yield "Stage, W on top", _stages(night, times)


def _lane(onsets, values, times) -> tuple[np.ndarray, float, float]:
    """Scale a trace to a height of 1 around 0, and tell its range."""
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    low, high = np.percentile(values[known], _RANGE) if known.any() else (0.0, 1.0)
    scaled = (np.nan_to_num(values[known]) - low) / max(high - low, 1e-9) - 0.5
    if not known.any():
        return np.zeros(len(times)), low, high
    return np.interp(times, onsets[known], np.clip(scaled, -0.7, 0.7)), low, high


def _probability(night, times) -> np.ndarray:
    trace = np.zeros(len(times))
    for table in (night.candidates, night.arousals):
        for row in table[["onset", "duration", "probability"]].itertuples(index=False):
            span = slice(*np.searchsorted(times, (row.onset, row.onset + row.duration)))
            trace[span] = np.maximum(trace[span], np.nan_to_num(row.probability))
    return trace


def _stages(night, times) -> np.ndarray | None:
    hypnogram = night.hypnogram
    names = [*STAGES, "?"]
    heights = np.array([_HEIGHTS.get(names[code], np.nan) for code in hypnogram.stages])
    if not np.isfinite(heights).any():
        return None
    epochs = np.minimum((times // hypnogram.epoch_length).astype(int), len(heights) - 1)
    return np.nan_to_num(heights[epochs], nan=0.0)
