"""Where in the recording an event lies: onset and end with their intervals, and channels."""

from __future__ import annotations

from functools import lru_cache

import mne
import numpy as np
import pandas as pd
from mne.io import BaseRaw
from scipy.signal import butter, sosfiltfilt

from .change_point import locate_end, locate_onset

#: What is known of an event before its edges are located.
CARRIED = ("score", "probability", "stage_cluster", "kind", "band", "cues")
LOCATED_COLUMNS = [
    "onset",
    "duration",
    "onset_low",
    "onset_high",
    "end_low",
    "end_high",
    *CARRIED,
    "ch_names",
]
_SEARCHED = 1.0  # s under the shortest duration that edges are searched for
_SCATTER = 0.2  # s that edges of what is known to last 3 s scatter
_AROUND = 16.0  # s of signal on each side: what the models of sleep are fitted to, and the search


def locate_events(
    events: pd.DataFrame,
    raw: BaseRaw,
    sfreq: float,
    *,
    min_duration: float = 3.0,
    max_duration: float = 15.0,
) -> pd.DataFrame:
    """Replace the edges that detection gave by those that the EEG itself shows.

    Parameters
    ----------
    events : DataFrame
        Columns ``onset``, ``duration`` (s) and `CARRIED`, as :meth:`ArousalClusterer.detect`
        returns them.
    raw : mne.io.BaseRaw | Signals
        Recording with EEG channels.
    sfreq : float
        Sampling frequency of the recording that edges are rounded to, Hz.
    min_duration, max_duration : float
        No event becomes longer than this, s. One that the EEG shows to be shorter, by more than
        edges scatter, was lengthened by the windows in which it was found, and is left out.

    Returns
    -------
    located : DataFrame
        One row an event, indexed as `events`: ``onset`` and ``duration`` on samples; 90 %
        intervals ``onset_low``, ``onset_high``, ``end_low``, ``end_high`` (s); `CARRIED`;
        ``ch_names``, empty where all channels show it.
    """
    info = raw.info
    names = [info["ch_names"][i] for i in mne.pick_types(info, eeg=True, exclude=[])]
    # a recording at a lower rate was upsampled, and its upper half holds nothing
    step = max(int(info["sfreq"] // sfreq), 1)
    rate = info["sfreq"] / step
    rows, kept = [], []
    shortest = max(min_duration - _SEARCHED, 0.5)
    for event in events.itertuples():
        coarse_end = event.onset + event.duration
        lo = int(max(event.onset - _AROUND, 0.0) * rate) * step
        hi = min(int((coarse_end + _AROUND) * rate) * step, raw.n_times)
        signals, shown = raw.get_data(names, lo, hi)[:, ::step], names
        if np.isnan(signals).any():
            middle = int((0.5 * (event.onset + coarse_end)) * rate) - lo // step
            part, complete = _valid_part(signals, middle)
            lo += part.start * step
            signals, shown = signals[complete, part], [names[i] for i in complete]
        offset = lo / step / rate
        end = locate_end(
            signals,
            rate,
            coarse_end - offset,
            event.duration,
            earliest=event.onset - offset + shortest,
            latest=event.onset - offset + max_duration,
        )
        onset = locate_onset(
            signals,
            rate,
            event.onset - offset,
            event.duration,
            earliest=end.time - max_duration,
            latest=end.time - shortest,
        )
        start = round((onset.time + offset) * sfreq) / sfreq
        stop = round((end.time + offset) * sfreq) / sfreq
        if stop - start < min_duration - _SCATTER:
            continue
        stop = max(stop, start + np.ceil(min_duration * sfreq) / sfreq)
        kept.append(event.Index)
        rows.append(
            {
                "onset": start,
                "duration": stop - start,
                "onset_low": min(onset.low + offset, start),
                "onset_high": max(onset.high + offset, start),
                "end_low": min(end.low + offset, stop),
                "end_high": max(end.high + offset, stop),
                **{name: getattr(event, name) for name in CARRIED},
                "ch_names": channels_that_show(signals, shown, rate, start - offset, stop - offset),
            }
        )
    return pd.DataFrame(rows, index=kept, columns=LOCATED_COLUMNS)


def _valid_part(signals: np.ndarray, middle: int) -> tuple[slice, np.ndarray]:
    """Choose channels and samples without gaps around the middle of an event.

    Of channels that are as complete as any, the samples between the gaps that they have.
    """
    missing = np.isnan(signals)
    counts = missing.sum(axis=1)
    complete = np.flatnonzero(counts == counts.min())
    gaps = np.flatnonzero(missing[complete].any(axis=0))
    before, after = gaps[gaps < middle], gaps[gaps >= middle]
    first = int(before[-1]) + 1 if len(before) else 0
    last = int(after[0]) if len(after) else signals.shape[1]
    if last - first < 2:  # the middle itself is a gap: what comes before it
        first, last = 0, int(gaps[0])
    return slice(first, last), complete


@lru_cache(maxsize=8)
def _fast_band(sfreq: float) -> np.ndarray:
    """Band-pass filter of alpha and beta, as second-order sections."""
    return butter(4, (8.0, min(30.0, 0.45 * sfreq)), "bandpass", fs=sfreq, output="sos")


def channels_that_show(
    signals: np.ndarray, names: list[str], sfreq: float, onset: float, stop: float
) -> tuple[str, ...]:
    """Name the channels whose alpha and beta power rises at least half as much as the most.

    Parameters
    ----------
    signals : array, shape (n_channels, n_times)
        EEG.
    names : list of str
        Names of the channels.
    sfreq : float
        Sampling frequency, Hz.
    onset, stop : float
        The event, s from the start of `signals`.

    Returns
    -------
    ch_names : tuple of str
        Empty where all channels show it, or none can be told from the others.
    """
    if len(names) < 2:
        return ()
    fast = sosfiltfilt(_fast_band(sfreq), signals)
    inside = slice(int(onset * sfreq), int(stop * sfreq))
    before = slice(max(int((onset - 10.0) * sfreq), 0), int(onset * sfreq))
    if before.stop - before.start < sfreq or np.isnan(fast).any():
        return ()
    ratio = fast[:, inside].var(axis=1) / np.maximum(fast[:, before].var(axis=1), 1e-30)
    rise = np.log(np.maximum(ratio, 1e-30))
    shown = rise >= 0.5 * rise.max()
    if rise.max() <= 0 or shown.all():
        return ()
    return tuple(name for name, s in zip(names, shown, strict=True) if s)
