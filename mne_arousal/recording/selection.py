"""Which channels of a recording detection uses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .channel_names import is_chin, parse_derivation, plain_name
from .references import FRONTAL, over_mastoids

# Central derivations are the AASM manual's for arousals; frontal show slow waves and
# occipital alpha best.
_REGIONS = (("c", "cp", "fc"), ("f", "fp", "af"), ("o", "po"), ("p", "t", "tp", "ft"))
_FOREHEAD = 3  # the last rank
_EARS = ("m1", "m2", "a1", "a2", "ears")


def select_channels(
    roles: Mapping[str, str], *, max_eeg: int = 3, max_eog: int = 2, max_emg: int = 1
) -> list[str]:
    """Choose the channels that detection uses.

    Parameters
    ----------
    roles : dict
        Role of each channel name.
    max_eeg, max_eog, max_emg : int
        Most channels of each role. Three EEG channels, one per region (central, frontal,
        occipital), are what the AASM manual records; more cost time and add little.

    Returns
    -------
    names : list of str
        EEG, then EOG, then EMG. Derivations come before the bare electrodes that they are made of,
        those against mastoids or ears before others, and a chin before other muscle. What is led
        against the forehead is used only where there is nothing else.
    """
    eeg = sorted((name for name, role in roles.items() if role == "eeg"), key=_rank)
    near_ears = over_mastoids(eeg)
    eeg = [name for name in _away_from_forehead(_without_led(eeg)) if name not in near_ears]
    chosen: list[str] = []
    for region in _REGIONS:
        chosen += [name for name in eeg if _region(name) in region][:1]
    chosen += [
        name
        for name in eeg
        if name not in chosen and _electrode(name) not in map(_electrode, chosen)
    ]
    chosen += [name for name in eeg if name not in chosen]
    eog = sorted((name for name, role in roles.items() if role == "eog"), key=_rank)
    emg = [name for name, role in roles.items() if role == "emg"]
    emg.sort(key=lambda name: (not is_chin(name), _is_bare(name)))
    return chosen[:max_eeg] + _without_led(eog)[:max_eog] + emg[:max_emg]


def _without_led(names: list[str]) -> list[str]:
    """Leave out bare electrodes that one of the derivations leads already."""
    led = {_electrode(name) for name in names if not _is_bare(name)}
    return [name for name in names if not _is_bare(name) or _electrode(name) not in led]


def _away_from_forehead(names: list[str]) -> list[str]:
    """Leave out what is led against the frontalis muscle, where there is anything else."""
    return [name for name in names if _rank(name) < _FOREHEAD] or names


def _rank(name: str) -> int:
    derivation = parse_derivation(name)
    reference = None if derivation is None else derivation.reference
    if reference in _EARS:
        return 0
    if reference in FRONTAL:
        return _FOREHEAD
    return 2 if _is_bare(name) else 1


def _is_bare(name: str) -> bool:
    derivation = parse_derivation(name)
    if derivation is not None and derivation.reference is not None:
        return False
    return not re.search(r"[-/:](?!ref\b)", plain_name(name))


def _electrode(name: str) -> str:
    derivation = parse_derivation(name)
    if derivation is not None:
        return derivation.electrode
    return re.split(r"[-_/: ]", plain_name(name))[0]


def _region(name: str) -> str:
    return re.sub(r"(z|\d+h?)$", "", _electrode(name))
