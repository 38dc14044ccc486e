"""How arousal-like each window is, from the night itself and without labels.

An arousal is a departure, within seconds, from the sleep around it. Several witnesses tell of it:
fast EEG against what the EEG of this night does by itself; chin EMG; the direction in the EEG that
predicts what the body does; and, in the seconds after, heart and breath. Each witness but fast EEG
counts for as much as it is worth on this night, which its correlation with the EEG tells, and for
nothing where that may be chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import maximum_filter1d

from ..utils.columns import Column, where
from ..utils.missing import known_windows, mean_known
from .anchor import anchor_view
from .body_answers import ANSWERS, answer_view
from .departure import departure, lower_scale
from .direction import direction_view, tail_excess
from .foreseen import FORESEEN, foreseen_views, measured_answers
from .matched_filter import learned_match, whitened_match
from .trust import correlation_beyond_chance

COMPONENTS = ("fast", "anchor", "direction", "emg", "heart", "breath", "states", *FORESEEN)
#: States repeat what the bands say; adding them raised false positives. The direction for EEG alone
#: gained on simulated patients and lost as much elsewhere (doc/benchmarks/direction.md).
DEFAULT_COMPONENTS = ("fast", "anchor", "emg", "heart", "breath")

_LIMIT = 4.0  # spreads; beyond it a departure says no more, or one movement outweighs a night
_UNSTABLE = 2.0  # spreads of evidence above which a window is no baseline for others
_EVENT_WIDTH = 4.0  # s kept clear around such windows
# Correlation beyond chance at which a witness counts as much as fast EEG does; of the direction,
# the excess of its upper tail over its lower.
_FULL_TRUST = {"anchor": 1.0, "direction": 1.0, "emg": 1.0, "heart": 0.5, "breath": 0.5}
_FULL_TRUST |= {"predicted": 0.6, "past": 1.0, "sides": 1.0}
_BANDS = ("delta", "theta", "alpha", "sigma", "beta", "gamma")


@dataclass(frozen=True)
class Evidence:
    """Evidence of each window of a recording, and what it is made of.

    Attributes
    ----------
    parts : dict of array, shape (n_windows,)
        ``"evidence"``, in spreads of the sleep of this night; ``"local"``, the same without heart
        and breath, which answer later; the views of the witnesses, each under its name; departures
        of the bands, natural logarithm of power: ``"delta"`` to ``"gamma"``.
    weights : dict of float
        Weight of each witness on this night.
    """

    parts: dict[str, np.ndarray]
    weights: dict[str, float] = field(default_factory=dict)


def compute_evidence(
    values: np.ndarray,
    columns: list[Column],
    asleep: np.ndarray,
    *,
    hop: float,
    window_length: float,
    body: np.ndarray | None = None,
    body_columns: list[Column] | None = None,
    state_wakefulness: np.ndarray | None = None,
    components: tuple[str, ...] = DEFAULT_COMPONENTS,
) -> Evidence:
    """Compute the evidence of one recording and its parts.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features in time order, NaN where unknown. Where one channel is missing the others tell.
    columns : list of Column
        What they are.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep, on which spreads are measured.
    hop, window_length : float
        Time between windows and their length, s.
    body : array, shape (n_windows, n_body_columns) | None
        Measures of the body, NaN where unknown.
    body_columns : list of Column | None
        What they are.
    state_wakefulness : array, shape (n_windows,) | None
        How wake-like the state of each window is.
    components : tuple of str
        Which of ``"fast"``, ``"anchor"``, ``"direction"``, ``"emg"``, ``"heart"``, ``"breath"``,
        ``"states"`` to use; those without the channels that they need are left out, and the
        direction where the anchor is worth something.

    Returns
    -------
    evidence : Evidence
        Evidence, its parts and their weights.
    """
    known = known_windows(values, columns)
    asleep = asleep & known
    present = np.isfinite(values).any(axis=0)
    at = [i for i in _columns_used(columns, components) if present[i]]
    if not at:
        nothing = np.zeros(len(values))
        return Evidence({"evidence": nothing, "local": nothing.copy()})
    values, columns = values[:, at], [columns[i] for i in at]
    grid = {"hop": hop, "window_length": window_length}
    stable = asleep
    for final in (False, True):
        parts, found, eeg, bands = _eeg_views(values, columns, asleep, stable, **grid)
        if final and state_wakefulness is not None and "states" in components:
            states = state_wakefulness[:, np.newaxis]
            found["states"] = departure(states, hop, window_length, stable)[:, 0]
        if final and "direction" in components:
            found |= _direction(parts, asleep)
        if final and body is not None and "fast" in found:
            found |= _body_views(
                body, body_columns or [], found["fast"], asleep, stable, components, **grid
            )
            found |= foreseen_views(body, body_columns or [], asleep, stable, components, **grid)
        total, local, views, weights = _combine(found, eeg, asleep, hop, components)
        if not final:  # what stands out at first is no baseline for what comes after it
            width = max(round(_EVENT_WIDTH / hop), 1)
            stable = asleep & (maximum_filter1d(total, width) < _UNSTABLE)
    own = None
    if bands:  # what stands out by all witnesses tells what to look for in the EEG
        own = learned_match(_stacked(bands), stable, tuple(bands), total, asleep, hop)
    if own is not None:
        found["fast"] = np.maximum(found["fast"], own)
        total, local, views, weights = _combine(found, eeg, asleep, hop, components)
    total[~known] = 0.0
    return Evidence({"evidence": total, "local": local, **views, **parts}, weights)


def _eeg_views(values, columns, asleep, stable, *, hop, window_length):
    """Departures of the bands, what EEG and chin EMG say, features of the EEG, bands in spreads."""
    departures = departure(values, hop, window_length, stable)
    departures[np.isnan(values)] = np.nan
    scaled = np.clip(departures / lower_scale(departures, asleep), -_LIMIT, _LIMIT)
    eeg = where(columns, role="eeg")
    level = where(columns, role="emg", quantity="level")
    views = {}
    bands = _band_means(scaled, columns)
    if bands:
        views["fast"] = whitened_match(_stacked(bands), stable, tuple(bands))
    if len(level):
        views["emg"] = np.nan_to_num(mean_known(scaled[:, level], axis=1))
    if not views:  # unnamed columns: any common departure will have to do
        views["fast"] = np.nan_to_num(mean_known(scaled, axis=1))
    return _band_means(departures, columns), views, np.nan_to_num(scaled[:, eeg]), bands


def _body_views(body, columns, fast, asleep, stable, components, *, hop, window_length):
    """What heart and breath say in the seconds after each window."""
    fast = _in_spreads(fast, asleep)
    found = {
        answer.name: answer_view(
            answer, body, columns, fast, asleep, stable, hop=hop, window_length=window_length
        )
        for answer in ANSWERS
        if answer.name in components
    }
    return {name: view for name, view in found.items() if view is not None}


def _combine(views, eeg, asleep, hop, components):
    """Add the witnesses up, each with its weight."""
    late = tuple(answer.name for answer in ANSWERS)
    scaled = {
        name: _in_spreads(views[name], asleep)
        for name in COMPONENTS
        if name in views and name in components
    }
    weights = {name: 1.0 for name in scaled if name not in ("emg", *late)}
    body = {name: scaled[name] for name in ("emg", *late) if name in scaled}
    if "anchor" in components and body and eeg.shape[1]:
        anchor, trust = anchor_view(eeg, body, asleep, hop)
        scaled["anchor"] = _in_spreads(anchor, asleep) if trust > 0 else anchor
        weights["anchor"] = min(trust / _FULL_TRUST["anchor"], 1.0)
    if "direction" in scaled:
        _weigh_direction(scaled, weights, asleep, hop)
    for name in (name for name in FORESEEN if name in scaled):
        # what predicts the body is judged by the body
        other = measured_answers(scaled) if name == "predicted" else scaled.get("fast")
        weights[name] = _worth(name, scaled, other, asleep, hop)
    local = _added(weights, scaled, asleep)
    for name in body:  # EEG judges chin EMG, both judge heart and breath
        weights[name] = _worth(name, scaled, local, asleep, hop) if weights else 1.0
        if name == "emg":
            local = _added(weights, scaled, asleep)
    return _added(weights, scaled, asleep), local, scaled, weights


def _direction(bands, asleep) -> dict[str, np.ndarray]:
    view = direction_view(bands, asleep)
    return {} if view is None else {"direction": view}


def _weigh_direction(scaled, weights, asleep, hop) -> None:
    """Let the direction of other nights stand in where this night's own is worth nothing."""
    if weights.get("anchor", 0.0) > 0:
        del scaled["direction"], weights["direction"]
        return
    excess = tail_excess(scaled["direction"], asleep, hop)
    weights["direction"] = min(excess / _FULL_TRUST["direction"], 1.0)


def _worth(name, scaled, other, asleep, hop) -> float:
    """Weight of a witness: its correlation with another, beyond chance."""
    if other is None:
        return 0.0
    excess = correlation_beyond_chance(scaled[name], other, asleep, hop)
    return min(excess / _FULL_TRUST[name], 1.0)


def _added(weights, scaled, asleep) -> np.ndarray:
    """Weighted sum of witnesses, in spreads of sleep."""
    total = np.zeros(len(asleep))
    for name, weight in weights.items():
        total += weight * np.nan_to_num(scaled[name])
    if weights:
        total -= np.median(total[asleep]) if asleep.any() else 0.0
        total /= lower_scale(total, asleep)
    return total


def _in_spreads(view: np.ndarray, asleep: np.ndarray) -> np.ndarray:
    """Measure a view in spreads of what noise does in sleep, from the median of sleep."""
    known = asleep & np.isfinite(view)
    if not known.any():
        known = np.isfinite(view)
    if not known.any():
        return np.zeros(len(view))
    view = view - np.median(view[known])
    return np.clip(view / lower_scale(view, known), -_LIMIT, _LIMIT)


def _columns_used(columns, components) -> list[int]:
    """Columns that the parts look at: medians of all others would cost time and say nothing."""
    used = {*where(columns, role="eeg", quantity=_BANDS, extractor="spectral")}
    used |= {*where(columns, role="emg", quantity="level")}
    if "anchor" in components:
        used |= {*where(columns, role="eeg", extractor="spectral")}
    return sorted(int(i) for i in used) or list(range(len(columns)))


def _band_means(departures: np.ndarray, columns: list[Column]) -> dict[str, np.ndarray]:
    out = {}
    for band in _BANDS:
        at = where(columns, role="eeg", quantity=band, extractor="spectral")
        if len(at):
            out[band] = np.nan_to_num(mean_known(departures[:, at], axis=1))
    return out


def _stacked(bands: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack(list(bands.values()), axis=1)
