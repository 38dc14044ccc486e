"""Where in the recording an event lies: onset and end with their intervals, and channels."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import mne
import numpy as np
import pandas as pd
from mne.io import BaseRaw
from scipy.signal import butter, sosfiltfilt

from .change_point import locate_end, locate_onset
from .edge_posterior import Onset, shifted
from .muscle_rise import MIN_RATE

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
# Onsets are where faster rhythms begin; slow waves before do not count (American Sleep Disorders
# Association 1992, Sleep 15:173), and would be taken for the change.
_SLOW = 3.0  # Hz
# Scale of the score on which the chance falls that detection placed an edge badly: from 0.23 at a
# score of 5.5 to 0.01 at 9.5 (spreads of quiet sleep). `doc/benchmarks/arousals/onsets.py` measures
# what it does. No edge of an event that was found is less likely to be near than not.
_UNSURE_SCORE, _MOST_DOUBT = 4.5, 0.5
_AROUND = 16.0  # s of signal on each side: what the models of sleep are fitted to, and the search


def locate_events(
    events: pd.DataFrame,
    raw: BaseRaw,
    sfreq: float,
    *,
    min_duration: float = 3.0,
    max_duration: float = 15.0,
    chin: str | None = None,
) -> pd.DataFrame:
    """Replace the edges that detection gave by those that the EEG itself shows.

    Where the EEG says little about an onset, the chin EMG may move it and widen its interval.

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
    chin : str | None
        Channel of `raw` that holds the chin EMG as a waveform; None does without.

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
    shortest = max(min_duration - _SEARCHED, 0.5)
    rows, kept = [], []
    for event in events.itertuples():
        piece = _signals_around(event, raw, names, chin, step)
        onset, end = _locate_edges(event, piece, shortest, max_duration)
        start, stop = (round(edge.time * sfreq) / sfreq for edge in (onset, end))
        if stop - start < min_duration - _SCATTER:
            continue
        stop = max(stop, start + np.ceil(min_duration * sfreq) / sfreq)
        kept.append(event.Index)
        rows.append(
            {
                "onset": start,
                "duration": stop - start,
                "onset_low": min(onset.low, start),
                "onset_high": max(onset.high, start),
                "end_low": min(end.low, stop),
                "end_high": max(end.high, stop),
                **{name: getattr(event, name) for name in CARRIED},
                "ch_names": channels_that_show(
                    piece.eeg, piece.names, piece.sfreq, start - piece.start, stop - piece.start
                ),
            }
        )
    return pd.DataFrame(rows, index=kept, columns=LOCATED_COLUMNS)


class _Piece(NamedTuple):
    """Signals around an event: EEG, shape (n_channels, n_times), and chin EMG, if there is one."""

    eeg: np.ndarray
    names: list[str]
    emg: np.ndarray | None
    sfreq: float
    start: float  # s from the start of the recording


def _signals_around(event, raw, names: list[str], chin: str | None, step: int) -> _Piece:
    """Get every `step`-th sample around an event, without gaps in the EEG."""
    rate = raw.info["sfreq"] / step
    stop = event.onset + event.duration
    lo = int(max(event.onset - _AROUND, 0.0) * rate)
    hi = min(int((stop + _AROUND) * rate) * step, raw.n_times)
    eeg, emg = raw.get_data(names, lo * step, hi)[:, ::step], None
    if chin is not None and rate >= MIN_RATE:
        emg = raw.get_data([chin], lo * step, hi)[0, ::step]
    if np.isnan(eeg).any():
        part, complete = _valid_part(eeg, int(0.5 * (event.onset + stop) * rate) - lo)
        eeg, names = eeg[complete, part], [names[i] for i in complete]
        emg = None if emg is None else emg[part]
        lo += part.start
    return _Piece(eeg, names, emg, rate, lo / rate)


def _locate_edges(event, piece: _Piece, shortest: float, longest: float) -> tuple[Onset, Onset]:
    """Locate onset and end of an event, s from the start of the recording."""
    faster = _without_slow_waves(piece.eeg, piece.sfreq)
    doubt = min(float(np.exp(-((event.score / _UNSURE_SCORE) ** 2))), _MOST_DOUBT)
    coarse = event.onset - piece.start
    end = locate_end(
        faster,
        piece.sfreq,
        coarse + event.duration,
        event.duration,
        earliest=coarse + shortest,
        latest=coarse + longest,
        doubt=doubt,
    )
    onset = locate_onset(
        faster,
        piece.sfreq,
        coarse,
        event.duration,
        earliest=end.time - longest,
        latest=end.time - shortest,
        doubt=doubt,
        emg=piece.emg,
    )
    return shifted(onset, piece.start), shifted(end, piece.start)


@lru_cache(maxsize=8)
def _highpass(sfreq: float) -> np.ndarray:
    """High-pass filter, as second-order sections."""
    return butter(2, _SLOW, "highpass", fs=sfreq, output="sos")


def _without_slow_waves(eeg: np.ndarray, sfreq: float) -> np.ndarray:
    """Filter EEG; as it is where it is too short to be filtered."""
    return eeg if eeg.shape[1] < sfreq else sosfiltfilt(_highpass(sfreq), eeg)


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
