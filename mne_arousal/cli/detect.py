"""``mne-arousal detect``: the arousals of a recording, or of a BIDS dataset."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from .detect_folder import is_dataset, run_folder
from .options import (
    add_channel_options,
    add_detection_options,
    add_epoch_length_option,
    channel_options,
    detection_options,
)
from .parsing import jobs

SOME_FAILED = 1
_DATASET_ONLY = (
    "subject_label",
    "session_label",
    "task_label",
    "run_label",
    "datatype",
    "jobs",
    "dask",
    "fit_on",
    "pipeline",
)
_DATED = (".fif", ".edf", ".xml", ".night.zip")
FOLDER_FORMATS = (".ds", ".mff")  # folders that are one recording
_FORMATS = ("edf", "xml", "annot")  # csv and fif are always written
_STAGE_FORMATS = {"yasa": "csv", "eannot": "eannot"}  # of stages alone, with their endings
_DATASET_FLAGS = ("dry_run", "no_hypnogram")


def add_parser(commands) -> None:
    """Add the parser of ``detect``.

    Parameters
    ----------
    commands : argparse subparsers
        Where to add it.
    """
    parser = commands.add_parser(
        "detect",
        help="find the arousals of a recording or of a BIDS dataset",
        description="Find the stages and arousals of a recording in any format that MNE reads, or "
        "of all recordings of a BIDS dataset. A run on a dataset that was ended goes on where it "
        "stopped when it is started again.",
        epilog="Exit status: 0 done, 1 some recordings of the dataset failed, 2 the call, the "
        "recording or the output folder can't be used.",
    )
    parser.add_argument(
        "input",
        metavar="INPUT",
        help="recording (EDF, BDF, FIF, BrainVision, ...), folder of a BIDS dataset, or any folder "
        "with recordings",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="folder for the results; for a dataset derivatives/mne-arousal in it by default",
    )
    parser.add_argument(
        "--hypnogram",
        metavar="FILE",
        help="stages that somebody scored, used to tell sleep from wake and where REM sleep is",
    )
    add_epoch_length_option(parser)
    parser.add_argument(
        "--format",
        type=_formats,
        default=(),
        metavar="LIST",
        help="formats to write arousals and stages of a recording in beside csv and fif, separated "
        "by commas: edf (EDF+), xml (EDFbrowser), annot (Luna); of stages: yasa, eannot (Luna)",
    )
    parser.add_argument(
        "--save-night",
        action="store_true",
        help="save all that was found as NAME.night.zip, for mne-arousal review and full reports",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace results of another recording of the same name; in a folder or a dataset, do "
        "finished recordings again",
    )
    add_channel_options(parser)
    parser.add_argument(
        "--anonymize",
        action="store_true",
        help="leave the recording's date out of what is written; a dataset's results have none",
    )
    add_detection_options(parser)
    _add_dataset_options(parser.add_argument_group("for a BIDS dataset"))
    parser.set_defaults(run=run)


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    known = (*_FORMATS, *_STAGE_FORMATS)
    unknown = set(names) - {"csv", "fif", *known}
    if unknown:
        raise argparse.ArgumentTypeError(f"choose from csv, fif, {', '.join(known)}; got {text!r}")
    return tuple(dict.fromkeys(name for name in names if name in known))


def _add_dataset_options(group) -> None:
    for entity in ("subject", "session", "task", "run"):
        group.add_argument(
            f"--{entity}",
            dest=f"{entity}_label",  # "run" alone is the function
            nargs="+",
            metavar="LABEL",
            help=f"{entity} labels to use (default all)",
        )
    group.add_argument(
        "--datatype", nargs="+", metavar="TYPE", help="of eeg, ieeg, meg (default eeg)"
    )
    group.add_argument(
        "--jobs",
        type=jobs,
        metavar="N",
        help="recordings worked on at once, -1 for as many as there are cores (default 1)",
    )
    group.add_argument("--dask", metavar="ADDRESS", help="Dask scheduler whose workers to use")
    group.add_argument(
        "--fit-on",
        nargs="+",
        metavar="LABEL",
        help="fit one pipeline on these subjects for all (default: each recording by itself)",
    )
    group.add_argument("--pipeline", metavar="FILE", help="apply this pipeline.safetensors")
    group.add_argument(
        "--no-hypnogram", action="store_true", help="don't use the stages in events.tsv"
    )
    group.add_argument("--dry-run", action="store_true", help="tell only what would be done")


def run(arguments) -> int:
    """Find the arousals and write them.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        Exit status.
    """
    source = Path(arguments.input)
    if not source.is_dir() or source.suffix.lower() in FOLDER_FORMATS:
        return _run_recording(arguments)
    if is_dataset(source):
        return _run_dataset(arguments)
    refuse_dataset_options(arguments)
    return run_folder(arguments)


def _run_recording(arguments) -> int:
    from ..utils.errors import RecordingError
    from ..utils.text import printable
    from .summary import print_night

    refuse_dataset_options(arguments)
    if arguments.output is None:
        raise RecordingError("Name a folder for the results by --output.")
    check_formats(arguments)
    night, paths = analyze_and_write(arguments, Path(arguments.input), Path(arguments.output))
    print_night(night)
    dated = night.annotations.orig_time is not None
    for path in paths:
        holds_date = dated and path.name.endswith(_DATED)
        note = " (holds the date of the recording; --anonymize leaves it out)" if holds_date else ""
        print(f"wrote {printable(path)}{note}")
    print(f"Results are in {printable(Path(arguments.output))}.")
    return 0


def refuse_dataset_options(arguments) -> None:
    """Refuse options of BIDS datasets for other inputs."""
    from ..utils.errors import RecordingError

    given = [name for name in _DATASET_ONLY if getattr(arguments, name) is not None]
    given += [name for name in _DATASET_FLAGS if getattr(arguments, name)]
    if given:
        option = "--" + given[0].removesuffix("_label").replace("_", "-")
        kind = "is a folder without one" if Path(arguments.input).is_dir() else "is no folder"
        raise RecordingError(f"{option} is for a BIDS dataset, and {arguments.input} {kind}.")


def check_formats(arguments) -> None:
    """Refuse formats whose library is missing, before the work begins."""
    from ..utils.errors import RecordingError

    if "edf" in arguments.format and find_spec("edfio") is None:
        raise RecordingError("--format edf needs edfio: python -m pip install 'mne-arousal[edf]'.")


def analyze_and_write(arguments, source: Path, folder: Path):
    """Analyze a recording and write its results.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.
    source : Path
        The recording.
    folder : Path
        Where to write.

    Returns
    -------
    night : Night
        What was found.
    paths : list of Path
        What was written.
    """
    from ..annotate import analyze_recording
    from ..output_record import check_place, source_digest, write_record
    from ..outputs import write_night
    from ..recording.reading import read_recording
    from ..utils.files import check_output_folder
    from ..utils.progress import progress_bar

    options = channel_options(arguments) | detection_options(arguments)
    folder = check_output_folder(folder)
    raw, name = read_recording(source)
    digest = source_digest(source)
    check_place(folder, name, digest, overwrite=arguments.overwrite)
    with progress_bar(name, arguments.features):
        night = analyze_recording(
            raw if read_recording(raw)[1] == name else source,  # opened once where it may be
            hypnogram=arguments.hypnogram,
            epoch_length=arguments.epoch_length,
            **options,
        )
    if arguments.anonymize:
        night = night.without_date()
    paths = [*write_night(night, folder), *_write_formats(night, folder, arguments.format)]
    if arguments.save_night:
        paths.append(night.save(folder / night.name))
    write_record(folder, night.name, digest, run_parameters(arguments), paths)
    return night, paths


def run_parameters(arguments) -> dict:
    """Return what results depend on, fit for JSON, without paths."""
    names = ("features", "min_probability", "false_alarms_per_hour", "seed", "picks", "reference")
    chosen = {name: getattr(arguments, name) for name in names}
    chosen = {k: list(v) if isinstance(v, tuple | list) else v for k, v in chosen.items()}
    return chosen | {"hypnogram": arguments.hypnogram is not None}


def _write_formats(night, folder, formats):
    from ..annotation_files import write_annotations
    from ..hypnogram import write_hypnogram

    # EDF's first date stands for none, and is what EDFbrowser sees in files without one
    start = night.annotations.orig_time or datetime(1985, 1, 1, tzinfo=UTC)
    if night.annotations.orig_time and len(night.arousals):  # cropped, it begins after its date
        start += timedelta(seconds=night.annotations.onset[0] - night.arousals["onset"].iloc[0])
    hypnogram = replace(night.hypnogram, start=night.start or start)
    for kind in formats:
        stages, *arousals = (folder / name for name in format_names(night.name, (kind,)))
        if kind in _STAGE_FORMATS:
            yield write_hypnogram(hypnogram, stages)
            continue
        yield write_annotations(night.annotations, arousals[0], start=start)
        yield write_annotations(hypnogram.to_annotations(), stages)


def format_names(name: str, formats) -> list[str]:
    """Return the names of the files that further formats of a recording have."""
    names = []
    for kind in formats:
        names.append(f"{name}_hypnogram.{_STAGE_FORMATS.get(kind, kind)}")
        if kind not in _STAGE_FORMATS:
            names.append(f"{name}_arousals.{kind}")
    return names


def _run_dataset(arguments) -> int:
    from ..bids import annotate_bids
    from ..utils.errors import RecordingError

    if arguments.save_night:
        raise RecordingError("--save-night is for recordings; a dataset gets a derivative.")
    if arguments.format:
        raise RecordingError("--format is for one recording; a dataset gets events.tsv files.")
    if arguments.hypnogram is not None or arguments.epoch_length is not None:
        raise RecordingError(
            "--hypnogram is for one recording; of a dataset the stages in events.tsv are used."
        )
    with ExitStack() as stack:
        if arguments.dask is not None:
            _use_dask(stack, arguments.dask)
        table = annotate_bids(
            arguments.input,
            arguments.output,
            subjects=arguments.subject_label,
            sessions=arguments.session_label,
            tasks=arguments.task_label,
            runs=arguments.run_label,
            datatypes=arguments.datatype,
            hypnogram=not arguments.no_hypnogram,
            fit_on=arguments.fit_on,
            pipeline=arguments.pipeline,
            n_jobs=arguments.jobs,
            overwrite=arguments.overwrite,
            dry_run=arguments.dry_run,
            **channel_options(arguments),
            **detection_options(arguments),
        )
    if arguments.dry_run:
        print(table.to_string(index=False))
        return 0
    place = arguments.output or Path(arguments.input) / "derivatives" / "mne-arousal"
    return print_results(table, place)


def _use_dask(stack: ExitStack, address: str) -> None:
    from ..utils.errors import RecordingError

    try:
        from dask.distributed import Client
    except ImportError as error:
        raise RecordingError(
            "--dask needs Dask: python -m pip install 'mne-arousal[dask]'."
        ) from error
    from joblib import parallel_config

    try:
        stack.enter_context(Client(address, timeout=30))
    except (OSError, ValueError) as error:
        raise RecordingError(f"No Dask scheduler answers at {address} ({error}).") from error
    stack.enter_context(parallel_config("dask"))


def print_results(table, place) -> int:
    """Say how many recordings have results and where, and why others have none."""
    from ..utils.text import printable

    failed = table[table["status"] == "failed"]
    print(f"{len(table) - len(failed)} recordings have results, {len(failed)} failed.")
    print(f"Results are in {printable(Path(place))}.")
    for error in failed["error"]:
        print(f"mne-arousal: error: {printable(error)}", file=sys.stderr)
    return SOME_FAILED if len(failed) else 0
