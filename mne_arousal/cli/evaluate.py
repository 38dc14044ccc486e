"""``mne-arousal evaluate``: what was found against what experts marked."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import add_verbose_option

_SHOWN = (
    "f1_overlap",
    "precision_overlap",
    "recall_overlap",
    "f1_iou",
    "f1_onset",
    "auprc",
    "kappa",
    "index_true",
    "index_found",
    "index_bias",
    "index_limit_low",
    "index_limit_high",
    "onset_error_median",
    "onset_bias",
    "onset_coverage",
    "end_coverage",
    "calibration_error",
)


def add_parser(commands) -> None:
    """Add the parser of ``evaluate``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser(
        "evaluate",
        help="compare what was found with experts' arousals",
        description="Compare arousals that were found with those that one or more experts marked, "
        "and write scores with intervals as CSV, JSON and an HTML page. Nothing is chosen by it.",
        epilog="Exit status: 0 done, 2 the call or the files can't be used, or no recording has "
        "both.",
    )
    parser.add_argument(
        "found",
        metavar="FOUND",
        help="folder that detect wrote, BIDS derivative, or one file of arousals",
    )
    parser.add_argument(
        "truth",
        metavar="TRUTH",
        nargs="+",
        help="file or folder of an expert's marks: NSRR (SHHS, MESA, MrOS, CFS, CHAT), PhysioNet/"
        "CinC Challenge 2018, DREAMS, BIDS, or any format that read_arousals reads; several are "
        "several scorers",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        default="evaluation",
        help="folder for the results (default evaluation)",
    )
    parser.add_argument(
        "--ages", metavar="FILE", help="table (csv, tsv) of subjects with a column age, in years"
    )
    parser.add_argument(
        "--peer",
        metavar="NAME=PATH",
        nargs="+",
        default=(),
        type=_peer,
        help="what other programs found, to be scored beside",
    )
    parser.add_argument(
        "--recordings",
        metavar="DIR",
        help="folder of the recordings: tells when they start, for marks with times of a clock; "
        "psgscoring and Luna are run on them where they are installed and scored beside",
    )
    parser.add_argument(
        "--min-iou",
        type=_share,
        default=0.3,
        metavar="X",
        help="intersection over union of the stricter criterion (default 0.3)",
    )
    parser.add_argument(
        "--tolerance",
        type=_positive,
        default=2.0,
        metavar="S",
        help="distance of onsets of the third criterion, in s (default 2)",
    )
    parser.add_argument(
        "--count-unmarked",
        action="store_true",
        help="count recordings whose file holds no arousal as free of arousals; by default they "
        "are left out",
    )
    parser.add_argument(
        "--resamples",
        type=_count,
        default=1000,
        metavar="N",
        help="bootstrap samples over recordings (default 1000; 0 for no intervals)",
    )
    parser.add_argument(
        "--seed", type=_count, default=0, metavar="N", help="random seed (default 0)"
    )
    add_verbose_option(parser)
    parser.set_defaults(run=run)


def _peer(text: str) -> tuple[str, str]:
    name, found, path = text.partition("=")
    if not (name and found and path) or name == "found":
        raise argparse.ArgumentTypeError(f"give NAME=PATH, as luna=results/luna; got {text!r}")
    return name, path


def _share(text: str) -> float:
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"give a number above 0, at most 1; got {text!r}")
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"give a positive number; got {text!r}")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"give a number; got {text!r}") from None


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"give a whole number of 0 or more; got {text!r}")
    return int(text)


def run(arguments) -> int:
    """Evaluate, print the scores and write them.

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
    from ..metrics import evaluate_dataset
    from ..report import save_evaluation_page
    from ..utils.files import check_output_folder
    from ..utils.text import printable

    folder = check_output_folder(arguments.output)
    evaluation = evaluate_dataset(
        arguments.found,
        arguments.truth,
        peers=dict(arguments.peer),
        recordings=arguments.recordings,
        ages=arguments.ages,
        min_iou=arguments.min_iou,
        tolerance=arguments.tolerance,
        count_unmarked=arguments.count_unmarked,
        n_resamples=arguments.resamples,
        random_state=arguments.seed,
    )
    print(scores_text(evaluation))
    for note in evaluation.notes:
        print(f"note: {printable(note)}")
    paths = evaluation.save(folder)
    paths.append(save_evaluation_page(evaluation, Path(folder) / "evaluation.html"))
    for path in paths:
        print(f"wrote {printable(path)}")
    return 0


def scores_text(evaluation) -> str:
    """Write the scores of each comparison below each other.

    Parameters
    ----------
    evaluation : Evaluation
        The evaluation.

    Returns
    -------
    text : str
        Lines.
    """
    from ..metrics.comparison import MEASURES
    from ..utils.text import printable

    lines = []
    table = evaluation.scores[evaluation.scores["scope"] == "all"]
    for (detector, truth), part in table.groupby(["detector", "truth"], sort=False):
        lines.append(f"{printable(detector)} against {printable(truth)}:")
        rows = part.set_index("measure")
        for measure in _SHOWN:
            if measure in rows.index and rows.loc[measure, "value"] == rows.loc[measure, "value"]:
                lines.append(_line(MEASURES[measure], rows.loc[measure]))
    return "\n".join(lines)


def _line(label: str, row) -> str:
    text = f"  {label:<52} {row['value']:7.3f}"
    if row["low"] == row["low"]:  # not NaN
        text += f"  [{row['low']:.3f}, {row['high']:.3f}]"
    return f"{text}  n={int(row['n_recordings'])}"
