"""``mne-arousal sys-info``: versions and devices."""

from __future__ import annotations

import argparse


def add_parser(commands) -> None:
    """Add the parser of ``sys-info``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser("sys-info", help="print versions and devices")
    parser.add_argument("--verbose", default="warning", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Print versions and devices.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        Exit status.
    """
    from ..utils.sysinfo import sys_info

    sys_info()
    return 0
