"""``mne-arousal demo``: detection on a simulated night, scored."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .options import add_detection_options, detection_options

DEMO_SEED = 7
DEMO_DURATION = 4 * 3600.0  # s; two sleep cycles, well under two minutes on two cores


def add_parser(commands) -> None:
    """Add the parser of ``demo``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser(
        "demo",
        help="detect on a simulated night and score the result",
        description="Simulate a night, find its arousals and compare them with the truth. Offline.",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="keep the simulated recording, its truth, the results and a report in this folder",
    )
    add_detection_options(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Simulate a night, find its arousals, compare them with the truth.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        Exit status.
    """
    from ..annotate import analyze_recording
    from ..datasets import simulate_psg
    from ..metrics import score_arousals
    from ..utils.files import check_output_folder
    from ..utils.progress import progress_bar
    from .summary import print_night

    options = detection_options(arguments)
    if arguments.output is not None:
        check_output_folder(arguments.output)
    print(f"Simulating {DEMO_DURATION / 3600:g} h of sleep ...", flush=True)
    simulated = simulate_psg(DEMO_DURATION, random_state=DEMO_SEED, verbose=arguments.verbose)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(arguments.output or temporary) / "demo_raw.fif"
        simulated.raw.save(path, overwrite=True, verbose="error")
        with progress_bar("demo", arguments.features):
            night = analyze_recording(path, **options)
    night.name = "demo"
    print_night(night)
    scores = score_arousals(simulated.arousals, night.annotations)
    print(
        f"Agreement with the simulated truth: {scores.n_matched} of {scores.n_true} arousals "
        f"found, {scores.n_pred - scores.n_matched} events that are none.\n"
        f"  F1 {scores.f1:.2f} (precision {scores.precision:.2f}, recall {scores.recall:.2f})\n"
        f"  onset error: median {scores.onset_error_median:.2f} s, "
        f"90th percentile {scores.onset_error_p90:.2f} s"
    )
    if arguments.output is not None:
        for kept in [path, *_keep(night, simulated, Path(arguments.output))]:
            print(f"wrote {kept}")
    return 0


def _keep(night, simulated, folder: Path):
    """Write results, truth and report."""
    import matplotlib as mpl

    from ..annotation_files import write_annotations
    from ..outputs import write_night
    from ..report import make_report, save_report

    mpl.use("Agg")  # a page needs no screen
    yield from write_night(night, folder)
    yield night.save(folder / "demo")
    yield write_annotations(simulated.arousals, folder / "demo_truth.csv")
    yield write_annotations(simulated.hypnogram, folder / "demo_truth_hypnogram.csv")
    report = make_report(night, raw=simulated.raw, hypnogram=simulated.hypnogram, verbose="error")
    yield save_report(report, folder / "demo.html", overwrite=True)
