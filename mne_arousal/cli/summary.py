"""What was found in a night, in words."""

from __future__ import annotations

from math import isfinite

from ..hypnogram.codes import UNSCORED
from ..stages.statistics import DEFINITIONS, sleep_statistics
from ..utils.text import printable

_LINES = {
    "TST": "total sleep time",
    "SE": "sleep efficiency",
    "SOL": "sleep onset latency",
    "REM_latency": "REM latency from sleep onset",
    "WASO": "wake after sleep onset",
    "awakenings": "awakenings",
    "arousal_index_NREM": "arousal index in NREM sleep",
    "arousal_index_REM": "arousal index in REM sleep",
}


def print_night(night) -> None:
    """Print channels, stages, sleep statistics, arousal index and time used.

    Parameters
    ----------
    night : Night
        What was found.
    """
    print(f"\n{printable(night.name)}: {night.duration / 3600:.2f} h")
    print("Channels:")
    for label in night.channels:
        role, _, name = label.partition(":")
        print(f"  {printable(name):<24} {role.replace('/', ', ')}")
    if (night.hypnogram.stages != UNSCORED).any():
        _print_stages(night)
    else:
        _print_clusters(night)
    print(
        f"Arousals: {len(night.arousals)} in {night.sleep_hours:.2f} h of sleep, "
        f"arousal index {night.arousal_index:.1f} per hour"
    )
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in night.seconds.items())
    print(f"Time: {steps}\n")


def _print_stages(night) -> None:
    numbers = sleep_statistics(night.hypnogram, night.arousals)
    whose = "given" if night.given_hypnogram is not None else "found"
    print(f"Stages ({whose}):")
    for name, key in (("W", "WAKE"), ("N1", "N1"), ("N2", "N2"), ("N3", "N3"), ("R", "REM")):
        percent = f"%{key}"
        share = f"{numbers[percent]:5.1f} % of sleep" if percent in numbers else ""
        print(f"  {name:<2} {numbers[key]:7.1f} min  {share}".rstrip())
    if numbers["unscored"]:
        print(f"  ?  {numbers['unscored']:7.1f} min")
    print("Sleep:")
    for name, words in _LINES.items():
        unit, value = DEFINITIONS[name][0], numbers[name]
        text = f"{value:7.1f} {unit}" if isfinite(value) else "    n/a"
        print(f"  {words:<32}{text}".rstrip())


def _print_clusters(night) -> None:
    print("Stage clusters (0 is the most wake-like):")
    clusters = night.stages["cluster"]
    for cluster in sorted(clusters.unique()):
        epochs = int((clusters == cluster).sum())
        minutes = epochs * float(night.stages["duration"].iloc[0]) / 60
        wake = "  wake" if cluster in night.wake_clusters else ""
        label = cluster if cluster >= 0 else "n/a"
        print(f"  {label:<3}{minutes:7.1f} min  {epochs / len(clusters):6.1%}{wake}")
