"""The channels and derivations of one recording that detection uses."""

from __future__ import annotations

from dataclasses import dataclass

from mne.io import BaseRaw
from mne.utils import logger

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from .body_channels import body_roles
from .derived import Derived, find_derivation, sources_of
from .references import check_reference, frontal_reference, plan_references
from .roles import ChannelRole, check_picks, note_guesses, recording_roles
from .selection import select_channels


@dataclass(frozen=True)
class Choice:
    """Channels that are used.

    Parameters
    ----------
    names : list of str
        Channels and derivations.
    roles : dict
        Role of each name.
    derived : dict
        Derivation of each name that is one.
    """

    names: list[str]
    roles: dict[str, str]
    derived: dict[str, Derived]

    def made_of(self, sources) -> list[str]:
        """Name those that are, or are made of, one of some channels."""
        return [name for name in self.names if set(sources) & set(sources_of([name], self.derived))]

    def only_refers(self, source: str) -> bool:
        """Tell whether a channel of the recording is a reference to others, and no more."""
        led = {self.derived[name].channel if name in self.derived else name for name in self.names}
        return source not in led


class Montage:
    """Roles of all channels of a recording, from which those to use are chosen.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording.
    picks : "auto" | list of str | dict
        As in :class:`mne_arousal.PSGWindower`.
    reference : "auto" | None | dict
        As in :class:`mne_arousal.PSGWindower`.
    recording : str
        Its name.

    Attributes
    ----------
    roles : list of ChannelRole
        Role of every channel, and why.
    """

    def __init__(self, raw: BaseRaw, picks="auto", reference="auto", recording: str = "recording"):
        self.raw = raw
        self.picks = check_picks(picks)
        self.reference = check_reference(reference)
        self.recording = recording
        self.roles: list[ChannelRole] = recording_roles(raw)

    def choose(self, dropped=()) -> Choice:
        """Choose channels, without those that turned out to be of no use.

        Parameters
        ----------
        dropped : list of str
            Channels of the recording to do without.

        Returns
        -------
        choice : Choice
            What to use.

        Raises
        ------
        RecordingError
            If a channel that was picked is not there.
        """
        without = {*self.raw.info["bads"], *dropped}
        usable = {role.name: role.role for role in self.roles if role.name not in without}
        if self.picks == "auto":
            derived = plan_references(usable, self.reference, self.recording, self.raw)
            candidates = _with_derived(usable, derived)
            names = select_channels(candidates)
        else:
            candidates, derived = self._picked(usable)
            names = list(candidates)
        used = {name: derived[name] for name in names if name in derived}
        return Choice(names, {name: candidates[name] for name in names}, used)

    def body_channels(self) -> dict[str, str]:
        """Find the channels of the body among those picked or, where there are none, among all.

        Returns
        -------
        roles : dict
            Role of each, without those that are marked bad.
        """
        usable = {
            role.name: role.role for role in self.roles if role.name not in self.raw.info["bads"]
        }
        if isinstance(self.picks, str):
            return body_roles(usable)
        roles = usable | (self.picks if isinstance(self.picks, dict) else {})
        picked = {name: roles[name] for name in self.picks if name in usable}
        rest = {name: role for name, role in usable.items() if name not in picked}
        return body_roles(picked) or body_roles(rest)

    def _picked(self, usable) -> tuple[dict[str, str], dict[str, Derived]]:
        roles = {role.name: role.role for role in self.roles}
        derived: dict[str, Derived] = {}
        if isinstance(self.reference, dict):
            derived = plan_references(usable, self.reference, self.recording)
        picked: dict[str, str] = {}
        missing = []
        for name in self.picks:
            role = self.picks[name] if isinstance(self.picks, dict) else None
            led = [d for d in derived.values() if d.channel == name]
            if name in roles and not led:
                if name in usable:
                    picked[name] = role or roles[name]
            elif name in derived or led:
                for d in [derived[name]] if name in derived else led:
                    picked[d.name] = role or d.role
            elif (found := find_derivation(name, usable)) is not None:
                derived[name] = found
                picked[name] = role or found.role
            elif find_derivation(name, roles) is None:
                missing.append(name)
        if missing:
            raise RecordingError(
                f"has no channel {', '.join(map(repr, missing))}. "
                f"It has: {', '.join(self.raw.ch_names)}.",
                self.recording,
            )
        return picked, derived

    def tell_guesses(self, names: list[str]) -> None:
        """Note which of the channels that are used have a role that was guessed.

        Parameters
        ----------
        names : list of str
            Channels.
        """
        if self.picks == "auto":
            note_guesses(self.roles, names, self.recording)

    def tell(self, choice: Choice) -> None:
        """Log what is derived, and note roles that were guessed and a reference that harms.

        Parameters
        ----------
        choice : Choice
            What is used.
        """
        for derived in choice.derived.values():
            logger.info(
                f"{self.recording}: {derived.name} is derived: {derived.channel} minus "
                f"{' and '.join(derived.references)}."
            )
        self.tell_guesses(choice.names)
        if frontal_reference(choice.roles):
            add_note(
                "frontal_reference",
                self.recording,
                "all EEG is recorded against an electrode over the muscle of the forehead, whose "
                "bursts may be taken for arousals. Give another reference by reference= "
                "(--reference) where there is one.",
            )


def _with_derived(usable: dict[str, str], derived: dict[str, Derived]) -> dict[str, str]:
    """Put derivations in the place of the electrodes that they lead."""
    by_channel: dict[str, list[Derived]] = {}
    for d in derived.values():
        by_channel.setdefault(d.channel, []).append(d)
    candidates: dict[str, str] = {}
    for name, role in usable.items():
        if name in by_channel:
            candidates.update({d.name: d.role for d in by_channel[name]})
        else:
            candidates.setdefault(name, role)
    return candidates
