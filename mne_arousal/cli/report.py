"""``mne-arousal report``: a page of a recording, of results, or of a dataset."""

from __future__ import annotations

import warnings
from pathlib import Path

from .options import (
    add_channel_options,
    add_detection_options,
    add_epoch_length_option,
    channel_options,
    detection_options,
)
from .parsing import count


def add_parser(commands) -> None:
    """Add the parser of ``report``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser(
        "report",
        help="make an HTML page of a recording or of a dataset",
        description="Make one HTML page, readable offline: of a recording, which is analyzed; of "
        "results that mne-arousal detect wrote, which are read; or of a dataset that mne-arousal "
        "detect has been through.",
    )
    parser.add_argument(
        "input",
        metavar="INPUT",
        help="recording; folder of results, or NAME.night.zip or NAME_arousals.csv in it; or "
        "folder of a dataset or its derivative",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        required=True,
        help="page to write, ending in .html; replaced when it is there",
    )
    parser.add_argument(
        "--hypnogram", metavar="FILE", help="an expert's stages, drawn, and gating wake"
    )
    add_epoch_length_option(parser)
    parser.add_argument(
        "--recording",
        metavar="FILE",
        help="recording that results are of, for the spectrogram and arousals close up",
    )
    parser.add_argument(
        "--reviewed",
        metavar="FILE",
        help="what a reviewer did (default NAME_reviewed.csv beside results, where there is one)",
    )
    parser.add_argument(
        "--examples", metavar="N", type=count, default=3, help="arousals drawn close up (default 3)"
    )
    add_channel_options(parser)
    add_detection_options(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Make the page and write it.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        Exit status.
    """
    import matplotlib as mpl

    mpl.use("Agg")  # a page needs no screen
    from ..report import make_report, save_report
    from ..written_results import find_results, is_result

    source = Path(arguments.input)
    if is_result(source) or (source.is_dir() and find_results(source)):
        report = _of_results(source, arguments)
    elif source.is_dir():
        report = make_report(source, verbose="error")
    else:
        report = _of_recording(source, arguments)
    print(f"wrote {save_report(report, arguments.output, overwrite=True)}")
    return 0


def _of_results(source: Path, arguments):
    from ..report import make_report
    from ..review.marks import ENDING
    from ..written_results import read_result

    night = read_result(source)
    folder = source if source.is_dir() else source.parent
    beside = folder / f"{night.name}{ENDING}"
    reviewed = arguments.reviewed or (beside if beside.exists() else None)
    if reviewed is not None:
        print(f"with the review in {reviewed}")
    return make_report(
        night,
        raw=None if arguments.recording is None else Path(arguments.recording),
        hypnogram=arguments.hypnogram,
        reviewed=reviewed,
        n_examples=arguments.examples,
        verbose="error",
    )


def _of_recording(source: Path, arguments):
    from ..annotate import analyze_recording
    from ..report import make_report
    from ..utils.progress import progress_bar

    met = []
    show = warnings.showwarning

    def keep(message, *details, **more):
        met.append(str(message))
        show(message, *details, **more)

    warnings.showwarning = keep  # the command's own context puts it back
    options = channel_options(arguments) | detection_options(arguments)
    with progress_bar(source.stem, arguments.features):
        night = analyze_recording(
            source,
            hypnogram=arguments.hypnogram,
            epoch_length=arguments.epoch_length,
            **options,
        )
    return make_report(
        night,
        raw=source,
        hypnogram=arguments.hypnogram,
        reviewed=arguments.reviewed,
        warnings=met,
        n_examples=arguments.examples,
        verbose="error",
    )
