"""Loading the channels that detection uses: chosen, checked, filtered and brought to one rate."""

from __future__ import annotations

from functools import reduce

import numpy as np

from ..utils.errors import RecordingError
from ..utils.windows import Channel
from .body_channels import load_body_channels
from .channel_reader import ChannelReader
from .channels import log_roles, note_unit
from .montage import Montage
from .reading import read_recording
from .resampling import highpass, resample
from .signals import Signals
from .stretches import Stretch, merged, note_stretches
from .usable import ChannelLook, Usable, find_usable
from .validity import SecondsLook, judge_seconds

MIN_RATE = 16.0  # Hz; slower holds no alpha, whose band begins at 8 Hz
MIN_DURATION = 300.0  # s; less holds no baseline to compare an arousal with

_HIGHPASS = {"eeg": 0.3, "eog": 0.3, "emg": 10.0}  # Hz, as the AASM manual recommends
# Levels that drift by more than this many usual ranges are filtered before they are resampled:
# phases of the anti-aliasing filter differ by 1e-4 in how they pass a level.
_DRIFT = 10.0


def load_channels(
    source,
    *,
    picks="auto",
    reference="auto",
    sfreq: float | None = 100.0,
    min_duration: float = MIN_DURATION,
    body: bool = False,
) -> tuple[Signals, list[Channel], str]:
    """Read, check, filter and resample the channels of a recording that detection uses.

    Parameters
    ----------
    source : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
        The recording, which is not changed.
    picks : "auto" | list of str | dict
        Channels by name, or ``{name: role}`` to overrule the role that a name suggests; ``"auto"``
        takes up to three EEG, two EOG and one chin EMG channel.
    reference : "auto" | None | dict
        Derivations to make, as in :class:`mne_arousal.PSGWindower`.
    sfreq : float | None
        Rate to resample to, Hz; None keeps the recording's own.
    min_duration : float
        Shortest recording, s.
    body : bool
        Whether to add heart, breath, legs, oxygen and position, unfiltered. Those that `picks`
        names are taken; where it names none, they are chosen by types and names.

    Returns
    -------
    signals : Signals
        These channels; NaN where a channel holds no signal of the sleeper (see
        `mne_arousal.recording.validity`).
    channels : list of Channel
        What each is.
    name : str
        Name of the recording.

    Raises
    ------
    RecordingError
        If the recording is too short or too slowly sampled, has no usable EEG channel, too little
        EEG that can be believed, or lacks a picked channel.
    """
    original, name = read_recording(source)
    rate = original.info["sfreq"]
    if rate < MIN_RATE:
        raise RecordingError(
            f"has {rate:g} samples a second, and at least {MIN_RATE:g} are needed for an EEG. "
            "Check its header, or give the recording before it was resampled.",
            name,
        )
    if original.n_times / rate < min_duration:
        raise RecordingError(
            f"lasts {original.n_times / rate:.0f} s, and at least {min_duration:.0f} s are needed "
            "to know what its stable sleep looks like.",
            name,
        )
    montage = Montage(original, picks, reference, name)
    of_body = montage.body_channels() if body else {}
    usable = find_usable(montage, ChannelReader(original, name), name, list(of_body))
    found = [usable.look(ch) for ch in usable.choice.names]
    for x in found:
        note_unit(x.channel.name, x.factor, name)
    seconds, roles = [x.seconds for x in found], [x.judged_as for x in found]
    invalid = [*usable.invalid, *judge_seconds(seconds, rate, roles, original.n_times)]
    channels = [x.channel for x in found]
    note_stretches(invalid, usable.choice.names, rate, original.n_times, name)
    _check_enough(channels, invalid, original.n_times, rate, name)
    montage.tell(usable.choice)
    log_roles(channels, montage.roles, name)
    new_rate = rate if sfreq is None else sfreq
    n_times = max(round(original.n_times * (new_rate / rate)), 1)
    signals = Signals(new_rate, n_times, original.info["meas_date"], len(channels) + len(of_body))
    for i, x in enumerate(found):
        signals.append(_to_rate(usable, x, merged(invalid, i), signals), x.channel)
    if body:
        added = load_body_channels(original, of_body, signals, name)
        channels += added
        montage.tell_guesses([channel.name for channel in added])
    return signals, channels, name


def _drifts(seconds: SecondsLook) -> bool:
    """Tell whether the level of a channel moves by many times what its activity does."""
    known = np.isfinite(seconds.levels)
    if not known.any():
        return False
    low, high = np.percentile(seconds.levels[known], (1, 99))
    return high - low > _DRIFT * float(np.median(seconds.ranges[known]))


def _check_enough(
    channels: list[Channel], invalid: list[Stretch], n_times: int, rate: float, recording: str
) -> None:
    eeg = [i for i, channel in enumerate(channels) if channel.role == "eeg"]
    lost = [_mask(merged(invalid, i), n_times) for i in eeg]
    seconds = np.count_nonzero(~reduce(np.logical_and, lost)) / rate
    if seconds < MIN_DURATION:
        raise RecordingError(
            f"holds {seconds:.0f} s of EEG that can be believed, and at least {MIN_DURATION:.0f} s "
            "are needed. The rest is missing, flat, clipped, marked BAD or no EEG.",
            recording,
        )


def _mask(ranges: list[tuple[int, int]], n_times: int) -> np.ndarray:
    mask = np.zeros(n_times, dtype=bool)
    for start, stop in ranges:
        mask[start:stop] = True
    return mask


def _to_rate(
    usable: Usable, found: ChannelLook, gaps: list[tuple[int, int]], signals: Signals
) -> np.ndarray:
    """Read, filter and resample a channel; its gaps stay gaps."""
    rate, signal = usable.rate, usable.read(found.channel.name)
    if found.factor != 1.0:
        signal *= found.factor
    _bridge(signal, gaps)  # a filter would spread NaN over the night
    low = _HIGHPASS.get(found.channel.role, np.inf)
    filtered = found.channel.kind == "raw" and low < 0.8 * rate / 2
    new = signals.sfreq
    first = new >= rate or _drifts(
        found.seconds
    )  # either order gives the same; a lower rate takes less time
    if filtered:
        signal -= np.median(signal[:: max(len(signal) // 10_000, 1)])
        if first:
            signal = highpass(signal, rate, low, rate)
    if new != rate:
        signal = resample(signal, rate, new, signals.n_times)
    if filtered and not first:
        signal = highpass(signal, new, low, rate)
    for start, stop in gaps:
        signal[int(np.floor(start * new / rate)) : int(np.ceil(stop * new / rate))] = np.nan
    return signal


def _bridge(signal: np.ndarray, ranges: list[tuple[int, int]]) -> None:
    """Replace gaps by straight lines between what stands beside them."""
    for start, stop in ranges:
        left = signal[start - 1] if start > 0 else np.nan
        right = signal[stop] if stop < len(signal) else np.nan
        ends = [x for x in (left, right) if np.isfinite(x)] or [0.0]
        signal[start:stop] = np.linspace(ends[0], ends[-1], stop - start)
