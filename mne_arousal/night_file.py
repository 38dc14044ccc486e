"""Nights on disk: tables, arrays and a JSON text in one zip archive, no code."""

from __future__ import annotations

import io
import json
import math
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd

from .hypnogram.table import Hypnogram
from .night import Night
from .utils.errors import RecordingError

if TYPE_CHECKING:
    from .utils.types import PathLike

FORMAT = "mne-arousal night"
VERSION = 2
_TABLES = ("arousals", "candidates", "stages")
_ARRAYS = ("features", "evidence")
_MAX_INFLATION = 200  # bytes for each one of the archive; evidence of a night without signal has 60
_DATE = (1980, 1, 1, 0, 0, 0)  # the same night, the same bytes


def write_archive(night: Night, path: Path) -> None:
    """Write a night as a zip archive.

    Parameters
    ----------
    night : Night
        The night.
    path : Path
        File to write.
    """
    about = {
        "format": FORMAT,
        "version": VERSION,
        "name": night.name,
        "duration": night.duration,
        "channels": list(night.channels),
        "wake_clusters": [int(cluster) for cluster in night.wake_clusters],
        "sleep_hours": night.sleep_hours,
        "seconds": night.seconds,
        "window_length": night.window_length,
        "start": None if night.start is None else night.start.isoformat(),
        "parameters": night.parameters,
        "calibration": {key: float(value) for key, value in night.calibration.items()},
    }
    if night.given_hypnogram is not None:
        about["given_hypnogram"] = {
            "stages": night.given_hypnogram.stages.tolist(),
            "epoch_length": night.given_hypnogram.epoch_length,
        }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, data: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)

        for name in _TABLES:
            table = getattr(night, name)
            if "ch_names" in table:
                table = table.assign(ch_names=[json.dumps(list(n)) for n in table["ch_names"]])
            add(f"{name}.csv", table.to_csv(index=False, lineterminator="\n").encode())
        for name in _ARRAYS:
            table = getattr(night, name)
            if table is None:
                continue
            about[name] = [str(column) for column in table.columns]
            add(f"{name}.npy", _to_npy(table.to_numpy(dtype=np.float64)))
            onsets = table.index.get_level_values(-1).to_numpy(dtype=float)
            add(f"{name}_onset.npy", _to_npy(onsets))
        add("annotations.json", _annotations_to_json(night.annotations))
        add("night.json", json.dumps(about, indent=2).encode())


def load_night(path: PathLike) -> Night:
    """Read a night that `Night.save` wrote.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    night : Night
        The night, without its pipeline.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    RecordingError
        If it is something else, or damaged.

    Examples
    --------
    >>> from mne_arousal import load_night
    >>> night = load_night("results/night.night.zip")  # doctest: +SKIP
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    try:
        if not path.is_file():
            raise ValueError("no regular file")
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive, path.stat().st_size)
            return _read(archive)
    except Exception as error:  # anybody can make an archive, with any content
        raise RecordingError(
            f"{path} is no night that this program saved, or it is damaged "
            f"({type(error).__name__}). Analyze the recording again."
        ) from error


def _check_sizes(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse an archive that would fill memory."""
    if sum(member.file_size for member in archive.infolist()) > _MAX_INFLATION * size:
        raise ValueError("its members are larger than it can hold")


def _read_npy(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read an array, having compared its shape with the size of its member."""
    data = archive.read(name)
    file = io.BytesIO(data)
    npy = np.lib.format
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    shape, _, dtype = read[npy.read_magic(file)](file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise ValueError("an array has another shape than its data")
    file.seek(0)
    return npy.read_array(file, allow_pickle=False)


def _read(archive: zipfile.ZipFile) -> Night:
    about = json.loads(archive.read("night.json"))
    if about["format"] != FORMAT or about["version"] != VERSION:
        raise ValueError("another format")
    tables = {}
    for name in _TABLES:
        with archive.open(f"{name}.csv") as file:
            table = pd.read_csv(file, keep_default_na=True)
        for column in ("kind", "band", "cues", "reason", "review"):
            if column in table:
                table[column] = table[column].fillna("").astype(str)
        if "ch_names" in table:
            table["ch_names"] = [tuple(json.loads(names)) for names in table["ch_names"]]
        tables[name] = table
    arrays: dict[str, pd.DataFrame | None] = dict.fromkeys(_ARRAYS)
    for name in _ARRAYS:
        if name not in about:
            continue
        values = _read_npy(archive, f"{name}.npy")
        onsets = _read_npy(archive, f"{name}_onset.npy")
        index = pd.Index(onsets, name="onset")
        if name == "features":
            names = [about["name"]] * len(onsets)
            index = pd.MultiIndex.from_arrays([names, onsets], names=["recording", "onset"])
        arrays[name] = pd.DataFrame(values, index=index, columns=about[name])
    given = about.get("given_hypnogram")
    return Night(
        given_hypnogram=None if given is None else Hypnogram(**given),
        start=None if about["start"] is None else datetime.fromisoformat(about["start"]),
        name=str(about["name"]),
        duration=float(about["duration"]),
        channels=[str(name) for name in about["channels"]],
        wake_clusters=[int(cluster) for cluster in about["wake_clusters"]],
        sleep_hours=float(about["sleep_hours"]),
        annotations=_annotations_from_json(archive.read("annotations.json")),
        seconds={str(key): float(value) for key, value in about["seconds"].items()},
        window_length=float(about["window_length"]),
        parameters={str(key): str(value) for key, value in about["parameters"].items()},
        calibration={str(key): float(value) for key, value in about["calibration"].items()},
        **tables,
        **arrays,
    )


def _to_npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, values, allow_pickle=False)
    return file.getvalue()


def _annotations_to_json(annotations: mne.Annotations) -> bytes:
    origin = annotations.orig_time
    return json.dumps(
        {
            "orig_time": None if origin is None else origin.isoformat(),
            "onset": annotations.onset.tolist(),
            "duration": annotations.duration.tolist(),
            "description": [str(text) for text in annotations.description],
            "ch_names": [list(names) for names in annotations.ch_names],
            "extras": [dict(extra) for extra in annotations.extras],
        }
    ).encode()


def _annotations_from_json(data: bytes) -> mne.Annotations:
    about = json.loads(data)
    origin = about.pop("orig_time")
    return mne.Annotations(
        **about, orig_time=None if origin is None else datetime.fromisoformat(origin)
    )
