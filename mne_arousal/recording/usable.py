"""Which channels can be used: chosen, judged as they were recorded, and read when needed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from ..utils.windows import Channel
from .channel_reader import ChannelReader
from .channels import signal_kind, unit_factor, unusable_reason
from .derived import sources_of, subtract_references
from .montage import Choice, Montage
from .stretches import Stretch, blank, is_covered, main_kind, merged
from .validity import SecondsLook, find_lost, find_marked, look_at_seconds

_LONGEST_REST = 600.0  # s


@dataclass(frozen=True)
class ChannelLook:
    """What was seen in a channel without what is lost of it.

    Parameters
    ----------
    channel : Channel
        What it is.
    factor : float
        To volts.
    seconds : SecondsLook
        Its seconds, in volts.
    """

    channel: Channel
    factor: float
    seconds: SecondsLook

    @property
    def judged_as(self) -> str:
        """Role to judge its seconds by: a level that is no waveform has no range in a second."""
        return self.channel.role if self.channel.kind == "raw" else "misc"


@dataclass(frozen=True)
class Usable:
    """Channels that can be used.

    Parameters
    ----------
    choice : Choice
        Their names, roles and derivations.
    lost : dict
        Stretches of each recorded channel that are marked bad, missing, constant or clipped.
    reader : ChannelReader
        Reads recorded channels.
    looks : dict
        What was seen in channels while they were judged.
    """

    choice: Choice
    lost: dict[str, list[Stretch]]
    reader: ChannelReader
    looks: dict[str, ChannelLook]

    @property
    def rate(self) -> float:
        """Rate of the recording, Hz."""
        return float(self.reader.raw.info["sfreq"])

    @property
    def invalid(self) -> list[Stretch]:
        """What is invalid in each channel, by what is in those that it is made of."""
        row = {name: i for i, name in enumerate(self.choice.names)}
        sources = sources_of(self.choice.names, self.choice.derived)
        return [
            replace(stretch, channel=row[name])
            for source in sources
            for stretch in self.lost[source]
            for name in self.choice.made_of([source])
        ]

    def read(self, name: str) -> np.ndarray:
        """Read a channel, or make it of those that it is derived from.

        Parameters
        ----------
        name : str
            One of ``choice.names``.

        Returns
        -------
        signal : array, shape (n_times,)
            V; NaN where one of those is lost.
        """
        sources = sources_of([name], self.choice.derived)
        if sources == [name]:
            return self._read_source(name)
        data = np.stack([self._read_source(source) for source in sources])
        return subtract_references(data, sources, [name], self.choice.derived)[0]

    def look(self, name: str) -> ChannelLook:
        """Look at a channel.

        Parameters
        ----------
        name : str
            One of ``choice.names``.

        Returns
        -------
        look : ChannelLook
            What is seen.
        """
        if name in self.looks:
            return self.looks[name]
        return look_at_channel(self.read(name), name, self.choice.roles[name], self.rate)

    def _read_source(self, source: str) -> np.ndarray:
        signal = self.reader.read(source)
        blank(signal[np.newaxis], [replace(s, channel=0) for s in self.lost[source]])
        return signal


@dataclass(frozen=True)
class _SourceLook:
    """What was seen in a recorded channel."""

    lost: list[Stretch]
    known: int  # samples
    reason: str | None  # why it can't be used, whatever is known of it
    itself: ChannelLook | None  # where nothing is subtracted from it


def find_usable(
    montage: Montage, reader: ChannelReader, recording: str, left_out: list[str]
) -> Usable:
    """Choose channels; drop flat and missing ones, taking others where there are.

    Channels are judged as they were recorded: a mastoid that is flat does not show any more in
    what was derived from it.

    Parameters
    ----------
    montage : Montage
        Chooses.
    reader : ChannelReader
        Reads the recording.
    recording : str
        Name of the recording.
    left_out : list of str
        Channels that are not to be chosen.

    Returns
    -------
    usable : Usable
        At least one EEG channel.

    Raises
    ------
    RecordingError
        If no EEG channel can be used.
    """
    dropped = list(left_out)
    while True:
        choice = montage.choose(dropped)
        if "eeg" not in choice.roles.values():
            raise RecordingError(_no_eeg(montage, dropped), recording)
        sources = sources_of(choice.names, choice.derived)
        reader.expect(sources)
        looks = {source: _look_at_source(reader, choice, source) for source in sources}
        alive = max(look.known for look in looks.values())
        bad = {source: reason for source, look in looks.items() if (reason := _reason(look, alive))}
        for ch, reason in bad.items():
            text = f"channel {ch} is {reason}; it is left out."
            add_note("channel_dropped", recording, text, channel=ch)
        if not bad:
            lost = {name: look.lost for name, look in looks.items()}
            own = {name: look.itself for name, look in looks.items() if look.itself is not None}
            return Usable(choice, lost, reader, own)
        dropped += bad


def _look_at_source(reader: ChannelReader, choice: Choice, source: str) -> _SourceLook:
    """Find what is marked bad, missing, constant or clipped."""
    raw, signal = reader.raw, reader.read(source)
    rate, role = raw.info["sfreq"], choice.roles[choice.made_of([source])[0]]
    marked = find_marked(raw.annotations, raw._first_time, [source], rate, raw.n_times)
    found = find_lost(signal[np.newaxis], rate, [role])
    lost = [s for s in found if not is_covered(s, marked)]
    if choice.only_refers(source) and _is_resting(lost, raw.n_times, rate):
        lost = [s for s in lost if s.kind != "flat"]
    blank(signal[np.newaxis], [*marked, *lost])
    known = len(signal) - sum(b - a for a, b in merged([*marked, *lost], 0))
    reason = unusable_reason(signal, alive=0)
    itself = None
    if reason is None and source in choice.names and source not in choice.derived:
        itself = look_at_channel(signal, source, choice.roles[source], rate)
    return _SourceLook([*marked, *lost], known, reason, itself)


def look_at_channel(signal: np.ndarray, name: str, role: str, rate: float) -> ChannelLook:
    """Tell what a channel is, and its unit, and look at its seconds.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Signal, NaN where it is lost; changed to volts in place.
    name, role : str
        Its name and role.
    rate : float
        Its rate, Hz.

    Returns
    -------
    look : ChannelLook
        What is seen.
    """
    kind = signal_kind(signal, rate) if role == "emg" else "raw"
    factor = unit_factor(signal, role)
    if factor != 1.0:
        signal *= factor
    seconds = look_at_seconds(signal, rate, role if kind == "raw" else "misc")
    return ChannelLook(Channel(role, name, kind), factor, seconds)


def _reason(look: _SourceLook, alive: int) -> str | None:
    """Tell why a channel can't be used, where another is known for `alive` samples."""
    reason = look.reason
    if reason != "not a number" and look.known < 0.5 * alive:
        reason = "not a number for most of its length"
    return reason and reason.replace("not a number", main_kind(look.lost, 0))


def _is_resting(lost: list[Stretch], n_times: int, rate: float) -> bool:
    """Tell a reference that often stands at one value from one that is off.

    Subtracting a constant changes nothing, and without the reference what it picks up in between
    would be left in all channels. A lead that is off stays off for long.
    """
    lengths = [s.stop - s.start for s in lost if s.kind == "flat"]
    return sum(lengths) > 0.5 * n_times and max(lengths) < _LONGEST_REST * rate


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
