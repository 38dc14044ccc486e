"""Whether a PSG channel can be used, its kind of signal and its unit."""

from __future__ import annotations

import numpy as np
from mne.utils import logger

from ..utils.notes import add_note
from ..utils.windows import Channel
from .channel_names import guess_role
from .roles import ChannelRole, channel_roles
from .selection import select_channels

__all__ = [
    "channel_roles",
    "guess_role",
    "log_roles",
    "select_channels",
    "signal_kind",
    "unit_factor",
    "unusable_reason",
]

# Names are compared in lower case, without accents and without an "EEG "-like prefix.
# Clinics name channels in their own language: French and German terms stand beside
# English ones. Order matters: the first pattern that is found gives the role.
_PLAUSIBLE_EEG = (1e-8, 1e-2)  # V, spread of a scalp EEG or EOG with room on both sides


def signal_kind(signal: np.ndarray, sfreq: float) -> str:
    """Tell a waveform from a slow envelope.

    Some recorders store the chin EMG rectified and low-pass filtered (Sleep-EDF: 0.7 Hz); it has a
    level but no spectrum. A waveform has most of its power above 5 Hz once drift below 0.5 Hz is
    left out, an envelope next to none.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Signal, any unit.
    sfreq : float
        Sampling frequency, Hz.

    Returns
    -------
    kind : str
        ``"raw"`` or ``"envelope"``.
    """
    n = int(4 * sfreq)
    if len(signal) < n or sfreq <= 12:
        return "envelope" if sfreq <= 12 else "raw"
    pieces = signal[: len(signal) // n * n].reshape(-1, n)
    pieces = pieces[:: max(len(pieces) // 2000, 1)]
    pieces = np.nan_to_num(pieces - pieces.mean(axis=1, keepdims=True)) * np.hanning(n)
    power = np.abs(np.fft.rfft(pieces, axis=1)) ** 2
    freqs = np.fft.rfftfreq(n, 1 / sfreq)
    # medians over pieces, so that a few movements don't decide
    fast = np.median(power[:, freqs > 5].sum(axis=1))
    total = np.median(power[:, freqs > 0.5].sum(axis=1))
    return "raw" if total > 0 and fast > 0.05 * total else "envelope"


def unusable_reason(signal: np.ndarray, alive: int | None = None) -> str | None:
    """Tell why a channel can't be used, or None when it can.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Whole signal of the channel, NaN where it is invalid.
    alive : int | None
        Samples of the channel of this recording that is valid for longest; None takes the length
        of the recording.

    Returns
    -------
    reason : str | None
        Why not, or None.
    """
    known = np.count_nonzero(np.isfinite(signal))
    if known < 0.5 * (len(signal) if alive is None else alive) or not known:
        return "not a number" if known == 0 else "not a number for most of its length"
    # a channel that is constant for nearly all of the night carries nothing either
    low, high = np.percentile(_sample(signal, 100_000), (0.5, 99.5))
    return "flat" if high - low <= 1e-12 * max(abs(low), abs(high), 1e-12) else None


def _sample(signal: np.ndarray, most: int) -> np.ndarray:
    """Some of the known values of a signal, evenly taken."""
    some = signal[:: max(len(signal) // most, 1)]
    some = some[np.isfinite(some)]
    return some if len(some) else signal[np.isfinite(signal)]


def unit_factor(signal: np.ndarray, role: str) -> float:
    """Return what to multiply an EEG or EOG channel by to have volts.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Signal that should be in V.
    role : str
        Its role.

    Returns
    -------
    factor : float
        1, 1e-6 (microvolts were read as volts) or 1e6.
    """
    if role not in ("eeg", "eog"):
        return 1.0
    spread = _spread(signal)
    for factor in (1e-6, 1e6):
        too_large, too_small = spread > _PLAUSIBLE_EEG[1], spread < _PLAUSIBLE_EEG[0]
        wrong = too_large if factor < 1 else too_small
        if wrong and _PLAUSIBLE_EEG[0] <= spread * factor <= _PLAUSIBLE_EEG[1]:
            return factor
    return 1.0


def note_unit(name: str, factor: float, recording: str) -> None:
    """Note that a unit was guessed.

    Parameters
    ----------
    name : str
        Name of the channel.
    factor : float
        Of `unit_factor`.
    recording : str
        Name of the recording.
    """
    if factor != 1.0:
        size = "too large" if factor < 1 else "too small"
        add_note(
            "unit_guessed",
            recording,
            f"channel {name} is a million times {size} for EEG in volts; its unit is taken to be "
            f"wrong and the signal multiplied by {factor:g}.",
            channel=name,
        )


def _spread(signal: np.ndarray) -> float:
    low, high = np.percentile(_sample(signal, 100_000), (16, 84))
    return float(high - low) / 2


def log_roles(channels: list[Channel], roles: list[ChannelRole], recording: str) -> None:
    """Log which channels are used as what, and which are left out.

    Parameters
    ----------
    channels : list of Channel
        Channels that are used.
    roles : list of ChannelRole
        Role of every channel of the recording.
    recording : str
        Name of the recording.
    """
    used = {c.name for c in channels}
    for role in ("eeg", "eog", "emg"):
        if not any(c.role == role for c in channels):
            logger.info(
                f"{recording}: no {role.upper()} channel; its part in the evidence is left out."
            )
    left = [f"{role.name} ({role.role}: {role.reason})" for role in roles if role.name not in used]
    logger.info(f"{recording}: using {', '.join(map(str, channels))}")
    if left:
        logger.debug(f"{recording}: not used: {', '.join(left)}")
