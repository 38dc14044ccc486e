"""A page of a recording: its channels as a scorer sees them, and a spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt, stft
from scipy.signal.windows import dpss

from ..recording.channels import signal_kind
from ..recording.derived import derivations_of, sources_of, subtract_references
from ..recording.montage import Montage
from ..recording.reading import read_recording
from ._style import COLORS

# Hz, as the AASM manual recommends for display
_BANDPASS = {"eeg": (0.3, 35.0), "eog": (0.3, 35.0), "emg": (10.0, 100.0)}
_MARGIN = 10.0  # s read on both sides, so that the filter settles outside the page
_ROLE_COLORS = {"eeg": "black", "eog": COLORS[0], "emg": COLORS[2]}
_TOP = 35.0  # Hz, highest frequency of the spectrogram


@dataclass
class Page:
    """Signals of a page.

    Attributes
    ----------
    start : float
        Its start, s from the start of the recording.
    sfreq : float
        Sampling frequency, Hz.
    times : array, shape (n_times,)
        s from the start of the recording.
    channels : dict
        Role of each channel, by name.
    signals : array, shape (n_channels, n_times)
        Filtered for display, V.
    spectrum : tuple of array
        Frequencies (Hz), times (s from the start of the recording) and power (dB re
        1 µV²/Hz) of the first EEG channel.
    """

    start: float
    sfreq: float
    times: np.ndarray
    channels: dict[str, str]
    signals: np.ndarray
    spectrum: tuple[np.ndarray, np.ndarray, np.ndarray]


def page_signals(raw, start, duration, picks) -> Page:
    """Read one page, filtered for display."""
    raw, name = read_recording(raw)
    sfreq = raw.info["sfreq"]
    length = raw.n_times / sfreq
    if not -duration < start < length:
        raise ValueError(
            f"{name} lasts {length:.1f} s; there is no page from {start:.1f} s on in it."
        )
    if not isinstance(picks, dict):
        choice = Montage(raw, "auto" if picks is None else list(picks), recording=name).choose()
        picks = choice.roles
    lo = max(int((start - _MARGIN) * sfreq), 0)
    hi = min(int((start + duration + _MARGIN) * sfreq), raw.n_times)
    data = np.nan_to_num(_read(raw, list(picks), lo, hi))
    times = np.arange(lo, hi) / sfreq
    spectrum = _spectrogram(data[_first_eeg(picks)], sfreq, lo / sfreq)
    shown = np.array([_for_display(x, sfreq, picks[ch]) for ch, x in zip(picks, data, strict=True)])
    inside = (times >= start) & (times < start + duration)
    roles = {ch: role.partition("/")[0] for ch, role in picks.items()}
    return Page(start, sfreq, times[inside], roles, shown[:, inside], spectrum)


def _read(raw, names, lo, hi) -> np.ndarray:
    """Read a piece of channels, and of derivations of channels."""
    derived = derivations_of(names, raw.ch_names)
    sources = sources_of(names, derived)
    return subtract_references(_read_channels(raw, sources, lo, hi), sources, names, derived)


def _read_channels(raw, names, lo, hi) -> np.ndarray:
    """Read a piece, by whole channels where MNE can't read pieces right.

    Of an EDF with mixed rates that is not loaded, MNE 1.13 gives zeros for the slow channels of
    a piece that does not begin with a data record.
    """
    suffixes = {Path(name).suffix.lower() for name in raw.filenames if name is not None}
    if raw.preload or not suffixes & {".edf", ".bdf", ".gdf"}:
        return raw.get_data(picks=names, start=lo, stop=hi)
    return raw.get_data(picks=names)[:, lo:hi]


def _first_eeg(picks) -> int:
    roles = list(picks.values())
    return roles.index("eeg") if "eeg" in roles else 0


def _for_display(signal, sfreq, role) -> np.ndarray:
    if role == "emg" and signal_kind(signal, sfreq) == "envelope":
        role = "emg/envelope"
    if role not in _BANDPASS:
        return signal - np.median(signal)
    low, high = _BANDPASS[role]
    if high < 0.45 * sfreq:
        sos = butter(2, (low, high), "bandpass", fs=sfreq, output="sos")
    elif low < 0.45 * sfreq:
        sos = butter(2, low, "highpass", fs=sfreq, output="sos")
    else:
        return signal
    return sosfiltfilt(sos, signal)


def _spectrogram(signal, sfreq, offset):
    """Multitaper: three tapers of 2 s calm the speckle that one window leaves."""
    size = int(2 * sfreq)
    step = max(int(0.25 * sfreq), 1)
    power = 0.0
    for taper in dpss(size, 2, 3):
        freqs, times, values = stft(1e6 * signal, sfreq, taper, size, size - step, scaling="psd")
        power = power + np.abs(values) ** 2 / 3
    keep = (freqs >= 0.5) & (freqs <= _TOP)
    return freqs[keep], times + offset, 10 * np.log10(power[keep] + 1e-6)


def draw_channels(axis, page, origin) -> None:
    """Draw the channels below each other, each lane with its own scale in µV."""
    labels = []
    signals = 1e6 * page.signals
    roles = np.array(list(page.channels.values()))
    # One scale for all channels of a role, as a scorer compares them.
    scales = {role: _lane_scale(signals[roles == role]) for role in np.unique(roles)}
    for i, (name, role) in enumerate(page.channels.items()):
        signal, scale = signals[i], scales[role]
        color = _ROLE_COLORS.get(role, "0.3")
        axis.plot(page.times - origin, -i + np.clip(signal / scale, -0.7, 0.7), color=color, lw=0.5)
        labels.append(f"{name}\n{role.upper()}, {scale:g} µV")
        axis.axhline(-i, color="0.9", linewidth=0.5, zorder=0)
    n = len(labels)
    axis.set_yticks(-np.arange(n), labels, fontsize="small")
    axis.set_ylim(-n + 0.4, 0.6)
    # A lane is as high as the number beside its name says.
    axis.set_ylabel("Height of a lane\nas written")


def _lane_scale(signals) -> float:
    """Lane height in µV, from 1, 2, 5 and their multiples, that holds nearly all of the signals."""
    reach = 2.2 * float(np.percentile(np.abs(signals), 99)) if signals.size else 0.0
    if reach <= 0:
        return 1.0
    decade = 10.0 ** np.floor(np.log10(reach))
    return float(decade * next(step for step in (1, 2, 5, 10) if step * decade >= reach))


def draw_spectrogram(axis, page, origin) -> None:
    """Draw the spectrogram of the first EEG channel."""
    freqs, times, power = page.spectrum
    inside = (times >= page.start) & (times <= page.times[-1])
    low, high = np.percentile(power[:, inside], (5, 99))
    mesh = axis.pcolormesh(
        times - origin,
        freqs,
        power,
        vmin=low,
        vmax=high,
        cmap="cividis",
        shading="nearest",
        rasterized=True,
    )
    name = list(page.channels)[_first_eeg(page.channels)]
    axis.set_ylabel(f"{name}\n(Hz)")
    axis.set_ylim(0.5, min(_TOP, page.sfreq / 2))
    # An inset: a bar of its own would make the panels differ in width.
    bar = axis.figure.colorbar(mesh, cax=axis.inset_axes([1.015, 0.05, 0.015, 0.9]))
    bar.set_label("dB re 1 µV²/Hz", fontsize="small")
    bar.ax.tick_params(labelsize="small")
