"""Options that sub-commands share."""

from __future__ import annotations

import argparse

FEATURES = ("spectral", "dmd", "encoder", "body")


def add_detection_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of detection to the parser of a sub-command.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of the sub-command.
    """
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default 0)")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to compute"
    )
    parser.add_argument(
        "--features",
        type=_features,
        default=FEATURES,
        metavar="LIST",
        help=f"extractors to use, separated by commas (default {','.join(FEATURES)})",
    )
    parser.add_argument(
        "--false-alarms-per-hour",
        type=float,
        default=2.0,
        metavar="RATE",
        help="events an hour of sleep that noise alone may cause (default 2)",
    )
    add_verbose_option(parser)


def add_verbose_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--verbose``, which every sub-command has.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of the sub-command.
    """
    parser.add_argument(
        "--verbose",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="how much to log (default info)",
    )


def detection_options(arguments: argparse.Namespace) -> dict:
    """Turn the options of detection into keyword arguments of `annotate_arousals`.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    options : dict
        ``features``, ``false_alarms_per_hour``, ``device``, ``random_state`` and ``verbose``.

    Raises
    ------
    RecordingError
        If a value can't be used.
    """
    from .._array import resolve_device
    from ..utils.errors import RecordingError

    if not arguments.false_alarms_per_hour > 0:
        raise RecordingError("--false-alarms-per-hour must be a positive number of events an hour.")
    try:
        resolve_device(arguments.device)
    except ValueError as error:
        raise RecordingError(str(error)) from error
    return {
        "features": arguments.features,
        "false_alarms_per_hour": arguments.false_alarms_per_hour,
        "device": arguments.device,
        "random_state": arguments.seed,
        "verbose": arguments.verbose,
    }


def _features(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in FEATURES]
    if unknown or "spectral" not in names:
        raise argparse.ArgumentTypeError(
            f"choose from {', '.join(FEATURES)}, spectral among them; got {text!r}"
        )
    return names
