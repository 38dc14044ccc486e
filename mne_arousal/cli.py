"""The command ``mne-arousal``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

EXIT_UNUSABLE = 2
FEATURES = ("spectral", "dmd", "encoder")
DEMO_SEED = 7
DEMO_DURATION = 4 * 3600.0  # s; two sleep cycles, well under two minutes on two cores


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : list of str | None
        Arguments; None takes those of the process.

    Returns
    -------
    status : int
        0, or 2 when the call or the recording can't be used.
    """
    arguments = _parser().parse_args(argv)
    # heavy imports come after the arguments are known to be good
    from mne.utils import set_log_level

    from .utils.errors import RecordingError

    set_log_level(arguments.verbose)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            arguments.run(arguments)
        except (RecordingError, FileNotFoundError) as error:
            print(f"mne-arousal: error: {error}", file=sys.stderr)
            return EXIT_UNUSABLE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mne-arousal",
        description="Find sleep stages and micro-arousals in unlabelled polysomnography.",
        epilog="Exit status: 0 done, 2 the call or the recording can't be used.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    detect = commands.add_parser(
        "detect",
        help="find the arousals of a recording",
        description="Find the stages and arousals of a recording in any format that MNE reads.",
    )
    detect.add_argument("input", metavar="INPUT", help="recording: EDF, BDF, FIF, BrainVision, ...")
    detect.add_argument("--output", metavar="DIR", required=True, help="folder for the results")
    detect.add_argument(
        "--hypnogram", metavar="FILE", help="stages, used only to tell sleep from wake"
    )
    _add_common(detect)
    detect.set_defaults(run=_detect)

    demo = commands.add_parser(
        "demo",
        help="detect on a simulated night and score the result",
        description="Simulate a night, find its arousals and compare them with the truth. Offline.",
    )
    demo.add_argument("--output", metavar="DIR", help="keep the results in this folder")
    _add_common(demo)
    demo.set_defaults(run=_demo)

    info = commands.add_parser("sys-info", help="print versions and devices")
    info.add_argument("--verbose", default="warning", help=argparse.SUPPRESS)
    info.set_defaults(run=_sys_info)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
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
        "--false-alarms",
        type=float,
        default=2.0,
        metavar="RATE",
        help="events an hour of sleep that noise alone may cause (default 2)",
    )
    parser.add_argument(
        "--verbose",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="how much to log (default info)",
    )


def _features(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in FEATURES]
    if unknown or "spectral" not in names:
        raise argparse.ArgumentTypeError(
            f"choose from {', '.join(FEATURES)}, spectral among them; got {text!r}"
        )
    return names


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    print(f"mne-arousal: warning: {message}", file=sys.stderr)


def _options(arguments) -> dict:
    if not arguments.false_alarms > 0:
        from .utils.errors import RecordingError

        raise RecordingError("--false-alarms must be a positive number of events an hour.")
    return {
        "features": arguments.features,
        "false_alarms": arguments.false_alarms,
        "device": _device(arguments.device),
        "random_state": arguments.seed,
        "verbose": arguments.verbose,
    }


def _device(device: str) -> str:
    from ._array import resolve_device
    from .utils.errors import RecordingError

    try:
        resolve_device(device)
    except ValueError as error:
        raise RecordingError(str(error)) from error
    return device


def _detect(arguments) -> None:
    from .annotate import analyse_recording
    from .outputs import check_output_folder, write_night
    from .utils.errors import RecordingError

    source = Path(arguments.input)
    if source.is_dir():
        raise RecordingError(f"{source} is a folder; name a recording in it.")
    options = _options(arguments)
    folder = check_output_folder(arguments.output)
    night = analyse_recording(source, hypnogram=arguments.hypnogram, **options)
    _describe(night)
    for path in write_night(night, folder):
        print(f"wrote {path}")


def _demo(arguments) -> None:
    from .annotate import analyse_recording
    from .datasets import simulate_psg
    from .metrics import score_arousals
    from .outputs import check_output_folder, write_night

    options = _options(arguments)
    if arguments.output is not None:
        check_output_folder(arguments.output)
    print(f"Simulating {DEMO_DURATION / 3600:g} h of sleep ...", flush=True)
    simulated = simulate_psg(DEMO_DURATION, random_state=DEMO_SEED, verbose=arguments.verbose)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo_raw.fif"
        simulated.raw.save(path, verbose="error")
        night = analyse_recording(path, **options)
    night.name = "demo"
    _describe(night)
    scores = score_arousals(simulated.arousals, night.annotations)
    print(
        f"Agreement with the simulated truth: {scores.n_matched} of {scores.n_true} arousals "
        f"found, {scores.n_pred - scores.n_matched} events that are none.\n"
        f"  F1 {scores.f1:.2f} (precision {scores.precision:.2f}, recall {scores.recall:.2f})\n"
        f"  onset error: median {scores.onset_error_median:.2f} s, "
        f"90th percentile {scores.onset_error_p90:.2f} s"
    )
    if arguments.output is not None:
        for path in write_night(night, arguments.output):
            print(f"wrote {path}")


def _sys_info(arguments) -> None:
    from .utils.sysinfo import sys_info

    sys_info()


def _describe(night) -> None:
    print(f"\n{night.name}: {night.duration / 3600:.2f} h")
    print("Channels:")
    for label in night.channels:
        role, _, name = label.partition(":")
        print(f"  {name:<24} {role.replace('/', ', ')}")
    print("Stage clusters (0 is the most wake-like):")
    clusters = night.stages["cluster"]
    for cluster in sorted(clusters.unique()):
        epochs = int((clusters == cluster).sum())
        minutes = epochs * float(night.stages["duration"].iloc[0]) / 60
        wake = "  wake" if cluster in night.wake_clusters else ""
        print(f"  {cluster}  {minutes:7.1f} min  {epochs / len(clusters):6.1%}{wake}")
    print(
        f"Arousals: {len(night.arousals)} in {night.sleep_hours:.2f} h of sleep, "
        f"arousal index {night.arousal_index:.1f} per hour"
    )
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in night.seconds.items())
    print(f"Time: {steps}\n")
