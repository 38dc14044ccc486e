"""Reading a recording: its channels checked, filtered and brought to one rate."""

from __future__ import annotations

import warnings
from pathlib import Path

import mne
import numpy as np
from mne.io import BaseRaw
from mne.utils import logger, use_log_level

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from ..utils.windows import Channel
from .body_channels import append_channels, load_body_channels
from .channels import log_roles, signal_kind, unit_factor, unusable_reason
from .channels_table import apply_channels_table, find_channels_table
from .derived import read_derived
from .montage import Choice, Montage

MIN_DURATION = 300.0  # s; less holds no baseline to compare an arousal with

_HIGHPASS = {"eeg": 0.3, "eog": 0.3, "emg": 10.0}  # Hz, as the AASM manual recommends
_MNE_TYPES = {"eeg": "eeg", "eog": "eog", "emg": "emg", "ecg": "ecg", "resp": "resp"}


def read_recording(source) -> tuple[BaseRaw, str]:
    """Open a recording.

    Parameters
    ----------
    source : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
        A Raw is passed on as it is; a path may be in any format that MNE reads.

    Returns
    -------
    raw : mne.io.BaseRaw
        The recording, its data not loaded when it came from a path.
    name : str
        Name to call it by.

    Raises
    ------
    RecordingError
        If there is no such file, or it can't be read, or it is cut short.
    TypeError
        If `source` is nothing that holds a recording.
    """
    if isinstance(source, BaseRaw):
        paths = [p for p in source.filenames if p is not None]
        return source, Path(paths[0]).stem if paths else "recording"
    if hasattr(source, "fpath") and hasattr(source, "datatype"):  # a BIDSPath
        path, name = Path(source.fpath), source.basename
        reader = _read_bids
    elif isinstance(source, str | Path):
        path, name = Path(source), Path(source).stem
        reader = mne.io.read_raw
    else:
        raise TypeError(
            "A recording is an mne.io.Raw, a path or a BIDSPath, or a list of these; "
            f"got {type(source).__name__}."
        )
    if not path.exists():
        raise RecordingError(f"there is no file {path}. Check the path.", name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            raw = _read_any_encoding(reader, source if reader is _read_bids else path)
        except (ValueError, OSError, RuntimeError, LookupError, ArithmeticError) as error:
            raise RecordingError(
                f"can't be read as {path.suffix or 'a recording'} ({_first_line(error)}). "
                "Check that the file is whole and of the format that its name says.",
                name,
            ) from error
    for message in {str(w.message) for w in caught}:
        if "does not match the file size" in message:
            raise RecordingError(
                "the file holds fewer data than its header says: it is cut short or was never "
                "closed. Copy it again, or repair its header.",
                name,
            )
        logger.debug(f"{name}: {message}")
    if reader is _read_bids:
        table = find_channels_table(source)
        if table is not None:
            apply_channels_table(raw, table, name)
    return raw, name


def _read_any_encoding(reader, source) -> BaseRaw:
    """Read a recording whose EDF+ annotations are in UTF-8, as they should, or in Latin-1."""
    try:
        return reader(source, verbose="warning")
    except Exception as error:
        # for other encodings MNE raises an Exception of no narrower class
        if type(error) is not Exception or "invalid byte" not in str(error):
            raise
    return reader(source, verbose="warning", encoding="latin1")


def _read_bids(source, verbose, **extra_params):
    from mne_bids import read_raw_bids

    # channels.tsv is read by `apply_channels_table`, which asks for no order
    return read_raw_bids(source, extra_params=extra_params, on_ch_mismatch="warn", verbose=verbose)


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")


def load_channels(
    source,
    *,
    picks="auto",
    reference="auto",
    sfreq: float | None = 100.0,
    min_duration: float = MIN_DURATION,
    body: bool = False,
) -> tuple[BaseRaw, list[Channel], str]:
    """Read, check, filter and resample the channels of a recording that detection uses.

    Parameters
    ----------
    source : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
        The recording, which is not changed.
    picks : "auto" | list of str | dict
        Channels by name, or ``{name: role}`` to overrule the role that a name suggests; ``"auto"``
        takes up to three EEG, two EOG and one chin EMG channel.
    reference : "auto" | None | dict
        Derivations to make, as in :class:`mne_arousal.PSGWindower`.
    sfreq : float | None
        Rate to resample to, Hz; None keeps the recording's own.
    min_duration : float
        Shortest recording, s.
    body : bool
        Whether to add heart, breath, legs, oxygen and position, unfiltered. Those that `picks`
        names are taken; where it names none, they are chosen by types and names.

    Returns
    -------
    raw : mne.io.BaseRaw
        New Raw with these channels alone, loaded; samples of gaps (NaN) stay NaN.
    channels : list of Channel
        What each is.
    name : str
        Name of the recording.

    Raises
    ------
    RecordingError
        If the recording is too short, has no usable EEG channel or lacks a picked one.
    """
    original, name = read_recording(source)
    duration = original.n_times / original.info["sfreq"]
    if duration < min_duration:
        raise RecordingError(
            f"lasts {duration:.0f} s, and at least {min_duration:.0f} s are needed to know what "
            "its stable sleep looks like.",
            name,
        )
    montage = Montage(original, picks, reference, name)
    of_body = montage.body_channels() if body else {}
    raw, choice = _load_usable(montage, name, list(of_body))
    roles_used = choice.roles
    channels = []
    for i, ch in enumerate(raw.ch_names):
        kind = signal_kind(raw._data[i], raw.info["sfreq"]) if roles_used[ch] == "emg" else "raw"
        channels.append(Channel(roles_used[ch], ch, kind))
        factor = unit_factor(raw._data[i], channels[-1], name)
        if factor != 1.0:
            raw._data[i] *= factor
    with warnings.catch_warnings():
        # a type set by role may not fit the unit that the file gave
        warnings.filterwarnings("ignore", message="The unit for channel")
        types = {c.name: _MNE_TYPES.get(c.role, "misc") for c in channels}
        raw.set_channel_types(types, verbose="error")
    montage.tell(choice)
    log_roles(channels, montage.roles, name)
    _filter_and_resample(raw, channels, sfreq)
    if body:
        data, found = load_body_channels(original, of_body, raw, name)
        append_channels(raw, data, found)
        channels += found
        montage.tell_guesses([channel.name for channel in found])
    return raw, channels, name


def _load_usable(montage: Montage, recording: str, left_out: list[str]) -> tuple[BaseRaw, Choice]:
    """Load the chosen channels; drop flat and missing ones, taking others where there are."""
    dropped = list(left_out)
    while True:
        choice = montage.choose(dropped)
        if "eeg" not in choice.roles.values():
            raise RecordingError(_no_eeg(montage, dropped), recording)
        raw, bad = _copy_channels(montage.raw, choice, recording)
        for ch, reason in bad.items():
            text = f"channel {ch} is {reason}; it is left out."
            add_note("channel_dropped", recording, text, channel=ch)
        if not bad:
            return raw, choice
        dropped += bad


def _no_eeg(montage: Montage, dropped: list[str]) -> str:
    if any(role.role == "eeg" and role.name in dropped for role in montage.roles):
        return "no EEG channel is left that can be used."
    found = "; ".join(f"{role.name}: {role.role}, {role.reason}" for role in montage.roles)
    return (
        "has no channel that is known as EEG. Name one with picks={'NAME': 'eeg'} "
        f"(--picks NAME=eeg). Its channels are taken for: {found}."
    )


def _copy_channels(
    original: BaseRaw, choice: Choice, recording: str
) -> tuple[BaseRaw, dict[str, str]]:
    """Load some channels into a new Raw without touching, or wholly loading, the original.

    Also tell which channels of the original can't be used, and why.
    """
    try:
        data, bad = read_derived(original, choice.names, choice.derived, unusable_reason)
    except (ValueError, OSError, RuntimeError) as error:
        raise RecordingError(
            f"its data can't be read ({_first_line(error)}). The file may be cut short.", recording
        ) from error
    fresh = mne.create_info(choice.names, original.info["sfreq"], "misc")
    with use_log_level("error"):
        raw = mne.io.RawArray(data, fresh, first_samp=0, copy=None)
        raw.set_meas_date(original.info["meas_date"])
    return raw, bad


def _filter_and_resample(raw: BaseRaw, channels: list[Channel], sfreq: float | None) -> None:
    gaps = np.isnan(raw._data)
    for i in np.flatnonzero(gaps.any(axis=1)):  # a filter would spread NaN over the night
        good = np.flatnonzero(~gaps[i])
        bad = np.flatnonzero(gaps[i])
        raw._data[i, bad] = np.interp(bad, good, raw._data[i, good])
    for role, low in _HIGHPASS.items():
        picks = [c.name for c in channels if c.role == role and c.kind == "raw"]
        if picks and low < 0.8 * raw.info["sfreq"] / 2:
            raw.filter(
                low,
                None,
                picks=picks,
                method="iir",
                iir_params={"order": 2, "ftype": "butter"},
                verbose="error",
            )
    old = raw.info["sfreq"]
    if sfreq is not None and sfreq != old:
        raw.resample(sfreq, method="polyphase", verbose="error")
    if gaps.any():
        at = np.minimum(
            (np.arange(raw.n_times) * (old / raw.info["sfreq"])).astype(int), gaps.shape[1] - 1
        )
        raw._data[gaps[:, at]] = np.nan
