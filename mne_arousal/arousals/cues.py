"""Cues: what speaks for and against a candidate beside its score."""

from __future__ import annotations

import numpy as np

# Natural logarithms of power, 5 and 10 dB: an arousal raises fast activity and lowers or spares
# delta; a movement raises both ends of the spectrum, by sway of the leads and by muscle.
SWAY = 1.15
MUSCLE = 2.3
EMG_RISE = 2.0  # spreads of chin EMG, over 1 s: asked of arousals in REM sleep (AASM)
ANSWERED = 1.0  # spreads at which a witness is said to have answered
# Of sway and muscle: arousals that begin with a delta burst and raise the chin EMG reach half of
# both; a movement reaches all of both.
_LEAST_MOVEMENT, _MOST_MOVEMENT = 0.6, 1.6
_SPINDLE = 0.3  # natural logarithm of power under which theta, alpha and beta are no rival of sigma
_SHIFT = 1.25  # spreads of fast EEG; chin EMG alone makes no arousal
_SHORT = 5.0  # s; the extents of bursts under 3 s reach up to here
_BODY_RANGE = (-2.0, 3.0)  # spreads; more says no more
_FULL_WEIGHT = 0.25  # weight of heart or breath on a night from which on their cue counts in full
_BODY_SECONDS = 3.0  # s from the start of a candidate in which the body's answer is looked up
_WEAK_SCORE = 6.5  # under which evidence without a heart to confirm it is doubted
_STRONG_SHARE = 1 / 3  # of what "no heart" says under that score, it says for what lies above
_ASLEEP = 4 / 36  # share of epochs of brief sleep that are sleep (stages/gates.py)
_UNTOLD = 0.7  # of what movement says is lost where no heart tells which movements wake the sleeper

# Natural logarithm of the odds that a cue adds. Those of length, fast EEG, heart and breath were
# fitted to simulated nights (doc/benchmarks/arousals/cues.py), the others are given. Spindles and
# candidates in REM sleep without a rise of the chin EMG are against the definition of an arousal
# (AASM); simulated nights hold too few of them to measure how much. Deep sleep has some third of
# the arousals of the other stages (Bonnet et al. 2007, J. Clin. Sleep Med. 3:133). Simulated
# movements are never arousals, and a fit gives -8; those of people often are: of seven in the sleep
# of SC4001 that stand out, U-Net v2 calls all seven arousals or awakenings. Simulated sleep is
# quieter than that of people, and a fit gives 3 for "no heart".
LOG_ODDS = {
    "movement": -5.0,
    "short": -0.31,
    "spindle": -1.0,
    "no chin EMG in REM sleep": -1.0,
    "no shift of the EEG": -1.49,
    "deep sleep": -1.0,
    "no heart": 6.0,
    "heart": 0.13,
    "breath": 0.09,
}


def measure_cues(
    parts: dict[str, np.ndarray],
    inside: slice,
    atonia: np.ndarray,
    hop: float,
    weights: dict[str, float] | None = None,
    *,
    score: float = _WEAK_SCORE,
    context: dict[str, np.ndarray] | None = None,
) -> dict[str, float]:
    """Measure the cues of a candidate.

    Parameters
    ----------
    parts : dict of array, shape (n_windows,)
        As in `Evidence`.
    inside : slice
        Windows of the candidate.
    atonia : array of bool, shape (n_windows,)
        Windows of REM sleep.
    hop : float
        Time between windows, s.
    weights : dict of float | None
        Weight of each witness on this night, as in `Evidence`: heart and breath count for less
        where they are worth little. None takes them to be worth all.
    score : float
        How far the candidate stands out, in spreads of quiet sleep. On nights whose heart does not
        answer the EEG, the score has to tell more: nothing confirms weak evidence.
    context : dict of array of bool, shape (n_windows,) | None
        Windows of ``"deep sleep"`` and ``"brief sleep"``; what is not known is left out.

    Returns
    -------
    cues : dict of float
        Size of each cue, 0 where it says nothing; cues whose channels are missing are left out.
    """
    mean = {name: float(np.mean(x[inside])) for name, x in parts.items()}
    cues = {"short": max(_SHORT - (inside.stop - inside.start) * hop, 0.0)}
    untold = 1.0 - _worth("heart", weights)
    muscle = mean.get("gamma", mean.get("beta"))
    if muscle is not None and "delta" in mean:
        both = min(mean["delta"] / SWAY, muscle / MUSCLE)
        size = float(np.clip(both, _LEAST_MOVEMENT, _MOST_MOVEMENT)) - _LEAST_MOVEMENT
        cues["movement"] = size * (1.0 - _UNTOLD * untold)
    if "sigma" in mean:
        others = max(*(mean.get(band, 0.0) for band in ("theta", "alpha", "beta")), _SPINDLE)
        cues["spindle"] = max(mean["sigma"] - others, 0.0)
    if "fast" in mean:
        cues["no shift of the EEG"] = max(_SHIFT - mean["fast"], 0.0)
    for name, windows in (context or {}).items():
        cues[name] = float(np.mean(windows[inside]))
    if "brief sleep" in cues:  # a heart that answers tells arousals from blinks
        cues["brief sleep"] *= untold
    if weights is not None:
        above = float(np.log(score / _WEAK_SCORE))
        cues["no heart"] = untold * (above if above < 0 else above * _STRONG_SHARE)
    if "emg" in parts:
        missing = max(EMG_RISE - _highest_second(parts["emg"][inside], hop), 0.0)
        cues["no chin EMG in REM sleep"] = float(np.mean(atonia[inside])) * missing
    soon = slice(inside.start, inside.start + max(round(_BODY_SECONDS / hop), 1))
    for name in ("heart", "breath"):
        if name in parts and np.isfinite(parts[name][soon]).any():
            size = float(np.clip(np.nanmean(parts[name][soon]), *_BODY_RANGE))
            cues[name] = size * _worth(name, weights)
    return cues


def _worth(name: str, weights: dict[str, float] | None) -> float:
    """How much of a witness counts on this night, 0 to 1."""
    return 1.0 if weights is None else min(weights.get(name, 0.0) / _FULL_WEIGHT, 1.0)


def cue_log_odds(cues: dict[str, float]) -> dict[str, float]:
    """Turn cues into what they add to the log odds of an arousal.

    Parameters
    ----------
    cues : dict of float
        As `measure_cues` returns them.

    Returns
    -------
    log_odds : dict of float
        Natural logarithm of odds; negative speaks against an arousal.
    """
    return {name: LOG_ODDS[name] * size for name, size in cues.items() if name in LOG_ODDS}


def chance_of_sleep(brief_sleep):
    """Tell how likely a candidate lies in sleep, which an arousal needs.

    Parameters
    ----------
    brief_sleep : float or array
        The cue of that name.

    Returns
    -------
    probability : float or array
        1 where nothing speaks against sleep.
    """
    return 1.0 - (1.0 - _ASLEEP) * brief_sleep


def doubt_of_sleep(log_odds: dict[str, float], cues: dict[str, float]) -> dict[str, float]:
    """Tell what it takes from the log odds that a candidate may lie in wake.

    Parameters
    ----------
    log_odds : dict of float
        Natural logarithm of odds that evidence and cues add, were it sleep.
    cues : dict of float
        As `measure_cues` returns them.

    Returns
    -------
    log_odds : dict of float
        ``"brief sleep"``: what is left is the odds of an arousal times the chance of sleep. Empty
        where nothing speaks against sleep.
    """
    asleep = chance_of_sleep(cues.get("brief sleep", 0.0))
    if asleep == 1.0:
        return {}
    # p / (1 - p) with p = asleep * odds / (1 + odds)
    odds = np.exp(sum(log_odds.values()))
    return {"brief sleep": float(np.log(asleep) - np.log1p(odds * (1.0 - asleep)))}


def band_of_change(parts: dict[str, np.ndarray], inside: slice) -> str:
    """Name the band of the EEG that rises most.

    Parameters
    ----------
    parts : dict
        As in `Evidence`.
    inside : slice
        Windows of the event.

    Returns
    -------
    band : str
        ``"theta"``, ``"alpha"`` or ``"beta"``; empty without bands.
    """
    rises = {
        band: float(np.mean(parts[band][inside]))
        for band in ("theta", "alpha", "beta")
        if band in parts
    }
    return max(rises, key=lambda band: rises[band]) if rises else ""


def what_answered(
    parts: dict[str, np.ndarray], inside: slice, cues: dict[str, float], hop: float
) -> str:
    """Say which witnesses show an event.

    Parameters
    ----------
    parts : dict
        As in `Evidence`.
    inside : slice
        Windows of the event.
    cues : dict of float
        As `measure_cues` returns them.
    hop : float
        Time between windows, s.

    Returns
    -------
    kind : str
        ``"eeg"``, ``"eeg+emg"``, ``"eeg+heart"``, ``"eeg+emg+heart+breath"`` and the like.
    """
    answered = ["eeg"]
    if "emg" in parts and _highest_second(parts["emg"][inside], hop) > EMG_RISE:
        answered.append("emg")
    answered += [name for name in ("heart", "breath") if cues.get(name, 0.0) > ANSWERED]
    return "+".join(answered)


def describe_cues(log_odds: dict[str, float]) -> str:
    """Write down what spoke for and against a candidate, the strongest first.

    Parameters
    ----------
    log_odds : dict of float
        Natural logarithm of odds that each cue adds.

    Returns
    -------
    text : str
        Such as ``"evidence +3.1; heart +0.4; movement -2.2"``.
    """
    spoken = sorted(log_odds.items(), key=lambda item: -abs(item[1]))
    return "; ".join(f"{name} {value:+.1f}" for name, value in spoken if abs(value) >= 0.05)


def _highest_second(level: np.ndarray, hop: float) -> float:
    second = max(round(1.0 / hop), 1)
    if len(level) < second:
        return 0.0
    return float(np.convolve(level, np.ones(second) / second, mode="valid").max())
