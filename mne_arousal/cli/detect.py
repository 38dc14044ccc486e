"""``mne-arousal detect``: the arousals of a recording."""

from __future__ import annotations

from pathlib import Path

from .options import add_detection_options, detection_options


def add_parser(commands) -> None:
    """Add the parser of ``detect``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser(
        "detect",
        help="find the arousals of a recording",
        description="Find the stages and arousals of a recording in any format that MNE reads.",
    )
    parser.add_argument("input", metavar="INPUT", help="recording: EDF, BDF, FIF, BrainVision, ...")
    parser.add_argument("--output", metavar="DIR", required=True, help="folder for the results")
    parser.add_argument(
        "--hypnogram", metavar="FILE", help="stages, used only to tell sleep from wake"
    )
    add_detection_options(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Find the arousals of a recording and write them.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        Exit status.
    """
    from ..annotate import analyse_recording
    from ..outputs import check_output_folder, write_night
    from ..utils.errors import RecordingError
    from .summary import print_night

    source = Path(arguments.input)
    if source.is_dir():
        raise RecordingError(f"{source} is a folder; name a recording in it.")
    options = detection_options(arguments)
    folder = check_output_folder(arguments.output)
    night = analyse_recording(source, hypnogram=arguments.hypnogram, **options)
    print_night(night)
    for path in write_night(night, folder):
        print(f"wrote {path}")
    return 0
