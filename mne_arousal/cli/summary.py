"""What was found in a night, in words."""

from __future__ import annotations

from ..utils.text import printable


def print_night(night) -> None:
    """Print channels, stage clusters, arousal index and time used.

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
    print("Stage clusters (0 is the most wake-like):")
    clusters = night.stages["cluster"]
    for cluster in sorted(clusters.unique()):
        epochs = int((clusters == cluster).sum())
        minutes = epochs * float(night.stages["duration"].iloc[0]) / 60
        wake = "  wake" if cluster in night.wake_clusters else ""
        label = cluster if cluster >= 0 else "n/a"
        print(f"  {label:<3}{minutes:7.1f} min  {epochs / len(clusters):6.1%}{wake}")
    print(
        f"Arousals: {len(night.arousals)} in {night.sleep_hours:.2f} h of sleep, "
        f"arousal index {night.arousal_index:.1f} per hour"
    )
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in night.seconds.items())
    print(f"Time: {steps}\n")
