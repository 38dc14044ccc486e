"""``mne-arousal channels``: what each channel of a recording is taken for, and why."""

from __future__ import annotations

from pathlib import Path

from .options import add_channel_options, add_verbose_option, channel_options


def add_parser(commands) -> None:
    """Add the parser of ``channels``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser(
        "channels",
        help="tell what each channel of a recording is taken for",
        description="Print the role of each channel, why it is taken for that, and which channels "
        "and derivations would be used. Nothing is analyzed.",
    )
    parser.add_argument("input", metavar="FILE", help="recording (EDF, BDF, FIF, ...)")
    add_channel_options(parser)
    add_verbose_option(parser, "warning")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Print the channels.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        Exit status.
    """
    from ..recording.montage import Montage
    from ..recording.reading import read_recording

    raw, name = read_recording(Path(arguments.input))
    montage = Montage(raw, recording=name, **channel_options(arguments))
    choice = montage.choose()
    print(f"{name}: {len(raw.ch_names)} channels at {raw.info['sfreq']:g} Hz")
    _print_table(_rows(montage, choice))
    for derived in choice.derived.values():
        print(f"{derived.name} is derived: {derived.channel} minus {', '.join(derived.references)}")
    print(f"used: {', '.join(f'{choice.roles[n]}:{n}' for n in choice.names) or 'none'}")
    if "eeg" not in choice.roles.values():
        print("No channel is known as EEG, and none can be analyzed. Name one by --picks NAME=eeg.")
    return 0


def _rows(montage, choice) -> list[tuple[str, ...]]:
    rows = [("channel", "role", "used", "why")]
    for role in montage.roles:
        bad = ", marked bad" if role.name in montage.raw.info["bads"] else ""
        used = choice.made_of([role.name])
        taken = choice.roles.get(role.name, role.role)
        why = role.reason if taken == role.role else "picked"
        guessed = " (guessed)" if role.guessed and taken == role.role else ""
        rows.append((role.name, taken + guessed, ", ".join(used) or "-", why + bad))
    return [tuple(map(_printable, row)) for row in rows]


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _printable(text: str) -> str:
    """Keep control characters in the name of a channel from the terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
