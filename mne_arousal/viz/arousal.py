"""One arousal, or one rejected candidate, close up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from mne.viz.utils import plt_show

from ..arousals.cues import EMG_RISE, MUSCLE, SWAY
from ._page import draw_channels, draw_spectrogram, page_signals
from ._style import AROUSAL, COLORS, panel_axes
from .clock import full_time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..night import Night
    from ..utils.types import Recording

PAGE = 30.0  # s, the length of the page on which arousals are scored
_LEAD = 12.0  # s before the onset: the rule asks for 10 s of stable sleep
_DECIBEL = 10 / np.log(10)  # departures of bands are natural logarithms of power
_BEFORE = {"respiratory_drop": "after a drop of breathing", "limb_movement": "limb movement"}
_BANDS = ("delta", "theta", "alpha", "sigma", "beta", "gamma")
_STYLES = ("-", "--", "-.", ":", (0, (4, 1, 1, 1, 1, 1)), (0, (1, 2)))


def plot_arousal(
    raw: Recording,
    event: int | float | dict | pd.Series,
    *,
    night: Night | None = None,
    evidence: pd.DataFrame | None = None,
    picks: Sequence[str] | None = None,
    duration: float = PAGE,
    axes: Sequence[Axes] | None = None,
    show: bool = True,
) -> Figure:
    """Plot one arousal, or a candidate that a rule rejected, on a page of 30 s.

    From the top: the channels, the spectrogram of the first EEG channel, the evidence with
    its parts, and how far the power of each band departs from the sleep before. The event
    is shaded, its onset a line, the 90 % interval of the onset (and of the end, where it is
    known) a darker band.

    Parameters
    ----------
    raw : instance of Raw | path-like
        The recording. It is not changed. Only the page is read, of an EDF file the whole
        channels: load the data first to draw many pages.
    event : int | dict | Series | float
        Which one: the row of ``night.arousals``; a row of ``night.arousals`` or
        ``night.candidates``, with at least ``onset`` and ``duration`` (s from the start of
        the recording); or a time in s (a float), with no event to mark.
    night : instance of Night | None
        What ``mne_arousal.analyze_recording`` returned: gives the evidence, the
        probability that was asked and the channels that were used.
    evidence : DataFrame | None
        Evidence and its parts, indexed by the onset of the windows in s, such as
        ``night.evidence``. None takes the night's; without a night the two lower panels are
        left out.
    picks : list of str | None
        Channels to draw. None takes those that detection used, or would use.
    duration : float
        Length of the page, s. Arousals are scored on pages of 30 s. The event begins 12 s
        after its start, so that the 10 s of sleep before it are seen.
    axes : list of Axes | None
        Where to draw, one for each panel. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Raises
    ------
    ValueError
        If the event lies outside the recording, is an index and no night is given, or there
        are not as many axes as panels.

    Examples
    --------
    >>> from mne_arousal.annotate import analyze_recording
    >>> from mne_arousal.datasets import simulate_psg
    >>> from mne_arousal.viz import plot_arousal
    >>> raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    >>> night = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
    >>> fig = plot_arousal(raw, 0, night=night, show=False)
    """
    event = _as_event(event, night)
    if evidence is None and night is not None and night.features is not None:
        evidence = night.evidence
    page = page_signals(raw, event["onset"] - _LEAD, duration, _channel_picks(night, picks))
    window = 2.0 if night is None else night.window_length
    heights = [0.75 * len(page.channels), 1.2]
    if evidence is not None:
        heights += [1.5, 1.5]
    fig, axes = panel_axes(axes, heights)
    origin = event["onset"]
    draw_channels(axes[0], page, origin)
    draw_spectrogram(axes[1], page, origin)
    if evidence is not None:
        near = evidence[
            (evidence.index > page.start - window) & (evidence.index < page.start + duration)
        ]
        times = near.index.to_numpy(dtype=float) + window / 2 - origin
        _draw_evidence(axes[2], times, near)
        _draw_bands(axes[3], times, near)
    for axis in axes:
        _mark_event(axis, event, origin)
        axis.set_xlim(page.start - origin, page.start + duration - origin)
        axis.xaxis.set_major_locator(MaxNLocator(16, steps=[1, 2, 5], integer=True))
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_title(_title(event, night), loc="left", fontsize="medium")
    axes[-1].set_xlabel("Time from the onset (s)" if event["duration"] else "Time (s)")
    plt_show(show)
    return fig


def _as_event(event, night) -> dict:
    if isinstance(event, int | np.integer) and not isinstance(event, bool):
        if night is None:
            raise ValueError("An arousal by its number needs night= to look it up in.")
        if not -len(night.arousals) <= event < len(night.arousals):
            raise ValueError(
                f"{night.name} has {len(night.arousals)} arousals; there is no number {event}."
            )
        event = night.arousals.iloc[event]
    if isinstance(event, float | np.floating):
        event = {"onset": float(event), "duration": 0.0}
    event = dict(event)
    if not {"onset", "duration"} <= set(event):
        raise ValueError("An event needs onset and duration, in s.")
    return event


def _channel_picks(night, picks) -> dict[str, str] | list[str] | None:
    """Names with roles, where the night knows them."""
    if picks is not None or night is None:
        return picks
    pairs = [label.split(":", 1) for label in night.channels]
    return {name: role for role, name in pairs}


def _title(event, night=None) -> str:
    """What and when; below, how sure that is."""
    what = "Arousal" if event["duration"] else "Page"
    if event.get("reason"):
        what = f"Rejected: {event['reason']}"
    first = [what, full_time_text(event["onset"], None if night is None else night.start)]
    why = []
    if event.get("band"):
        why.append(f"most change in {event['band']}")
    if event.get("kind"):
        why.append(f"seen in {event['kind'].replace('+', ', ')}")
    why += [text for name, text in _BEFORE.items() if _known(event, name) and event[name] == 1]
    second = []
    if event["duration"]:
        second.append(f"lasts {event['duration']:.1f} s")
    if _known(event, "onset_low"):
        early, late = event["onset"] - event["onset_low"], event["onset_high"] - event["onset"]
        second.append(f"onset −{early:.1f}/+{late:.1f} s (90 %)")
    if _known(event, "score"):
        second.append(f"score {event['score']:.1f}")
    if _known(event, "probability"):
        known = night is not None and np.isfinite(night.min_probability)
        asked = f" ({night.min_probability:.2g} asked)" if known else ""
        second.append(f"probability {event['probability']:.2f}{asked}")
    stage = _stage(event, night)
    if stage:
        first.append(stage)
    lines = [" · ".join(part) for part in (first, second, why) if part]
    if event.get("cues"):
        lines.append(f"log odds: {event['cues'].replace('; ', ' · ')}")
    return "\n".join(lines)


def _stage(event, night) -> str:
    """Stage by name where it has one; otherwise its cluster."""
    if night is not None and len(night.stages) and "stage" in night.stages:
        starts = night.stages["onset"].to_numpy(dtype=float)
        row = int(np.searchsorted(starts, event["onset"], side="right")) - 1
        name = str(night.stages["stage"].iloc[max(row, 0)])
        if name != "?":
            return f"in {name}"
    if _known(event, "stage_cluster"):
        return f"stage cluster {int(event['stage_cluster'])}"
    return ""


def _known(event, key) -> bool:
    return key in event and not pd.isna(event[key])


def _mark_event(axis, event, origin) -> None:
    if not event["duration"]:
        return
    color = "0.45" if event.get("reason") else AROUSAL
    axis.axvspan(0, event["duration"], color=color, alpha=0.12, linewidth=0, zorder=0)
    axis.axvline(0, color=color, linewidth=1, zorder=1)
    for edge in ("onset", "end"):
        if _known(event, f"{edge}_low") and _known(event, f"{edge}_high"):
            low, high = event[f"{edge}_low"] - origin, event[f"{edge}_high"] - origin
            axis.axvspan(low, high, color=color, alpha=0.3, linewidth=0, zorder=0)


def _draw_evidence(axis, times, near) -> None:
    axis.plot(times, near["evidence"], color="black", linewidth=2, label="evidence")
    parts = [n for n in near.columns if n not in ("evidence", "local", *_BANDS)]
    for i, name in enumerate(parts):
        axis.plot(
            times, near[name], linestyle=_STYLES[i % 6], color=COLORS[i % 6], lw=1, label=name
        )
    axis.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    if "emg" in near:
        _threshold(axis, EMG_RISE, "EMG in REM", COLORS[parts.index("emg") % 6])
    axis.set_ylabel("Evidence\n(spreads of\nthis sleep)")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize="small")


def _draw_bands(axis, times, near) -> None:
    for i, name in enumerate(name for name in _BANDS if name in near):
        axis.plot(
            times,
            _DECIBEL * near[name],
            linestyle=_STYLES[i % 6],
            color=COLORS[i % 6],
            linewidth=1.2,
            label=name,
        )
    axis.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    _threshold(axis, _DECIBEL * SWAY, "movement: delta", "0.4")
    _threshold(axis, _DECIBEL * MUSCLE, "movement: gamma", "0.4")
    axis.set_ylabel("Power against\nthe sleep before\n(dB)")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize="small")


def _threshold(axis, value, text, color) -> None:
    axis.axhline(value, color=color, linewidth=0.8, linestyle=(0, (2, 3)), zorder=0)
    axis.annotate(
        text,
        (0.002, value),
        xycoords=("axes fraction", "data"),
        fontsize="x-small",
        color=color,
        va="bottom",
    )
