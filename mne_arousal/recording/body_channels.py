"""Channels of the body beside EEG, EOG and chin EMG: chosen, read and brought to one rate."""

from __future__ import annotations

import re

import numpy as np
from mne.io import BaseRaw
from mne.utils import logger

from ..utils.notes import add_note
from ..utils.windows import BODY_ROLES, Channel
from .channel_names import plain_name
from .channel_reader import read_each
from .channels import signal_kind, unusable_reason
from .resampling import resample
from .signals import Signals
from .stretches import Stretch, blank, note_stretches
from .validity import find_lost, find_marked, plausible

#: Held from sample to sample, as they are codes and slow numbers that a filter would blur.
_HELD = ("spo2", "hr", "position")
#: An electrode on a living body has noise at least; a belt or a finger may be at rest for minutes.
_NEVER_STILL = ("ecg", "leg")
#: Most channels of each group, of the roles in it, the first role first.
_GROUPS = (
    ("heart", ("ecg", "pulse"), 1),
    ("heart rate", ("hr",), 1),
    ("breath", ("resp", "effort"), 2),
    ("leg", ("leg",), 2),
    ("oxygen", ("spo2",), 1),
    ("position", ("position",), 1),
)


def body_roles(roles: dict[str, str]) -> dict[str, str]:
    """Find the channels of the body.

    Parameters
    ----------
    roles : dict
        Role of each channel name.

    Returns
    -------
    roles : dict
        Those with a role of `BODY_ROLES`.
    """
    return {name: role for name, role in roles.items() if role in BODY_ROLES}


def select_body_channels(roles: dict[str, str]) -> dict[str, str]:
    """Choose the channels of the body that detection uses.

    Parameters
    ----------
    roles : dict
        Of `body_roles`.

    Returns
    -------
    chosen : dict
        One ECG or, without it, one pulse wave; a trace of heart rate; two of breath, airflow and
        effort where there are both; two legs; oxygen saturation; position.
    """
    chosen: dict[str, str] = {}
    for _, members, most in _GROUPS:
        by_role = [
            sorted((name for name, r in roles.items() if r == role), key=_rank) for role in members
        ]
        # one of each role before a second of the same
        first = [name for names in by_role for name in names[:1]]
        rest = [name for names in by_role for name in names[1:]]
        chosen |= {name: roles[name] for name in (first + rest)[:most]}
    return chosen


def _rank(name: str) -> int:
    """Nasal pressure first, as the AASM manual has it for hypopneas; what is computed, last."""
    plain = plain_name(name)
    if re.search(r"limit|phase|\bsum\b|\bcal|cpap|mask|b-b", plain):
        return 2
    return 0 if re.search(r"nasal|press|canul|cannul", plain) else 1


def load_body_channels(
    original: BaseRaw, roles: dict[str, str], signals: Signals, recording: str
) -> list[Channel]:
    """Read the channels of the body and add them to those already loaded, at their rate.

    Waveforms are resampled; oxygen, heart rate and position are held from sample to sample. Nothing
    is filtered. What is marked bad, and where electrodes or a pulse wave stand still, is a gap;
    breath and oxygen may stand still by themselves, and are judged where they are measured.

    Parameters
    ----------
    original : mne.io.BaseRaw
        The recording.
    roles : dict
        Role of each channel that may be used.
    signals : Signals
        Loaded channels, whose rate and length are wanted; they get the others.
    recording : str
        Name of the recording.

    Returns
    -------
    channels : list of Channel
        What was added, in the recording's units; NaN in gaps.
    """
    sfreq, left = original.info["sfreq"], body_roles(roles)
    loaded: dict[str, tuple[Channel, np.ndarray]] = {}
    while True:
        chosen = select_body_channels(left)
        new = [name for name in chosen if name not in loaded]
        if not new:
            break
        for name, signal in zip(new, read_each(original, new, recording), strict=True):
            signal = signal.astype(np.float32, copy=False)
            lost = blank_body(original, signal, name, left[name])
            reason = unusable_reason(signal)
            if reason is not None:
                text = f"channel {name} is {reason}; it is left out."
                add_note("channel_dropped", recording, text, channel=name)
                del left[name]
                continue
            note_stretches(lost, [name], sfreq, len(signal), recording)
            channel = _identify(name, left[name], signal, sfreq)
            left[name] = channel.role
            held = channel.role in _HELD or channel.kind == "envelope"
            rates = sfreq, signals.sfreq, signals.n_times
            loaded[name] = channel, (_hold if held else _resample)(signal, *rates)
    kept = [loaded[name] for name in chosen]
    _log_missing([channel for channel, _ in kept], recording)
    for channel, signal in kept:
        signals.append(signal, channel)
    return [channel for channel, _ in kept]


def blank_body(original: BaseRaw, signal: np.ndarray, name: str, role: str) -> list[Stretch]:
    """Set what is marked bad, and where an electrode stands still, to NaN.

    Parameters
    ----------
    original : mne.io.BaseRaw
        The recording, whose annotations count.
    signal : array, shape (n_samples,)
        One channel of it, changed in place.
    name, role : str
        Its name and role.

    Returns
    -------
    stretches : list of Stretch
        What no note on EEG, EOG and chin EMG tells already: marks that name channels, and
        constants.
    """
    sfreq, marks = original.info["sfreq"], original.annotations
    where = original._first_time, [name], sfreq, len(signal)
    blank(signal[np.newaxis], find_marked(marks, *where))
    own = find_marked(marks[[len(chosen) > 0 for chosen in marks.ch_names]], *where)
    if role in _NEVER_STILL:
        lost = find_lost(signal[np.newaxis], sfreq, [role])
        own += [stretch for stretch in lost if stretch.kind == "flat"]
        blank(signal[np.newaxis], own)
    return own


def rescale_trace(trace: np.ndarray) -> np.ndarray:
    """Undo the factor of a millionth that a recorder's unit of µV leaves.

    Parameters
    ----------
    trace : array, shape (n_samples,)
        Percent or beats/min.

    Returns
    -------
    trace : array, shape (n_samples,)
        As it is, or times a million where its upper values are under a thousandth.
    """
    known = trace[np.isfinite(trace)]
    tiny = len(known) and 0 < np.percentile(known[:: max(len(known) // 10_000, 1)], 90) < 1e-3
    return trace * 1e6 if tiny else trace


def is_rate_trace(signal: np.ndarray, sfreq: float) -> bool:
    """Tell a trace of heart rate from a pulse wave.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        Signal.
    sfreq : float
        Its rate, Hz.

    Returns
    -------
    is_trace : bool
        True where most values are heart rates that change by less than 5 beats/min in a fifth of a
        second. Zeros, which devices give while they measure nothing, do not count.
    """
    step = max(round(sfreq / 5), 1)
    values = rescale_trace(np.asarray(signal, dtype=float))[::step]
    values = values[np.isfinite(values) & (values != 0)]
    known = values[plausible(values, "heart_rate")]
    if len(known) < 2 or len(known) <= len(values) / 2:
        return False
    return float(np.median(np.abs(np.diff(known)))) < 5.0


def _identify(name: str, role: str, signal: np.ndarray, sfreq: float) -> Channel:
    if role in ("pulse", "hr"):  # "Pulse" is a wave in one recorder, a rate in another
        return Channel("hr" if is_rate_trace(signal, sfreq) else "pulse", name)
    kind = signal_kind(signal, sfreq) if role == "leg" else "raw"
    return Channel(role, name, kind)


def _hold(signal, old: float, new: float, n_times: int) -> np.ndarray:
    if old == new and len(signal) == n_times:
        return signal
    at = np.minimum((np.arange(n_times) * (old / new)).astype(int), len(signal) - 1)
    return signal[at]


def _resample(signal, old: float, new: float, n_times: int) -> np.ndarray:
    if old == new:
        return _hold(signal, old, new, n_times)
    gaps = np.isnan(signal) if np.isnan(signal.min()) else np.zeros(0, dtype=bool)
    if gaps.any():
        places = np.arange(len(signal))
        signal = np.interp(places, places[~gaps], signal[~gaps]).astype(np.float32)
    offset = np.median(signal[:: max(len(signal) // 10_000, 1)])  # else the ends ring
    signal -= offset
    out = resample(signal, old, new, n_times, beyond="zeros")
    out += offset
    if gaps.any():
        out[_hold(gaps, old, new, n_times)] = np.nan
    return out


def _log_missing(channels: list[Channel], recording: str) -> None:
    found = {channel.role for channel in channels}
    missing = [group for group, roles, _ in _GROUPS if not found & set(roles)]
    if "heart" in missing and "hr" in found:
        missing.remove("heart")
    elif "heart" not in missing and "heart rate" in missing:
        missing.remove("heart rate")
    if missing:
        logger.info(f"{recording}: no channel of {', '.join(missing)}; each is left out.")
