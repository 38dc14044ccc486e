"""The files of the derivative: of one recording, and of the dataset."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np

from ..hypnogram.codes import STAGES
from ..night import Night
from ..utils.text import names_cell, table_cell
from .columns import (
    BIDS_COLUMNS,
    IGNORED,
    README,
    arousal_sidecar,
    dataset_description,
    descriptions_sidecar,
    descriptions_table,
    stage_sidecar,
)
from .dataset import Recording
from .output_tree import OutputTree
from .settings import Settings, to_json, versions

# Written last: with it a recording's result is complete.
TEXT_COLUMNS = ("kind", "band", "cues")
PARAMETERS_FILE = ("arousal", "parameters", ".json")
RESULT_NAMES = (
    ("arousal", "events", ".tsv"),
    ("arousal", "events", ".json"),
    ("stages", "events", ".tsv"),
    ("stages", "events", ".json"),
    PARAMETERS_FILE,
)
MAX_NAME = 255  # bytes; the limit of ext4, APFS and NTFS


def write_dataset_files(tree: OutputTree, root: Path) -> None:
    """Write the files that describe the derivative.

    Parameters
    ----------
    tree : OutputTree
        The output folder.
    root : Path
        The source dataset.
    """
    link = Path(os.path.relpath(root.resolve(), tree.root.resolve())).as_posix()
    tree.write("dataset_description.json", to_json(dataset_description(link)))
    tree.write("README", README.encode())
    tree.write(".bidsignore", IGNORED.encode())
    tree.write("descriptions.tsv", descriptions_table().encode())
    tree.write("descriptions.json", to_json(descriptions_sidecar()))


def write_recording(
    tree: OutputTree,
    recording: Recording,
    night: Night,
    settings: Settings,
    *,
    summary: dict,
    warnings: list[str],
    sources: dict[str, str],
) -> None:
    """Write the result of one recording.

    Parameters
    ----------
    tree : OutputTree
        The output folder.
    recording : Recording
        The recording.
    night : Night
        What was found.
    settings : Settings
        Settings of the run.
    summary : dict
        Its row in ``arousals.tsv``.
    warnings : list of str
        Notes on the recording.
    sources : dict
        SHA-256 of the files read.
    """
    clusters = sorted(int(k) for k in night.stages["cluster"].unique() if k >= 0)
    files = {
        recording.derived("arousal", "events", ".tsv"): arousal_table(night).encode(),
        recording.derived("arousal", "events", ".json"): to_json(arousal_sidecar(recording.path)),
        recording.derived("stages", "events", ".tsv"): stage_table(night).encode(),
        recording.derived("stages", "events", ".json"): to_json(
            stage_sidecar(recording.path, clusters, night.wake_clusters)
        ),
    }
    for path, data in files.items():
        tree.write(path, data)
    parameters = {
        "Parameters": settings.parameters(),
        "ParametersSHA256": settings.digest(),
        "Versions": versions(),
        "Sources": sources,
        "Channels": list(night.channels),
        "Pipeline": night.parameters,
        "Fitted": _fitted(night),
        "Warnings": warnings,
        "Summary": summary,
        "Files": {path.name: hashlib.sha256(data).hexdigest() for path, data in files.items()},
    }
    tree.write(recording.derived(*PARAMETERS_FILE), to_json(with_checksum(parameters)))


def with_checksum(record: dict) -> dict:
    """Add to a record the SHA-256 of all else in it.

    Parameters
    ----------
    record : dict
        Plain values.

    Returns
    -------
    record : dict
        The same with ``"RecordSHA256"``.
    """
    return record | {"RecordSHA256": hashlib.sha256(to_json(record)).hexdigest()}


def read_parameters(tree: OutputTree, recording: Recording) -> dict | None:
    """Read the record of a finished recording.

    Parameters
    ----------
    tree : OutputTree
        The output folder.
    recording : Recording
        The recording.

    Returns
    -------
    parameters : dict | None
        None when its result is not complete or was changed since.
    """
    path = recording.derived(*PARAMETERS_FILE)
    parameters = parse_parameters(tree.read(path))
    if parameters is None:
        return None
    for name, digest in parameters["Files"].items():
        data = tree.read(path.parent / Path(name).name)
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            return None
    return parameters


def parse_parameters(data: bytes | None) -> dict | None:
    """Parse the record of a finished recording.

    Parameters
    ----------
    data : bytes | None
        Content of the file.

    Returns
    -------
    parameters : dict | None
        None when it is no such record, or was changed since it was written.
    """
    try:
        parameters = json.loads(data or b"")
    except (ValueError, RecursionError):
        return None
    kinds = {"Files": dict, "Summary": dict, "ParametersSHA256": str, "Parameters": dict}
    if not isinstance(parameters, dict):
        return None
    if not all(isinstance(parameters.get(key), kind) for key, kind in kinds.items()):
        return None
    rest = {key: value for key, value in parameters.items() if key != "RecordSHA256"}
    try:
        return parameters if with_checksum(rest) == parameters else None
    except ValueError:  # NaN, which JSON has not
        return None


def arousal_table(night: Night) -> str:
    """Write the table of arousals.

    Parameters
    ----------
    night : Night
        What was found.

    Returns
    -------
    table : str
        Tab-separated; columns as in ``BIDS_COLUMNS``.
    """
    lines = ["\t".join(BIDS_COLUMNS)]
    for arousal in night.arousals.itertuples():
        texts = {
            "trial_type": "arousal",
            **{name: table_cell(getattr(arousal, name, "")) or "n/a" for name in TEXT_COLUMNS},
            "channel": names_cell(arousal.ch_names),
        }
        if arousal.stage_cluster < 0:
            texts["stage_cluster"] = "n/a"
        row = [texts.get(name) or number(getattr(arousal, name, np.nan)) for name in BIDS_COLUMNS]
        lines.append("\t".join(row))
    return "\n".join(lines) + "\n"


def stage_table(night: Night) -> str:
    """Write the table of stages.

    Parameters
    ----------
    night : Night
        What was found.

    Returns
    -------
    table : str
        Tab-separated; columns ``onset``, ``duration``, ``trial_type`` (as MNE names stages),
        ``stage_cluster``, ``probability`` and those of each stage; n/a
        where the signal is invalid.
    """
    shares = [f"p_{stage}" for stage in STAGES]
    lines = [
        "\t".join(["onset", "duration", "trial_type", "stage_cluster", "probability", *shares])
    ]
    for epoch in night.stages.itertuples():
        values = [epoch.probability, *(getattr(epoch, share) for share in shares)]
        stage = "n/a" if epoch.stage == "?" else f"Sleep stage {epoch.stage}"
        cluster = str(int(epoch.cluster)) if epoch.cluster >= 0 else "n/a"
        cells = [number(epoch.onset), number(epoch.duration), stage, cluster]
        cells += [number(round(value, 4)) for value in values]
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Write a number with at most six decimals: a microsecond is far shorter than a sample.

    Parameters
    ----------
    value : float
        Number.

    Returns
    -------
    text : str
        ``"n/a"`` for what is no number, as BIDS has it.
    """
    if not np.isfinite(value):
        return "n/a"
    text = f"{float(value):.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _fitted(night: Night) -> dict:
    clusterer = night.pipeline[-1]
    calibration = {
        key: float(value) for key, value in night.calibration.items() if np.isfinite(value)
    }
    return {
        "n_states": int(clusterer.n_states_),
        "wake_clusters": [int(cluster) for cluster in night.wake_clusters],
        "calibration": calibration,
    }
