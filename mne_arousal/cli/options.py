"""Options that sub-commands share."""

from __future__ import annotations

import argparse
from difflib import get_close_matches

from .parsing import positive, probability, seed

# as in pipeline.py, which would import MNE
FEATURES = ("spectral", "dmd", "encoder", "body")
DEFAULT_FEATURES = ("spectral", "body")


def add_detection_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of detection to the parser of a sub-command.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of the sub-command.
    """
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="random seed (default 0)")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to compute"
    )
    parser.add_argument(
        "--features",
        type=_features,
        default=DEFAULT_FEATURES,
        metavar="LIST",
        help=f"extractors to use, of {', '.join(FEATURES)}, separated by commas "
        f"(default {','.join(DEFAULT_FEATURES)})",
    )
    parser.add_argument(
        "--min-probability",
        type=probability,
        default=0.5,
        metavar="P",
        help="probability from which a candidate is an arousal (default 0.5)",
    )
    parser.add_argument(
        "--false-alarms-per-hour",
        type=positive,
        default=None,
        metavar="RATE",
        help="false events an hour of sleep that are expected, at most, in place of "
        "--min-probability",
    )
    add_verbose_option(parser)


def add_epoch_length_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--epoch-length`` beside ``--hypnogram``.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of the sub-command.
    """
    parser.add_argument(
        "--epoch-length",
        type=positive,
        metavar="S",
        help="length of one entry of a hypnogram that is a list, in s (default: what the file "
        "says, or what fits the recording)",
    )


def add_channel_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--picks`` and ``--reference`` to the parser of a sub-command.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of the sub-command.
    """
    parser.add_argument(
        "--picks",
        nargs="+",
        default=(),
        metavar="NAME=ROLE",
        help="channels to use, in place of those that are chosen, as C3-M2=eeg Chin=emg; names "
        "alone keep the role that they are taken for",
    )
    parser.add_argument(
        "--reference",
        nargs="+",
        default=("auto",),
        metavar="NAME=NAME",
        help="derivations to make, as C3=M2 C4=M1 Cz=M1+M2; auto (default) derives against "
        "mastoids that are channels, none makes none",
    )


def channel_options(arguments: argparse.Namespace) -> dict:
    """Turn ``--picks`` and ``--reference`` into keyword arguments of `annotate_arousals`.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    options : dict
        ``picks`` and ``reference``.

    Raises
    ------
    RecordingError
        If one can't be understood.
    """
    from ..recording.references import check_reference
    from ..recording.roles import check_picks

    return {
        "picks": check_picks(_picks(list(arguments.picks))),
        "reference": check_reference(_reference(list(arguments.reference))),
    }


def _picks(given: list[str]) -> str | list[str] | dict[str, str]:
    from ..utils.errors import RecordingError

    if not given or given == ["auto"]:
        return "auto"
    with_role = [pick for pick in given if "=" in pick]
    if not with_role:
        return given
    if len(with_role) < len(given):
        raise RecordingError(
            "--picks takes either names alone or NAME=ROLE for all: "
            f"{next(pick for pick in given if '=' not in pick)} has no role."
        )
    return {name: role for name, _, role in (pick.rpartition("=") for pick in given)}


def _reference(given: list[str]) -> str | dict[str, tuple[str, ...]] | None:
    from ..utils.errors import RecordingError

    if [word.lower() for word in given] in (["auto"], ["none"]):
        return "auto" if given[0].lower() == "auto" else None
    pairs = [word.rpartition("=") for word in given]
    for word, (name, _, other) in zip(given, pairs, strict=True):
        if not name or not other:
            raise RecordingError(
                f"--reference takes auto, none, or pairs as C3=M2 C4=M1; got {word}."
            )
    return {name: tuple(other.split("+")) for name, _, other in pairs}


def add_verbose_option(parser: argparse.ArgumentParser, default: str = "info") -> None:
    """Add ``--verbose``, which every sub-command has.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of the sub-command.
    default : str
        How much to log.
    """
    parser.add_argument(
        "--verbose",
        choices=("debug", "info", "warning", "error"),
        default=default,
        help=f"how much to log (default {default})",
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
        ``features``, ``min_probability``, ``false_alarms_per_hour``, ``device``,
        ``random_state`` and ``verbose``.

    Raises
    ------
    RecordingError
        If a value can't be used.
    """
    from .._array import resolve_device
    from ..utils.errors import RecordingError

    try:
        if arguments.device != "auto":  # which takes what there is, and need not be looked up
            resolve_device(arguments.device)
    except ValueError as error:
        raise RecordingError(str(error)) from error
    return {
        "features": arguments.features,
        "min_probability": arguments.min_probability,
        "false_alarms_per_hour": arguments.false_alarms_per_hour,
        "device": arguments.device,
        "random_state": arguments.seed,
        "verbose": arguments.verbose,
    }


def _features(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in FEATURES]
    if unknown or "spectral" not in names:
        near = [n for word in unknown for n in get_close_matches(word, FEATURES, n=1)]
        hint = f". Did you mean {near[0]}?" if near else ""
        raise argparse.ArgumentTypeError(
            f"choose from {', '.join(FEATURES)}, spectral among them; got {text!r}{hint}"
        )
    return names
