"""What a PSG channel is: its role, its kind of signal, and whether it can be used."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

import numpy as np
from mne.utils import logger

from ..utils.notes import add_note
from ..utils.windows import Channel

# Names are compared in lower case, without accents and without an "EEG "-like prefix.
# Clinics name channels in their own language: French and German terms stand beside
# English ones. Order matters: the first pattern that is found gives the role.
_ELECTRODE = r"(?:fp|af|fc|ft|cp|tp|po|f|c|t|p|o)(?:z|\d{1,2})"
_REFERENCE = rf"(?:m1|m2|a1|a2|m|a|ref|avg|le|lm|cle|cz|fpz|oz|{_ELECTRODE})"
_ROLE_PATTERNS = (
    (
        "misc",
        r"\bimp\b|impedan|\(imp\)|batter|voltage|volt\b|trigger|event|marker|status|annotation",
    ),
    ("misc", r"\btemp|rectal|light|licht|position|\bpos\b|posangle|elevation|activity|axis|accel"),
    ("misc", r"audio|volume|snor|ronfl|schnarch|micro|heart|rate\b|\bhr\b|pulse|pleth|\bptt\b|pwa"),
    ("spo2", r"sp?[ao]2|spo2|sao2|satur|oxym|oxim"),
    ("eog", r"\beog|^e[12]\b|^(?:loc|roc|leog|reog)\b|ocul|auge|\boeil|\byeux"),
    ("leg", r"\bleg|\btib|jambe|bein\b|\bplm|^(?:lat|rat)\b|\b(?:left|right) ?ta\b"),
    ("emg", r"\bemg|chin|menton|kinn|submen|mentalis|masseter|^[12f]-[12f]$"),
    ("ecg", r"ecg|ekg|elektrokardio"),
    (
        "resp",
        r"resp|flow|nasal|press|thora|abdo|chest|effort|\brip\b|flux|debit|sangle|canul|cannul",
    ),
    ("resp", r"atem|atmung|bauch|brust|inductance|\bcpap"),
    ("eeg", rf"^{_ELECTRODE}(?:[-_/: ]?{_REFERENCE})?$|^eeg\b"),
)
_TYPE_ROLES = {"eog": "eog", "emg": "emg", "ecg": "ecg", "resp": "resp"}
_SIGNAL_TYPES = ("eeg", "seeg", "ecog", *_TYPE_ROLES)

# Central derivations are the AASM manual's for arousals; frontal show slow waves and
# occipital alpha best.
_REGIONS = (("c", "cp", "fc"), ("f", "fp", "af"), ("o", "po"), ("p", "t", "tp", "ft"))

_PLAUSIBLE_EEG = (1e-8, 1e-2)  # V, spread of a scalp EEG or EOG with room on both sides


def plain_name(name: str) -> str:
    """Return a channel name in lower case, without accents, blanks and type prefix.

    Parameters
    ----------
    name : str
        Name as the recording has it.

    Returns
    -------
    plain : str
        Name to compare with.
    """
    with suppress(UnicodeEncodeError, UnicodeDecodeError):
        # UTF-8 that was read as Latin-1, as EDF headers often are
        name = name.encode("latin-1").decode("utf-8")
    name = unicodedata.normalize("NFKD", name)
    name = "".join(c for c in name if not unicodedata.combining(c)).lower().strip()
    name = re.sub(r"[\s_]+", " ", name)
    return re.sub(r"^eeg[ :-]+", "", name)


def guess_role(name: str) -> str | None:
    """Guess the role of a channel from its name.

    Parameters
    ----------
    name : str
        Name as the recording has it.

    Returns
    -------
    role : str | None
        ``"eeg"``, ``"eog"``, ``"emg"`` (chin), ``"leg"``, ``"ecg"``, ``"resp"``, ``"spo2"``,
        ``"misc"``, or None when the name tells nothing.
    """
    plain = plain_name(name)
    for role, pattern in _ROLE_PATTERNS:
        if re.search(pattern, plain):
            return role
    return None


def channel_roles(ch_names: list[str], ch_types: list[str]) -> dict[str, str]:
    """Give each channel its role, from its type and its name.

    Readers of EDF type every channel ``eeg``, so a name that is recognized outweighs that type;
    any other type that a user or a format has set outweighs the name.

    Parameters
    ----------
    ch_names : list of str
        Names.
    ch_types : list of str
        MNE's channel types.

    Returns
    -------
    roles : dict
        Role of each name.
    """
    guesses = [guess_role(name) for name in ch_names]
    named_eeg = "eeg" in guesses
    typed = len(set(ch_types) & set(_SIGNAL_TYPES)) > 1
    roles = {}
    for name, kind, guess in zip(ch_names, ch_types, guesses, strict=True):
        if kind in _TYPE_ROLES:
            role = "leg" if guess == "leg" and kind == "emg" else _TYPE_ROLES[kind]
        elif kind == "eeg":
            role = guess or ("eeg" if typed or not named_eeg else "misc")
        else:
            role = guess if kind in ("bio", "misc") and guess not in (None, "eeg") else "misc"
        roles[name] = role
    return roles


def select_channels(
    roles: dict[str, str], *, max_eeg: int = 3, max_eog: int = 2, max_emg: int = 1
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
        EEG, then EOG, then EMG.
    """
    eeg = [name for name, role in roles.items() if role == "eeg"]
    eeg.sort(key=_is_unreferenced)  # a derivation before the bare electrode it is made of
    chosen: list[str] = []
    for region in _REGIONS:
        chosen += [name for name in eeg if _region(name) in region][:1]
    chosen += [
        name
        for name in eeg
        if name not in chosen and _electrode(name) not in map(_electrode, chosen)
    ]
    chosen += [name for name in eeg if name not in chosen]
    names = chosen[:max_eeg]
    for role, most in (("eog", max_eog), ("emg", max_emg)):
        of_role = [name for name, r in roles.items() if r == role]
        names += sorted(of_role, key=_is_unreferenced)[:most]
    return names


def _electrode(name: str) -> str:
    return re.split(r"[-_/: ]", plain_name(name))[0]


def _region(name: str) -> str:
    return re.sub(r"(z|\d+)$", "", _electrode(name))


def _is_unreferenced(name: str) -> bool:
    return "-" not in name and "/" not in name


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
    finite = signal[np.isfinite(signal)]
    if len(finite) < 0.5 * (len(signal) if alive is None else alive) or not len(finite):
        return "not a number" if len(finite) == 0 else "not a number for most of its length"
    # a channel that is constant for nearly all of the night carries nothing either
    low, high = np.percentile(finite[:: max(len(finite) // 1_000_000, 1)], (0.5, 99.5))
    return "flat" if high - low <= 1e-12 * max(abs(low), abs(high), 1e-12) else None


def unit_factor(signal: np.ndarray, channel: Channel, recording: str) -> float:
    """Return what to multiply an EEG or EOG channel by to have volts, warning if not 1.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Signal that should be in V.
    channel : Channel
        What it is.
    recording : str
        Name of the recording, for the warning.

    Returns
    -------
    factor : float
        1, 1e-6 (microvolts were read as volts) or 1e6.
    """
    if channel.role not in ("eeg", "eog"):
        return 1.0
    finite = signal[np.isfinite(signal)]
    low, high = np.percentile(finite[:: max(len(finite) // 100_000, 1)], (16, 84))
    spread = (high - low) / 2
    for factor in (1e-6, 1e6):
        too_large, too_small = spread > _PLAUSIBLE_EEG[1], spread < _PLAUSIBLE_EEG[0]
        wrong = too_large if factor < 1 else too_small
        if wrong and _PLAUSIBLE_EEG[0] <= spread * factor <= _PLAUSIBLE_EEG[1]:
            add_note(
                "unit_guessed",
                recording,
                f"channel {channel.name} spreads over {spread:.2g} V, which no scalp "
                f"EEG does; its unit is taken to be wrong and the signal multiplied by {factor:g}.",
                channel=channel.name,
            )
            return factor
    return 1.0


def log_roles(channels: list[Channel], roles: dict[str, str], recording: str) -> None:
    """Log which channels are used as what, and which are left out.

    Parameters
    ----------
    channels : list of Channel
        Channels that are used.
    roles : dict
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
    left = [f"{name} ({role})" for name, role in roles.items() if name not in used]
    logger.info(f"{recording}: using {', '.join(map(str, channels))}")
    if left:
        logger.debug(f"{recording}: not used: {', '.join(left)}")
