"""What each channel of a recording is, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from mne.io import BaseRaw

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from .channel_names import ROLES, guess_role, net_channels, plain_name
from .signal_role import SignalLook, look_at

#: Key of ``info["temp"]``, which MNE leaves to its users, for the roles of a dataset's tables.
STATED = "mne_arousal_roles"
_TYPED = {"eog": "eog", "emg": "emg", "ecg": "ecg", "resp": "resp"}
_OF_TYPE = {"emg": ("leg", "arm"), "resp": ("effort",)}  # what a name may make of a type
_NAMED = ("bio", "misc")  # MNE's types that say nothing
_ELECTRIC = ("eeg", "eog", "emg", "leg", "arm", "ecg", "ref")
_VOLTS = ("V", "mV", "µV", "uV", "nV")
_NO_UNIT = ("n/a", "")
_ONLY_PULSE = re.compile(r"puls[eo]?|pouls|pols|polso")
_READ_AT_ONCE = 2**28  # bytes


@dataclass(frozen=True)
class ChannelRole:
    """Role of a channel.

    Parameters
    ----------
    name : str
        Name in the recording.
    role : str
        One of ``ROLES``.
    reason : str
        Why.
    guessed : bool
        Whether it was told from the signal, for want of a name or a type that says it.
    """

    name: str
    role: str
    reason: str
    guessed: bool = False


def channel_roles(
    ch_names: Sequence[str],
    ch_types: Sequence[str],
    *,
    units: Mapping[str, str] | None = None,
    stated: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, str]:
    """Give each channel its role, from its type, its unit and its name.

    Readers of EDF type every channel ``eeg``, so a name that is recognized outweighs that type;
    any other type that a user or a format has set outweighs the name. Channels whose names tell
    nothing are EEG only where no name says EEG; `recording_roles` looks at their signals too.

    Parameters
    ----------
    ch_names : list of str
        Names.
    ch_types : list of str
        MNE's channel types.
    units : dict | None
        Unit of each name, where one is known.
    stated : dict | None
        Role and reason of names about which a table says something.

    Returns
    -------
    roles : dict
        Role of each name, of ``ROLES``.
    """
    found = _known_roles(ch_names, ch_types, units or {}, stated or {})
    rest = "misc" if any(r is not None and r.role == "eeg" for r in found.values()) else "eeg"
    return {name: rest if role is None else role.role for name, role in found.items()}


def recording_roles(raw: BaseRaw) -> list[ChannelRole]:
    """Give each channel of a recording its role, from its signal where nothing else tells.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording. Signals are read only when no channel is known as EEG, and then of those
        channels alone that nothing is known about.

    Returns
    -------
    roles : list of ChannelRole
        One a channel, in their order.
    """
    found = _known_roles(raw.ch_names, raw.get_channel_types(), _units(raw), _stated(raw))
    unknown = [name for name, role in found.items() if role is None]
    if any(role is not None and role.role == "eeg" for role in found.values()):
        looks = dict.fromkeys(unknown)
    else:
        units, sfreq = _units(raw), raw.info["sfreq"]
        looks = {
            name: look_at(signal, sfreq, volts=units.get(name) in _VOLTS)
            for name, signal in _read(raw, unknown)
        }
    return [role or _from_look(name, looks[name]) for name, role in found.items()]


def roles_without_signal(raw: BaseRaw) -> dict[str, str]:
    """Give each channel of a recording its role without reading a signal.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording.

    Returns
    -------
    roles : dict
        Role of each name; ``"misc"`` where neither name, type, unit nor a table tells.
    """
    found = _known_roles(raw.ch_names, raw.get_channel_types(), _units(raw), _stated(raw))
    return {name: "misc" if role is None else role.role for name, role in found.items()}


def note_guesses(roles: list[ChannelRole], used: Sequence[str], recording: str) -> None:
    """Say which of the channels that are used have a role that was guessed.

    Parameters
    ----------
    roles : list of ChannelRole
        Roles of all channels.
    used : list of str
        Names of those that are used.
    recording : str
        Name of the recording.
    """
    guessed = [role for role in roles if role.guessed and role.name in used]
    for role in guessed:
        add_note(
            "role_guessed",
            recording,
            f"the name of channel {role.name} tells nothing; it is taken for {role.role.upper()} "
            f"because {role.reason}. Say what it is with picks={{{role.name!r}: '{role.role}'}} or "
            f"--picks {role.name}={role.role}.",
            channel=role.name,
        )


def check_picks(picks):
    """Check which channels a user picked, and that their roles are known.

    Parameters
    ----------
    picks : "auto" | list of str | dict
        Channels by name, or ``{name: role}``.

    Returns
    -------
    picks : "auto" | list of str | dict
        The same, roles in lower case.

    Raises
    ------
    RecordingError
        If a role is not known, or `picks` is no list of names.
    """
    if isinstance(picks, str):
        if picks != "auto":
            raise RecordingError(
                f"picks is 'auto', a list of channels or {{channel: role}}, not {picks!r}."
            )
        return picks
    if not isinstance(picks, Mapping):
        return list(picks)
    lowered = {name: str(role).strip().lower() for name, role in picks.items()}
    for name, role in lowered.items():
        if role not in ROLES:
            raise RecordingError(
                f"picks gives channel {name} the role {picks[name]!r}, which is not known. A role "
                f"is one of {', '.join(ROLES)}."
            )
    return lowered


def _known_roles(names, types, units, stated) -> dict[str, ChannelRole | None]:
    net = net_channels(list(names))
    found = {
        name: _known_role(name, kind, name in net, units.get(name, ""), stated.get(name))
        for name, kind in zip(names, types, strict=True)
    }
    return found | _pulse_rates(found)


def _pulse_rates(found: dict[str, ChannelRole | None]) -> dict[str, ChannelRole]:
    """Tell that a pulse beside a pulse wave is its rate, as recorders have it."""
    pulses = [name for name, role in found.items() if role is not None and role.role == "pulse"]
    plain = [name for name in pulses if _ONLY_PULSE.fullmatch(plain_name(name))]
    if len(plain) == len(pulses):
        return {}
    return {name: ChannelRole(name, "hr", "pulse beside a pulse wave") for name in plain}


def _known_role(name, kind, of_net, unit, stated) -> ChannelRole | None:
    """Tell a role without the signal; None where nothing does."""
    if stated is not None:
        return ChannelRole(name, *stated)
    guess = "eeg" if of_net else guess_role(name)
    if kind in _TYPED:
        if guess in _OF_TYPE.get(kind, ()):
            return ChannelRole(name, guess, f"type {kind}, and its name")
        return ChannelRole(name, _TYPED[kind], f"type {kind}")
    if kind != "eeg":
        if kind in _NAMED and guess not in (None, "eeg", "ref"):
            return ChannelRole(name, guess, "its name")
        return ChannelRole(name, "misc", f"type {kind}")
    if unit not in (*_VOLTS, *_NO_UNIT) and guess in (None, *_ELECTRIC):
        role = "spo2" if unit == "%" and plain_name(name) == "o2" else "misc"
        return ChannelRole(name, role, f"its unit {unit}, which no electrode has")
    if guess is None:
        return None
    return ChannelRole(name, guess, "one of a net of electrodes" if of_net else "its name")


def _from_look(name: str, look: SignalLook | None) -> ChannelRole:
    if look is None:
        return ChannelRole(name, "misc", "its name tells nothing, and others are known as EEG")
    return ChannelRole(name, look.role, f"its signal {look.reason}", guessed=True)


def _units(raw: BaseRaw) -> dict[str, str]:
    return dict(getattr(raw, "_orig_units", None) or {})


def _stated(raw: BaseRaw) -> dict[str, tuple[str, str]]:
    return dict((raw.info.get("temp") or {}).get(STATED, {}))


def _read(raw: BaseRaw, names: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Read channels, several at once: an EDF has to be read whole for each time."""
    at_once = max(_READ_AT_ONCE // (8 * raw.n_times), 1)
    for first in range(0, len(names), at_once):
        group = names[first : first + at_once]
        yield from zip(group, raw.get_data(picks=group), strict=True)
