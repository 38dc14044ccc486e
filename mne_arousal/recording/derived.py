"""Channels that are the difference of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from mne.io import BaseRaw

from .channel_names import guess_role, short_name


@dataclass(frozen=True)
class Derived:
    """A channel that is the difference of others.

    Parameters
    ----------
    name : str
        ``"C3-M2"``.
    role : str
        Its role.
    channel : str
        Name in the recording of the channel that is led.
    references : tuple of str
        Names of those whose mean is subtracted.
    """

    name: str
    role: str
    channel: str
    references: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Channels of the recording that it is made of."""
        return (self.channel, *self.references)


def find_derivation(name: str, ch_names: Iterable[str]) -> Derived | None:
    """Tell of which channels a derivation is made, from its name.

    Parameters
    ----------
    name : str
        ``"C3-M2"`` or ``"C3-(M1+M2)"``.
    ch_names : iterable of str
        Channels of the recording.

    Returns
    -------
    derived : Derived | None
        None where they don't hold its electrodes.
    """
    known = by_short_name(ch_names)
    for sign in re.finditer("-", name):
        channel = name[: sign.start()].lower()
        others = name[sign.end() :].strip("()").lower().split("+")
        if channel in known and all(other in known for other in others):
            references = tuple(known[other] for other in others)
            return Derived(name, guess_role(name) or "misc", known[channel], references)
    return None


def derivations_of(names: Iterable[str], ch_names: Sequence[str]) -> dict[str, Derived]:
    """Tell which names are derivations of channels, and of which.

    Parameters
    ----------
    names : iterable of str
        Channels and derivations.
    ch_names : list of str
        Channels of the recording.

    Returns
    -------
    derived : dict
        Derivation of each name that is one.
    """
    found = {name: find_derivation(name, ch_names) for name in names if name not in ch_names}
    return {name: derived for name, derived in found.items() if derived is not None}


def sources_of(names: Iterable[str], derived: Mapping[str, Derived]) -> list[str]:
    """Name the channels of a recording that channels and derivations are made of.

    Parameters
    ----------
    names : iterable of str
        Channels and derivations.
    derived : dict
        Derivation of each name that is one.

    Returns
    -------
    sources : list of str
        Each once.
    """
    made = (derived[name].sources if name in derived else (name,) for name in names)
    return list(dict.fromkeys(source for sources in made for source in sources))


def read_derived(
    raw: BaseRaw,
    names: list[str],
    derived: Mapping[str, Derived],
    judge: Callable[[np.ndarray], str | None] = lambda signal: None,
) -> tuple[np.ndarray, dict[str, str]]:
    """Read channels of a recording, and make those that are derivations.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording.
    names : list of str
        Channels and derivations.
    derived : dict
        Derivation of each name that is one.
    judge : callable
        Tells why a channel as it was recorded can't be used, or None.

    Returns
    -------
    data : array, shape (n_channels, n_times)
        V; samples that are no number are NaN.
    bad : dict
        Why channels of the recording can't be used.
    """
    sources = sources_of(names, derived)
    data = raw.get_data(picks=sources)
    data[~np.isfinite(data)] = np.nan
    reasons = {source: judge(data[i]) for i, source in enumerate(sources)}
    bad = {source: reason for source, reason in reasons.items() if reason}
    return subtract_references(data, sources, names, derived), bad


def subtract_references(
    data: np.ndarray, sources: list[str], names: list[str], derived: Mapping[str, Derived]
) -> np.ndarray:
    """Make derivations of channels that were read.

    Parameters
    ----------
    data : array, shape (n_sources, n_times)
        Channels of the recording, V.
    sources : list of str
        Their names.
    names : list of str
        Channels and derivations to return.
    derived : dict
        Derivation of each name that is one.

    Returns
    -------
    data : array, shape (n_channels, n_times)
        V.
    """
    if sources == names:
        return data
    place = {source: i for i, source in enumerate(sources)}
    out = np.empty((len(names), data.shape[1]), dtype=data.dtype)
    for i, name in enumerate(names):
        if name not in derived:
            out[i] = data[place[name]]
            continue
        others = [place[other] for other in derived[name].references]
        out[i] = data[place[derived[name].channel]] - data[others].mean(axis=0)
    return out


def recorded_channels(names: Iterable[str], ch_names: list[str]) -> tuple[str, ...]:
    """Name the channels of a recording that stand for channels or derivations.

    Parameters
    ----------
    names : iterable of str
        Channels and derivations.
    ch_names : list of str
        Channels of the recording.

    Returns
    -------
    recorded : tuple of str
        A derivation's own electrode stands for it.
    """
    found: dict[str, None] = {}
    for name in names:
        derived = None if name in ch_names else find_derivation(name, ch_names)
        found[name if derived is None else derived.channel] = None
    return tuple(name for name in found if name in ch_names)


def by_short_name(ch_names: Iterable[str]) -> dict[str, str]:
    """Find channels by their names with and without prefix and reference.

    Parameters
    ----------
    ch_names : iterable of str
        Channels of the recording.

    Returns
    -------
    known : dict
        Channel of each name, in lower case.
    """
    known: dict[str, str] = {}
    for name in ch_names:
        known.setdefault(name.lower(), name)
    for name in ch_names:
        known.setdefault(short_name(name).lower(), name)
    return known


def derive(channel: str, *references: str, role: str) -> Derived:
    """Name a derivation.

    Parameters
    ----------
    channel : str
        Channel of the recording that is led.
    *references : str
        Those whose mean is subtracted.
    role : str
        Its role.

    Returns
    -------
    derived : Derived
        The derivation.
    """
    shorts = [short_name(other) for other in references]
    second = shorts[0] if len(shorts) == 1 else f"({'+'.join(shorts)})"
    return Derived(f"{short_name(channel)}-{second}", role, channel, references)
