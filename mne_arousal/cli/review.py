"""``mne-arousal review``: accept and reject what was found, in MNE's browser."""

from __future__ import annotations

from pathlib import Path

from .options import add_verbose_option


def add_parser(commands) -> None:
    """Add the parser of ``review``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser(
        "review",
        help="accept and reject what was found, in MNE's browser",
        description="Open MNE's browser with arousals, candidates, evidence, probability, heart "
        "rate, breath and stages. Keys: y accepts, x rejects, u takes back, n goes to the next, v "
        "to the previous event. What is done is saved at each key as NAME_reviewed.csv beside the "
        "night, and mne-arousal report uses it.",
    )
    parser.add_argument(
        "night",
        metavar="NIGHT",
        help="NAME.night.zip that detect --save-night wrote, or the folder of results",
    )
    parser.add_argument("recording", metavar="RECORDING", help="the recording of that night")
    parser.add_argument(
        "--reviewed",
        metavar="FILE",
        help="file of what is done (default NAME_reviewed.csv beside the night)",
    )
    parser.add_argument(
        "--browser",
        choices=("auto", "qt", "matplotlib"),
        default="auto",
        help="what draws it (default auto: qt where mne-qt-browser is installed)",
    )
    add_verbose_option(parser, "warning")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Open the browser and wait until it is closed.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        Exit status.
    """
    import mne

    from ..review import review_night
    from ..review.marks import ENDING
    from ..written_results import read_result

    source = Path(arguments.night)
    night = read_result(source)
    folder = source if source.is_dir() else source.parent
    path = Path(arguments.reviewed or folder / f"{night.name}{ENDING}")
    if arguments.browser != "auto":
        mne.viz.set_browser_backend(arguments.browser, verbose="error")
    review = review_night(night, Path(arguments.recording), path=path, block=True)
    review.result()
    review.save()
    done = review.reviewed["decision"].value_counts()
    print(", ".join(f"{n} {decision}" for decision, n in done.items()) or "nothing decided")
    print(f"wrote {path}")
    return 0
