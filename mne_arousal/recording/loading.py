"""Loading the channels that detection uses: chosen, checked, filtered and brought to one rate."""

from __future__ import annotations

import warnings
from fractions import Fraction

import mne
import numpy as np
from mne.io import BaseRaw
from mne.utils import use_log_level

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from ..utils.privacy import reader_words
from ..utils.windows import Channel
from .body_channels import append_channels, load_body_channels
from .channels import log_roles, signal_kind, unit_factor, unusable_reason
from .derived import sources_of, subtract_references
from .montage import Choice, Montage
from .reading import read_recording
from .stretches import Stretch, blank, is_covered, main_kind, merged, note_stretches
from .validity import find_lost, find_marked, find_no_eeg

MIN_DURATION = 300.0  # s; less holds no baseline to compare an arousal with

_LONGEST_REST = 600.0  # s
_MAX_FACTOR = 20_000  # of rates; at 8 h, the nearest such ratio is off by less than a ms
_HIGHPASS = {"eeg": 0.3, "eog": 0.3, "emg": 10.0}  # Hz, as the AASM manual recommends
_MNE_TYPES = {"eeg": "eeg", "eog": "eog", "emg": "emg", "ecg": "ecg", "resp": "resp"}


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
        New Raw with these channels alone, loaded; NaN where a channel holds no signal of the
        sleeper (see `mne_arousal.recording.validity`).
    channels : list of Channel
        What each is.
    name : str
        Name of the recording.

    Raises
    ------
    RecordingError
        If the recording is too short, has no usable EEG channel, too little EEG that can be
        believed, or lacks a picked channel.
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
    raw, choice, invalid = _load_usable(montage, name, list(of_body))
    channels = _as_channels(raw, choice.roles, name)
    rate = raw.info["sfreq"]
    # a level that is not a waveform has no range in a second and no hum
    invalid += find_no_eeg(
        raw._data, rate, [c.role if c.kind == "raw" else "misc" for c in channels]
    )
    note_stretches(invalid, raw.ch_names, rate, raw.n_times, name)
    blank(raw._data, invalid)
    _check_enough(raw, channels, name)
    with warnings.catch_warnings():
        # a type set by role may not fit the unit that the file gave
        warnings.filterwarnings("ignore", message="The unit for channel")
        types = {c.name: _MNE_TYPES.get(c.role, "misc") for c in channels}
        raw.set_channel_types(types, verbose="error")
    montage.tell(choice)
    log_roles(channels, montage.roles, name)
    raw = _filter_and_resample(raw, channels, sfreq, invalid)
    if body:
        data, found = load_body_channels(original, of_body, raw, name)
        append_channels(raw, data, found)
        channels += found
        montage.tell_guesses([channel.name for channel in found])
    return raw, channels, name


def _as_channels(raw: BaseRaw, roles: dict[str, str], recording: str) -> list[Channel]:
    """Tell what the channels are, and put wrong units right, in place."""
    channels = []
    for i, ch in enumerate(raw.ch_names):
        kind = signal_kind(raw._data[i], raw.info["sfreq"]) if roles[ch] == "emg" else "raw"
        channels.append(Channel(roles[ch], ch, kind))
        factor = unit_factor(raw._data[i], channels[-1], recording)
        if factor != 1.0:
            raw._data[i] *= factor
    return channels


def _load_usable(
    montage: Montage, recording: str, left_out: list[str]
) -> tuple[BaseRaw, Choice, list[Stretch]]:
    """Load the chosen channels; drop flat and missing ones, taking others where there are."""
    dropped = list(left_out)
    while True:
        choice = montage.choose(dropped)
        if "eeg" not in choice.roles.values():
            raise RecordingError(_no_eeg(montage, dropped), recording)
        raw, invalid, bad = _read_choice(montage.raw, choice, recording)
        for ch, reason in bad.items():
            text = f"channel {ch} is {reason}; it is left out."
            add_note("channel_dropped", recording, text, channel=ch)
        if not bad:
            return raw, choice, invalid
        dropped += bad


def _read_choice(
    original: BaseRaw, choice: Choice, recording: str
) -> tuple[BaseRaw, list[Stretch], dict[str, str]]:
    """Load channels into a new Raw without touching, or wholly loading, the original.

    Channels are judged as they were recorded: a mastoid that is flat does not show any more in
    what was derived from it. Also returned: what is invalid, and why whole channels are.
    """
    sources = sources_of(choice.names, choice.derived)
    try:
        data = original.get_data(picks=sources)
    except MemoryError:
        raise
    except Exception as error:  # readers raise what their parsers do, as in `read_recording`
        raise RecordingError(
            f"its data can't be read ({reader_words(error)}). The file may be cut short.", recording
        ) from error
    data[~np.isfinite(data)] = np.nan
    led = [i for i, source in enumerate(sources) if choice.only_refers(source)]
    lost = _blank_lost(original, data, sources, _source_roles(choice, sources), led)
    alive = max(int(np.count_nonzero(~np.isnan(signal))) for signal in data)
    reasons = {ch: unusable_reason(data[i], alive) for i, ch in enumerate(sources)}
    bad = {
        ch: reason.replace("not a number", main_kind(lost, sources.index(ch)))
        for ch, reason in reasons.items()
        if reason
    }
    data = subtract_references(data, sources, choice.names, choice.derived)
    fresh = mne.create_info(choice.names, original.info["sfreq"], "misc")
    with use_log_level("error"):
        raw = mne.io.RawArray(data, fresh, first_samp=0, copy=None)
        raw.set_meas_date(original.info["meas_date"])
    return raw, _of_choice(lost, choice, sources), bad


def _source_roles(choice: Choice, sources: list[str]) -> list[str]:
    """Role of each recorded channel: that of the first channel that is made of it."""
    return [choice.roles[choice.made_of([source])[0]] for source in sources]


def _blank_lost(
    original: BaseRaw,
    data: np.ndarray,
    sources: list[str],
    roles: list[str],
    references: list[int],
) -> list[Stretch]:
    """Set what is marked bad, missing, constant or clipped to NaN, and tell what it was."""
    rate = original.info["sfreq"]
    marked = find_marked(
        original.annotations, original._first_time, sources, rate, original.n_times
    )
    lost = [s for s in find_lost(data, rate, roles) if not is_covered(s, marked)]
    resting = [i for i in references if _is_resting(lost, i, original.n_times, rate)]
    lost = [s for s in lost if s.channel not in resting or s.kind != "flat"]
    blank(data, [*marked, *lost])
    return [*marked, *lost]


def _is_resting(lost: list[Stretch], channel: int, n_times: int, rate: float) -> bool:
    """Tell a reference that often stands at one value from one that is off.

    Subtracting a constant changes nothing, and without the reference what it picks up in between
    would be left in all channels. A lead that is off stays off for long.
    """
    lengths = [s.stop - s.start for s in lost if s.channel == channel and s.kind == "flat"]
    return sum(lengths) > 0.5 * n_times and max(lengths) < _LONGEST_REST * rate


def _of_choice(lost: list[Stretch], choice: Choice, sources: list[str]) -> list[Stretch]:
    """Tell what is invalid in channels by what is invalid in the recorded ones."""
    if sources == choice.names:
        return lost
    row = {name: i for i, name in enumerate(choice.names)}
    return [
        Stretch(row[name], s.start, s.stop, s.kind)
        for s in lost
        for name in choice.made_of([sources[s.channel]])
    ]


def _no_eeg(montage: Montage, dropped: list[str]) -> str:
    bads = [r.name for r in montage.roles if r.role == "eeg" and r.name in montage.raw.info["bads"]]
    if bads and len(bads) == sum(role.role == "eeg" for role in montage.roles):
        return f"its EEG channels are all bad, by its header or by a mark: {', '.join(bads)}."
    if any(role.role == "eeg" and role.name in dropped for role in montage.roles):
        return "no EEG channel is left that can be used."
    found = "; ".join(f"{role.name}: {role.role}, {role.reason}" for role in montage.roles)
    return (
        "has no channel that is known as EEG. Name one with picks={'NAME': 'eeg'} "
        f"(--picks NAME=eeg). Its channels are taken for: {found}."
    )


def _check_enough(raw: BaseRaw, channels: list[Channel], recording: str) -> None:
    eeg = [i for i, channel in enumerate(channels) if channel.role == "eeg"]
    known = ~np.isnan(raw._data[eeg[0]])
    for i in eeg[1:]:
        known |= ~np.isnan(raw._data[i])
    seconds = np.count_nonzero(known) / raw.info["sfreq"]
    if seconds < MIN_DURATION:
        raise RecordingError(
            f"holds {seconds:.0f} s of EEG that can be believed, and at least {MIN_DURATION:.0f} s "
            "are needed. The rest is missing, flat, clipped, marked BAD or no EEG.",
            recording,
        )


def _filter_and_resample(
    raw: BaseRaw, channels: list[Channel], sfreq: float | None, invalid: list[Stretch]
) -> BaseRaw:
    gaps = [merged(invalid, i) for i in range(len(channels))]
    for signal, ranges in zip(raw._data, gaps, strict=True):
        _bridge(signal, ranges)  # a filter would spread NaN over the night
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
        raw = _resample(raw, sfreq)
    share = raw.info["sfreq"] / old
    for signal, ranges in zip(raw._data, gaps, strict=True):
        for start, stop in ranges:
            signal[int(np.floor(start * share)) : int(np.ceil(stop * share))] = np.nan
    return raw


def _resample(raw: BaseRaw, sfreq: float) -> BaseRaw:
    """Resample by a filter of the ratio of the rates.

    MNE takes the ratio of the numbers of samples: where they share no factor, its filter is as long
    as the night. The last sample is repeated until they do.
    """
    n_times, old = raw.n_times, raw.info["sfreq"]
    exact = Fraction(sfreq) / Fraction(old)
    ratio = exact.limit_denominator(_MAX_FACTOR)
    if exact > 1:
        ratio = 1 / (1 / exact).limit_denominator(_MAX_FACTOR)
    more = -n_times % ratio.denominator
    if ratio == exact and not more:
        return raw.resample(sfreq, method="polyphase", verbose="error")
    data = np.pad(raw._data, ((0, 0), (0, more)), mode="edge")
    up, down = float(ratio.numerator), float(ratio.denominator)
    data = mne.filter.resample(data, up, down, method="polyphase", verbose="error")
    info = mne.create_info(raw.ch_names, sfreq, raw.get_channel_types(), verbose="error")
    info.set_meas_date(raw.info["meas_date"])
    n_new = round(n_times * sfreq / old)
    return mne.io.RawArray(data[:, :n_new], info, raw.first_samp, copy=None, verbose="error")


def _bridge(signal: np.ndarray, ranges: list[tuple[int, int]]) -> None:
    """Replace gaps by straight lines between what stands beside them."""
    for start, stop in ranges:
        left = signal[start - 1] if start > 0 else np.nan
        right = signal[stop] if stop < len(signal) else np.nan
        ends = [x for x in (left, right) if np.isfinite(x)] or [0.0]
        signal[start:stop] = np.linspace(ends[0], ends[-1], stop - start)
