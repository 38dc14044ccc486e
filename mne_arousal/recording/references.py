"""Which derivations to make of channels that share a reference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
from mne.io import BaseRaw
from scipy.signal import butter, sosfiltfilt

from ..utils.errors import RecordingError
from .channel_names import Derivation, guess_role, is_chin, parse_derivation, plain_name
from .derived import Derived, by_short_name, derive

_LEFT, _RIGHT = ("m1", "a1"), ("m2", "a2")
# Over the frontalis muscle, whose activity is then in every channel
FRONTAL = ("fpz", "fp1", "fp2", "afz", "af3", "af4", "af7", "af8")
_POSTERIOR = re.compile(r"(?:o|po|p)(?:z|\d{1,2})")
MASTOID_SITES = {"tp9": "m1", "tp10": "m2"}
_AWAY = re.compile(r"(?:f|c|p|o)(?:z|\d{1,2})")
_SCALP = re.compile(r"[fctpo]")
_CHIN_SIDE = re.compile(
    r"(?:emg[ -]?)?(?:(?P<stem>chin|ment\w*|kinn|submen\w*)[ -]?(?P<after>[12]|[lr]|left|right)"
    r"|(?P<before>[lr]|left|right)[ -]?(?P<stem2>chin|ment\w*|kinn|submen\w*))(?:-ref)?"
)
_EMG_SIDE = re.compile(r"(?:emg[ -]?)*(?P<side>[12])(?:-ref)?")
_SIDES = {"1": 0, "l": 0, "left": 0, "2": 1, "r": 1, "right": 1}
_SHARED_BAND = (0.5, 10.0)  # Hz: under what muscle has, where brain and eyes are strongest
_SHARED = 0.5  # correlation of two muscles that share a reference; muscles alone have next to none
_SHARED_LENGTH = 1800.0  # s that are enough to tell


def check_reference(reference):
    """Check what a user asked for.

    Parameters
    ----------
    reference : "auto" | None | dict
        As in :class:`mne_arousal.PSGWindower`.

    Returns
    -------
    reference : "auto" | None | dict
        The same, each reference a tuple of names.

    Raises
    ------
    RecordingError
        If it is none of these.
    """
    if reference is None or (isinstance(reference, str) and reference == "auto"):
        return reference
    if not isinstance(reference, Mapping) or not reference:
        raise RecordingError(
            "reference is 'auto', None or {channel: reference}, as {'C3': 'M2', 'C4': 'M1'}; got "
            f"{reference!r}."
        )
    return {
        str(channel): (other,) if isinstance(other, str) else tuple(map(str, other))
        for channel, other in reference.items()
    }


def plan_references(
    roles: Mapping[str, str], reference, recording: str, raw: BaseRaw | None = None
) -> dict[str, Derived]:
    """Tell which derivations to make.

    Parameters
    ----------
    roles : dict
        Role of each channel that can be used.
    reference : "auto" | None | dict
        ``"auto"`` derives scalp electrodes against the mastoid or ear of the other side, eyes
        against the right one, and one chin electrode against another, where both are channels of
        the recording and no channel is that derivation already.
    recording : str
        Name of the recording, for errors.
    raw : mne.io.BaseRaw | None
        The recording, to tell whether two EMG channels share a reference; None doesn't look.

    Returns
    -------
    derived : dict
        Derivation of each name.
    """
    reference = check_reference(reference)
    if reference is None:
        return {}
    if isinstance(reference, dict):
        found = list(_asked(roles, reference, recording))
    else:
        found = [*_against_ears(roles), *_between_chins(roles, raw)]
        if not any(d.role == "eeg" for d in found):
            found += _away_from_frontalis(roles)
    return {derived.name: derived for derived in found}


def frontal_reference(roles: Mapping[str, str]) -> bool:
    """Tell whether all EEG is recorded against an electrode over the frontalis muscle.

    Parameters
    ----------
    roles : dict
        Role of each channel.

    Returns
    -------
    frontal : bool
        False without EEG, too.
    """
    stated = [parse_derivation(name) for name, role in roles.items() if role == "eeg"]
    return bool(stated) and all(d is not None and d.reference in FRONTAL for d in stated)


def _asked(roles, reference, recording) -> Iterator[Derived]:
    known = by_short_name(roles)
    for channel, others in reference.items():
        for name in (channel, *others):
            if name.lower() not in known:
                raise RecordingError(
                    f"has no channel {name!r} to make {channel}-{'+'.join(others)} of. It has: "
                    f"{', '.join(roles)}. Change reference= (--reference).",
                    recording,
                )
        base = known[channel.lower()]
        role = roles[base] if roles[base] in ("eeg", "eog", "emg") else guess_role(channel)
        yield derive(base, *(known[name.lower()] for name in others), role=role or "eeg")


def _stated(roles, role: str) -> dict[str, Derivation]:
    parsed = {name: parse_derivation(name) for name, r in roles.items() if r == role}
    return {name: derivation for name, derivation in parsed.items() if derivation is not None}


def _against_ears(roles) -> Iterator[Derived]:
    ears = {d: name for name, d in _stated(roles, "ref").items()} or _behind_ears(roles)
    for role in ("eeg", "eog"):
        parsed = _stated(roles, role)
        made = {d.electrode for d in parsed.values() if d.reference in (*_LEFT, *_RIGHT, "ears")}
        for name, derivation in parsed.items():
            if derivation.electrode in made or derivation.electrode in MASTOID_SITES:
                continue
            for ear in _ears_for(derivation.electrode, role):
                # both against the same electrode, or both against what the recorder calls common
                other = ears.get(Derivation(ear, derivation.reference))
                if other is not None:
                    made.add(derivation.electrode)
                    yield derive(name, other, role=role)
                    break


def _behind_ears(roles) -> dict[Derivation, str]:
    """Take TP9 and TP10, which caps have over the mastoids, where there are no others."""
    eeg = _stated(roles, "eeg")
    if not over_mastoids(eeg):
        return {}
    return {
        Derivation(MASTOID_SITES[d.electrode], d.reference): name
        for name, d in eeg.items()
        if d.electrode in MASTOID_SITES
    }


def over_mastoids(names) -> list[str]:
    """Name electrodes over the mastoids, beside which others are farther from them.

    Parameters
    ----------
    names : iterable of str
        Channels of EEG.

    Returns
    -------
    found : list of str
        Empty for a headband, whose best electrodes TP9 and TP10 are.
    """
    electrodes = {name: d.electrode for name in names if (d := parse_derivation(name)) is not None}
    if not any(_AWAY.fullmatch(electrode) for electrode in electrodes.values()):
        return []
    return [name for name, electrode in electrodes.items() if electrode in MASTOID_SITES]


def _ears_for(electrode: str, role: str) -> tuple[str, ...]:
    if role == "eog":
        return _RIGHT
    if not _SCALP.match(electrode):  # of a net
        return ()
    number = re.sub(r"\D", "", electrode)
    if not number:  # on the midline
        return (*_LEFT, *_RIGHT)
    return _RIGHT if int(number) % 2 else _LEFT


def _between_chins(roles, raw) -> Iterator[Derived]:
    muscles = [name for name, role in roles.items() if role == "emg"]
    if any(re.search(r"[-/:](?!ref\b)", plain_name(name)) for name in muscles):
        return  # one is a derivation already
    pair = _pair(muscles, _CHIN_SIDE)
    if pair is None and not any(is_chin(name) for name in muscles):
        pair = _pair(muscles, _EMG_SIDE)
        # EMG1 and EMG2 may as well be chin and leg: their signals have to tell
        if pair is not None and (raw is None or not _share_reference(raw, pair)):
            pair = None
    if pair is not None:
        yield derive(*pair, role="emg")


def _pair(names, pattern) -> tuple[str, str] | None:
    sides: dict[tuple[str, int], str] = {}
    for name in names:
        match = pattern.fullmatch(plain_name(name))
        if match:
            groups = match.groupdict()
            side = groups.get("side") or groups.get("after") or groups.get("before")
            stem = groups.get("stem") or groups.get("stem2") or ""
            sides.setdefault((stem, _SIDES[side]), name)
    for stem, _ in sides:
        if (stem, 0) in sides and (stem, 1) in sides:
            return sides[stem, 0], sides[stem, 1]
    return None


def _share_reference(raw: BaseRaw, pair: tuple[str, str]) -> bool:
    sfreq = raw.info["sfreq"]
    n = min(raw.n_times, int(_SHARED_LENGTH * sfreq))
    if _SHARED_BAND[1] >= 0.45 * sfreq:
        return False
    start = (raw.n_times - n) // 2
    data = np.nan_to_num(raw.get_data(picks=list(pair))[:, start : start + n])
    if (np.ptp(data, axis=1) == 0).any():
        return False
    sos = butter(2, _SHARED_BAND, "bandpass", fs=sfreq, output="sos")
    return float(np.corrcoef(sosfiltfilt(sos, data))[0, 1]) > _SHARED


def _away_from_frontalis(roles) -> Iterator[Derived]:
    """Lead the brain against the back of the head, where everything is against the forehead."""
    if not frontal_reference(roles):
        return
    parsed = _stated(roles, "eeg")
    for name, derivation in parsed.items():
        if derivation.electrode in FRONTAL or _POSTERIOR.fullmatch(derivation.electrode):
            continue
        other = _opposite(derivation, parsed)
        if other is not None:
            yield derive(name, other, role="eeg")


def _opposite(derivation: Derivation, parsed) -> str | None:
    """Name the electrode at the back, on the other side first, with the same reference."""
    left = _ears_for(derivation.electrode, "eeg")[0] == "m2"
    for area in ("o", "po", "p"):
        for side in ("2468" if left else "1357", "z", "13572468"):
            for name, other in parsed.items():
                same = other.reference == derivation.reference
                if same and re.fullmatch(f"{area}[{side}]0?", other.electrode):
                    return name
    return None
