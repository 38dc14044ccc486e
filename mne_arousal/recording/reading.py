"""Reading a recording: its channels checked, filtered and brought to one rate."""

from __future__ import annotations

import warnings
from pathlib import Path

import mne
import numpy as np
from mne.io import BaseRaw
from mne.utils import _check_option, use_log_level

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from ..utils.privacy import reader_words, silent_readers
from ..utils.windows import Channel
from .bids_reader import read_bids
from .body_channels import append_channels, body_roles, load_body_channels
from .channels import (
    channel_roles,
    log_roles,
    select_channels,
    signal_kind,
    unit_factor,
    unusable_reason,
)
from .file_checks import check_files, check_length

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
    inside = None
    if hasattr(source, "fpath") and hasattr(source, "datatype"):  # a BIDSPath
        path, name = Path(source.fpath), source.basename
        inside = Path(source.root) if source.root is not None else None
        reader = read_bids
    elif isinstance(source, str | Path):
        path, name = Path(source), Path(source).stem
        reader = mne.io.read_raw
    else:
        raise TypeError(
            "A recording is an mne.io.Raw, a path or a BIDSPath, or a list of these; "
            f"got {type(source).__name__}."
        )
    if not path.exists() and not path.is_symlink():
        raise RecordingError(f"there is no file {path}. Check the path.", name)
    check_files(path, name, inside=inside)
    with warnings.catch_warnings(record=True) as caught, silent_readers():
        warnings.simplefilter("always")
        try:
            raw = _read_any_encoding(reader, source if reader is read_bids else path)
        except RecordingError:
            raise
        except Exception as error:  # readers raise of every class on files that are damaged
            raise RecordingError(
                f"can't be read as {path.suffix or 'a recording'} ({reader_words(error)}). "
                "Check that the file is whole and of the format that its name says.",
                name,
            ) from error
    check_length(raw, name)
    for message in {str(w.message) for w in caught}:
        if "does not match the file size" in message:
            raise RecordingError(
                "the file holds fewer data than its header says: it is cut short or was never "
                "closed. Copy it again, or repair its header.",
                name,
            )
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


def load_channels(
    source,
    *,
    picks="auto",
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
    roles = _picked_roles(original, picks, name)
    usable = {ch: role for ch, role in roles.items() if ch not in original.info["bads"]}
    of_body = _body_candidates(original, usable) if body else {}
    usable = {ch: role for ch, role in usable.items() if ch not in of_body}
    names = select_channels(usable) if isinstance(picks, str) else list(usable)
    raw, roles_used = _load_usable(original, usable, names, isinstance(picks, str), name)
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
    log_roles(channels, roles, name)
    _filter_and_resample(raw, channels, sfreq)
    if body:
        data, found = load_body_channels(original, of_body, raw, name)
        append_channels(raw, data, found)
        channels += found
    return raw, channels, name


def _body_candidates(raw: BaseRaw, picked: dict[str, str]) -> dict[str, str]:
    """Channels of the body among those picked or, where there are none, among all."""
    everything = channel_roles(raw.ch_names, raw.get_channel_types())
    rest = {c: r for c, r in everything.items() if c not in raw.info["bads"] and c not in picked}
    return body_roles(picked) or body_roles(rest)


def _picked_roles(raw: BaseRaw, picks, name: str) -> dict[str, str]:
    roles = channel_roles(raw.ch_names, raw.get_channel_types())
    if isinstance(picks, str):
        _check_option("picks", picks, ("auto",))
        return roles
    missing = [ch for ch in picks if ch not in roles]
    if missing:
        raise RecordingError(
            f"has no channel {', '.join(map(repr, missing))}. It has: {', '.join(raw.ch_names)}.",
            name,
        )
    if isinstance(picks, dict):
        return {ch: str(role) for ch, role in picks.items()}
    return {ch: roles[ch] for ch in picks}


def _load_usable(original, roles, names, replace, recording) -> tuple[BaseRaw, dict[str, str]]:
    """Load `names`; drop flat and missing ones, taking others of the role where there are."""
    dropped: list[str] = []
    while True:
        if not any(roles[ch] == "eeg" for ch in names):
            if any(roles.get(ch) == "eeg" for ch in dropped):
                raise RecordingError("no EEG channel is left that can be used.", recording)
            raise RecordingError(
                "has no channel that is known as EEG. Name one with picks={'NAME': 'eeg'}. "
                f"Its channels: {', '.join(original.ch_names)}.",
                recording,
            )
        raw = _copy_channels(original, names, recording)
        bad = {ch: unusable_reason(raw._data[i]) for i, ch in enumerate(raw.ch_names)}
        bad = {ch: reason for ch, reason in bad.items() if reason}
        for ch, reason in bad.items():
            text = f"channel {ch} is {reason}; it is left out."
            add_note("channel_dropped", recording, text, channel=ch)
        if not bad:
            return raw, roles
        dropped += bad
        remaining = {ch: role for ch, role in roles.items() if ch not in dropped}
        names = select_channels(remaining) if replace else [ch for ch in names if ch not in bad]


def _copy_channels(original: BaseRaw, names: list[str], recording: str) -> BaseRaw:
    """Load some channels into a new Raw without touching, or wholly loading, the original."""
    info = mne.pick_info(original.info, mne.pick_channels(original.ch_names, names, ordered=True))
    try:
        data = original.get_data(picks=names)
    except MemoryError:
        raise
    except Exception as error:  # as in `read_recording`
        raise RecordingError(
            f"its data can't be read ({reader_words(error)}). The file may be cut short.", recording
        ) from error
    data[~np.isfinite(data)] = np.nan
    fresh = mne.create_info(names, info["sfreq"], "misc")
    with use_log_level("error"):
        raw = mne.io.RawArray(data, fresh, first_samp=0, copy=None)
        raw.set_meas_date(original.info["meas_date"])
    return raw


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
