"""The night in one picture: stages, arousals, heart rate and spectrogram on one axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from mne.viz.utils import plt_show
from scipy.signal import decimate, spectrogram
from scipy.signal.windows import dpss

from ..hypnogram import UNSCORED
from ..hypnogram import Hypnogram as EpochStages
from ..hypnogram.reading import stages_of_raw
from ..recording.derived import derivations_of
from ..recording.reading import read_recording
from ..utils.notes import collect_notes
from ._page import _read
from ._style import AROUSAL, COLORS, label_color, panel_axes
from .clock import set_time_axis
from .hypnogram import _draw_density, _draw_stages, _edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..night import Night
    from ..utils.types import Hypnogram, Recording

_AROUND = 0.5  # h shown before and after sleep: a day may lie around it
_TOP = 30.0  # Hz, highest frequency of the spectrogram
_LOWEST_RATE = 2.6 * _TOP  # Hz, the least to which EEG is decimated
_WIDTH = 11.0  # inches
_LABEL = -0.05  # where labels of the y axis stand, in widths of a panel
_EPOCH = 30.0  # s, a column of the spectrogram
_TAPERS = 5
_BANDS = ("delta", "theta", "alpha", "sigma", "beta", "gamma")
_CANDIDATE = "0.6"
_MOST_POINTS = 2000  # stretches of a line, about one a pixel


def plot_overview(
    night: Night,
    *,
    raw: Recording | None = None,
    hypnogram: Hypnogram | None = None,
    axes: Sequence[Axes] | None = None,
    show: bool = True,
) -> Figure:
    """Plot a night in one picture.

    From the top: an expert's hypnogram; the night's hypnogram and the probability of each stage;
    arousals by their probability, with rejected candidates in gray; heart rate; the spectrogram of
    the first EEG channel. What is not known is left out. The axis has times of the clock where
    the recording has a date.

    Parameters
    ----------
    night : instance of Night
        What :func:`mne_arousal.analyze_recording` returned or
        :func:`mne_arousal.load_night` read.
    raw : instance of Raw | path-like | None
        The recording, for the spectrogram. Without it the powers of bands that the night holds are
        drawn.
    hypnogram : instance of Annotations | path-like | array-like | None
        An expert's stages. None takes those that were given to the analysis.
    axes : list of Axes | None
        Where to draw, one for each panel. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    See Also
    --------
    plot_night : Stage clusters and states.

    Examples
    --------
    >>> from mne_arousal import analyze_recording
    >>> from mne_arousal.datasets import simulate_psg
    >>> from mne_arousal.viz import plot_overview
    >>> raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    >>> night = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
    >>> fig = plot_overview(night, raw=raw, show=False)
    """
    panels = [*_stage_panels(night, raw, hypnogram), (1.5, _draw_arousals, (night,))]
    rate = heart_rate(night)
    if rate is not None:
        panels.append((1.2, _draw_heart_rate, rate))
    panels += _spectrum_panel(night, raw)
    fig, axes = _panels(axes, [height for height, _, _ in panels])
    limits = shown_hours(night)
    for axis, (_, draw, what) in zip(axes, panels, strict=True):
        draw(axis, *what)
        axis.spines[["top", "right"]].set_visible(False)
        axis.yaxis.set_label_coords(_LABEL, 0.5)
        set_time_axis(axis, night.start, limits)
        if axis is not axes[-1]:
            axis.set_xlabel("")
    plt_show(show)
    return fig


def _panels(axes, heights):
    if axes is not None:
        return panel_axes(axes, heights)
    size = (_WIDTH, 0.6 + 0.8 * sum(heights))
    fig, axes = plt.subplots(
        len(heights), figsize=size, height_ratios=heights, sharex=True, layout="constrained"
    )
    return fig, np.atleast_1d(axes)


def shown_hours(night: Night) -> tuple[float, float]:
    """Return the hours to show: from half an hour before sleep to half an hour after it.

    Parameters
    ----------
    night : instance of Night
        The night.

    Returns
    -------
    limits : tuple of float
        First and last hour from the start of the recording.
    """
    asleep = night.stages[night.asleep]
    end = night.duration / 3600
    if not len(asleep):
        return 0.0, end
    first = asleep["onset"].iloc[0] / 3600
    last = (asleep["onset"] + asleep["duration"]).iloc[-1] / 3600
    return max(first - _AROUND, 0.0), min(last + _AROUND, end)


def heart_rate(night: Night) -> tuple[np.ndarray, np.ndarray] | None:
    """Find the heart rate among the features of a night.

    Parameters
    ----------
    night : instance of Night
        The night.

    Returns
    -------
    rate : tuple of array, shape (n_windows,) | None
        Middle of each window in h, and beats per minute, NaN where unknown; None without a
        channel.
    """
    return feature_trace(night, ":heart_rate")


def feature_trace(night: Night, ending: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Find the first feature of a night whose name has an ending.

    Parameters
    ----------
    night : instance of Night
        The night.
    ending : str
        Such as ``":heart_rate"``.

    Returns
    -------
    trace : tuple of array, shape (n_windows,) | None
        Middle of each window in h, and the feature; None where there is none.
    """
    if night.features is None:
        return None
    for name in night.features.columns:
        values = night.features[name].to_numpy(dtype=float)
        if name.endswith(ending) and np.isfinite(values).any():
            onsets = night.features.index.get_level_values("onset").to_numpy(dtype=float)
            return (onsets + night.window_length / 2) / 3600, values
    return None


def _stage_panels(night, raw, hypnogram) -> list:
    panels: list = []
    expert = _expert(night, raw, hypnogram)
    if expert is not None:
        panels.append((1.3, _draw_named, (expert, "Expert")))
    own = night.hypnogram
    if not (own.stages != UNSCORED).any():
        return [*panels, (1.3, _draw_clusters, (night,))]
    if night.given_hypnogram is None:
        panels.append((1.3, _draw_named, (own, "Stage")))
    if own.probabilities is not None:
        panels.append((1.1, _draw_probabilities, (own,)))
    return panels


def _expert(night, raw, hypnogram) -> EpochStages | None:
    if night.given_hypnogram is not None:  # it lies where it told sleep from wake
        return night.given_hypnogram
    if hypnogram is None or isinstance(hypnogram, EpochStages):
        return hypnogram
    if raw is not None:
        with collect_notes():  # whether it fits is noted where it is used
            return stages_of_raw(hypnogram, read_recording(raw)[0])
    from ..hypnogram import read_hypnogram

    read = read_hypnogram(hypnogram)
    if isinstance(read, EpochStages):
        return read
    from ..hypnogram import hypnogram_to_stages

    return EpochStages(hypnogram_to_stages(read, len(night.stages), _EPOCH), epoch_length=_EPOCH)


def _draw_named(axis, hypnogram, label) -> None:
    _draw_stages(axis, hypnogram)
    axis.set_ylabel(label)


def _draw_probabilities(axis, hypnogram) -> None:
    _draw_density(axis, np.nan_to_num(hypnogram.probabilities), _edges(hypnogram))
    axis.set_ylabel("Probability\nof stage")


def _draw_clusters(axis, night) -> None:
    clusters = night.stages["cluster"].to_numpy()
    edges = np.append(night.stages["onset"], night.duration) / 3600
    for label in np.unique(clusters[clusters != UNSCORED]):
        height = np.where(clusters == label, label, np.nan)
        axis.stairs(height, edges, baseline=None, color=label_color(label), linewidth=3)
    axis.invert_yaxis()
    axis.set_ylabel("Stage cluster")


def _draw_arousals(axis, night) -> None:
    for table, color, label in (
        (night.candidates, _CANDIDATE, "rejected"),
        (night.arousals, AROUSAL, "arousal"),
    ):
        hours = table["onset"].to_numpy(dtype=float) / 3600
        heights = table["probability"].to_numpy(dtype=float)
        axis.vlines(hours, 0, heights, color=color, linewidth=0.7)
        axis.plot(hours, heights, "o", color=color, markersize=2.2, label=f"{label}, {len(table)}")
    if np.isfinite(night.min_probability):
        axis.axhline(night.min_probability, color="black", linewidth=0.7, linestyle="--")
    axis.set(ylim=(0, 1.02), ylabel="Arousals:\nprobability")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize="small")


def _draw_heart_rate(axis, hours, rate) -> None:
    axis.plot(*_envelope(hours, rate), color=COLORS[0], linewidth=0.5)
    low, high = np.nanpercentile(rate, (0.5, 99.5))
    axis.set(ylim=(low - 5, high + 5), ylabel="Heart rate\n(1/min)")


def _envelope(hours, values):
    """Lowest and highest value of each stretch that is narrower than a line."""
    size = len(values) // _MOST_POINTS
    if size < 2:
        return hours, values
    n = len(values) // size
    pieces = values[: n * size].reshape(n, size)
    known = np.isfinite(pieces).any(axis=1)[:, None]
    filled = np.where(known, pieces, 0.0)
    ends = np.stack([np.nanmin(filled, axis=1), np.nanmax(filled, axis=1)], axis=1)
    times = np.repeat(hours[: n * size : size], 2)
    return times, np.where(known, ends, np.nan).ravel()


def _spectrum_panel(night, raw) -> list:
    if raw is not None:
        return [(1.8, _draw_spectrogram, _night_spectrum(night, raw))]
    powers = _band_powers(night)
    return [] if powers is None else [(1.4, _draw_bands, powers)]


def _night_spectrum(night, raw):
    """Multitaper spectrogram of the first EEG channel: dB re 1 µV²/Hz, a column each 30 s."""
    raw, _ = read_recording(raw)
    names = [label.split(":", 1)[1] for label in night.channels if label.startswith("eeg:")]
    derived = derivations_of(names, raw.ch_names)
    known = [name for name in names if name in raw.ch_names or name in derived]
    name = known[0]
    signal = 1e6 * np.nan_to_num(_read(raw, [name], 0, raw.n_times)[0])
    sfreq = float(raw.info["sfreq"])
    factor = max(int(sfreq // _LOWEST_RATE), 1)
    if factor > 1:
        signal, sfreq = decimate(signal, factor, ftype="fir"), sfreq / factor
    size = int(2 * sfreq)
    power = 0.0
    for taper in dpss(size, 3, _TAPERS):
        freqs, _, one = spectrogram(signal, sfreq, taper, size, 0, detrend="constant")
        power = power + one / _TAPERS
    columns = int(_EPOCH // 2)
    n = power.shape[1] // columns
    power = np.median(power[:, : n * columns].reshape(len(freqs), n, columns), axis=2)
    keep = (freqs >= 0.5) & (freqs <= _TOP)
    hours = (np.arange(n) + 0.5) * columns * size / sfreq / 3600
    return freqs[keep], hours, 10 * np.log10(power[keep] + 1e-6), name


def _draw_spectrogram(axis, freqs, hours, power, name) -> None:
    low, high = np.percentile(power, (5, 98)) if power.size else (0, 1)
    mesh = axis.pcolormesh(
        hours,
        freqs,
        power,
        vmin=low,
        vmax=high,
        cmap="cividis",
        shading="nearest",
        rasterized=True,
    )
    axis.set(ylim=(0.5, freqs[-1]))
    axis.set_ylabel(f"{name}\n(Hz)")
    bar = axis.figure.colorbar(mesh, cax=axis.inset_axes([1.015, 0.05, 0.015, 0.9]))
    bar.set_label("dB re 1 µV²/Hz", fontsize="small")
    bar.ax.tick_params(labelsize="small")


def _band_powers(night):
    """Z-scored log powers of the first EEG channel that the night's features hold."""
    if night.features is None:
        return None
    names = [n for n in night.features.columns if n.startswith("eeg:") and n.endswith(":delta")]
    if not names:
        return None
    stem = names[0].removesuffix("delta")
    table = night.features[[stem + band for band in _BANDS]].to_numpy(dtype=float).T
    center, spread = np.nanmean(table, axis=1), np.nanstd(table, axis=1)
    hours = night.features.index.get_level_values("onset").to_numpy(dtype=float) / 3600
    z = (table - center[:, None]) / np.maximum(spread, 1e-9)[:, None]
    return hours, z, stem.split(":")[1]


def _draw_bands(axis, hours, z, name) -> None:
    axis.pcolormesh(
        hours,
        np.arange(len(_BANDS)),
        z,
        vmin=-2,
        vmax=2,
        cmap="cividis",
        shading="nearest",
        rasterized=True,
    )
    axis.set_yticks(range(len(_BANDS)), _BANDS)
    axis.set_ylabel(f"{name}\npower (z)")
