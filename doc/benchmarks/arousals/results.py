"""Results that are kept: this package's and those of other detectors, in one form."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

# folder of results in the cache, and name in the page
PEERS = {
    "psgscoring-rules": "psgscoring, rules",
    "psgscoring-lightgbm": "psgscoring, LightGBM",
    "psgscoring-unet-v1": "psgscoring, U-Net v1",
    "psgscoring-unet-v2": "psgscoring, U-Net v2",
    "luna": "Luna AROUSALS",
}

OWN = ("found_hours", "asked", "steps", "longer", "evidence")  # what says nothing of others


def load_own(cache: Path, method: str, half: str) -> dict[str, dict]:
    """Load this package's results by recording.

    Parameters
    ----------
    cache : Path
        Folder of `run.py`.
    method : str
        One of `run.METHODS`.
    half : str
        ``"choose"`` or ``"report"``; the whole real night belongs to both.

    Returns
    -------
    results : dict
        By name of the recording.
    """
    found = {}
    for path in sorted((cache / "results" / method).glob("[!.]*.json")):
        result = json.loads(path.read_text())
        if result["half"] in (half, "both"):
            found[result["name"]] = result
    return found


def load_peer(cache: Path, method: str, truths: dict[str, dict]) -> dict[str, dict]:
    """Load the results of another detector for the recordings of which the truth is known.

    Parameters
    ----------
    cache : Path
        Folder that holds ``peers/METHOD/NAME.csv``, ``NAME.candidates.csv`` and ``NAME.json``.
    method : str
        One of `PEERS`.
    truths : dict
        Own results, for the truth.

    Returns
    -------
    results : dict
        By name of the recording; those where the detector failed have ``error``.
    """
    folder = cache / "peers" / method
    found = {}
    for name, truth in truths.items():
        if not (folder / f"{name}.json").exists():
            continue
        report = json.loads((folder / f"{name}.json").read_text())
        result = {k: v for k, v in truth.items() if k not in OWN}
        result |= {"method": method, "found": {}, "candidates": {}, "seconds": float("nan")}
        result["error"] = report.get("error")
        if result["error"] is None:
            events = pd.read_csv(folder / f"{name}.csv")
            lower = folder / f"{name}.candidates.csv"
            candidates = pd.read_csv(lower) if lower.exists() else events
            result["found"] = events.to_dict("list")
            result["candidates"] = candidates.to_dict("list")
            result["seconds"] = report["seconds"]
        found[name] = result
    return found


def load_peers(cache: Path, truths: dict[str, dict]) -> dict[str, dict[str, dict]]:
    """Load the results of all other detectors, by name in the page, then by recording."""
    return {title: load_peer(cache, method, truths) for method, title in PEERS.items()}
