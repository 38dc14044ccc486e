"""Results of ``mne-arousal detect`` read back, without analyzing again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd

from .hypnogram.codes import STAGES
from .hypnogram.document import read_document
from .hypnogram.formats.fif import read_fif_annotations
from .night import CANDIDATE_COLUMNS, EXTENSION, Night
from .night_file import load_night
from .utils.errors import RecordingError
from .utils.privacy import reader_words
from .utils.tables import read_table

if TYPE_CHECKING:
    from .utils.types import PathLike

_AROUSALS = "_arousals.csv"
_ROUNDED = 0.002  # s; onsets in tables have three decimals
_TEXTS = ("kind", "band", "cues", "reason")
_EPOCHS = ("onset", "duration", "cluster")


def find_results(folder: PathLike) -> dict[str, Path]:
    """Find results in a folder.

    Parameters
    ----------
    folder : path-like
        Folder that ``mne-arousal detect`` wrote.

    Returns
    -------
    results : dict
        Name of each recording to its file: the night that was saved, otherwise its arousals.
    """
    folder = Path(folder)
    found = {p.name.removesuffix(_AROUSALS): p for p in sorted(folder.glob(f"*{_AROUSALS}"))}
    found |= {p.name.removesuffix(EXTENSION): p for p in sorted(folder.glob(f"*{EXTENSION}"))}
    return dict(sorted(found.items()))


def is_result(path: PathLike) -> bool:
    """Tell whether a file is a result of this program, and no recording."""
    return Path(path).name.endswith((EXTENSION, _AROUSALS))


def read_result(path: PathLike) -> Night:
    """Read the night of a result.

    Parameters
    ----------
    path : path-like
        ``<name>.night.zip``; or ``<name>_arousals.csv``, beside which the other tables lie; or a
        folder with the results of one recording.

    Returns
    -------
    night : Night
        The night. From tables it has no features, no evidence and no channels.

    Raises
    ------
    RecordingError
        If there is no result, or there are several, or a table is missing or damaged.
    """
    path = Path(path)
    if path.is_dir():
        return read_result(_only_result(path))
    if path.name.endswith(_AROUSALS):
        return _from_tables(path)
    return load_night(path)


def _only_result(folder: Path) -> Path:
    found = find_results(folder)
    if not found:
        raise RecordingError(
            f"{folder} holds no results. Run mne-arousal detect with --output {folder} first."
        )
    if len(found) > 1:
        raise RecordingError(
            f"{folder} holds results of {', '.join(found)}. Name one of "
            f"{', '.join(path.name for path in found.values())} in it."
        )
    return next(iter(found.values()))


def _from_tables(path: Path) -> Night:
    name = path.name.removesuffix(_AROUSALS)
    try:
        stages = read_table(path.with_name(f"{name}_stages.csv"), needed=_EPOCHS)
        arousals = _events(path)
        candidates = path.with_name(f"{name}_candidates.csv")
        rejected = _events(candidates) if candidates.exists() else None
        night = night_of_tables(name, arousals, rejected, stages)
    except RecordingError:
        raise
    except Exception as error:  # anybody can change a table
        raise RecordingError(
            f"the tables beside {path.name} can't be read ({reader_words(error)}). Run "
            "mne-arousal detect again.",
            name,
        ) from error
    return _dated(night, path.with_name(f"{name}-annot.fif"))


def _events(path: Path) -> pd.DataFrame:
    table = read_table(path, needed=("onset", "duration"))
    for name in _TEXTS:
        if name in table:
            table[name] = table[name].fillna("").astype(str)
    return table


def _dated(night: Night, path: Path) -> Night:
    """Give a night the date that its annotations have."""
    if not path.exists():
        return night
    annotations = read_fif_annotations(read_document(path, "annotation"))
    if annotations.orig_time is None or len(annotations) != len(night.arousals):
        return night
    shift = 0.0
    if len(annotations):  # cropped, the recording begins after its date
        shift = float(annotations.onset[0] - night.arousals["onset"].iloc[0])
        shift = 0.0 if abs(shift) < _ROUNDED else shift
    night.annotations = annotations
    night.start = annotations.orig_time + pd.Timedelta(seconds=shift)
    return night


def night_of_tables(
    name: str, arousals: pd.DataFrame, candidates: pd.DataFrame | None, stages: pd.DataFrame
) -> Night:
    """Make a night of its tables alone.

    Parameters
    ----------
    name : str
        Name of the recording.
    arousals, candidates : DataFrame
        As ``night.arousals`` and ``night.candidates``; columns that are missing are unknown.
    stages : DataFrame
        As ``night.stages``; ``stage_cluster`` stands for ``cluster``, and ``trial_type`` for
        ``stage``, as in a BIDS derivative.

    Returns
    -------
    night : Night
        The night, without features, evidence and pipeline.
    """
    stages = _stages(stages)
    if candidates is None:
        candidates = pd.DataFrame({column: [] for column in CANDIDATE_COLUMNS})
    for table in (arousals, candidates):
        if "probability" not in table:
            table["probability"] = np.nan
    clusters = stages["cluster"].to_numpy()
    night = Night(
        name=name,
        duration=float((stages["onset"] + stages["duration"]).max()) if len(stages) else 0.0,
        channels=[],
        arousals=arousals,
        candidates=candidates,
        stages=stages,
        wake_clusters=[0] if (clusters == 0).any() else [],
        sleep_hours=0.0,
        annotations=mne.Annotations(
            arousals["onset"], arousals["duration"], ["arousal"] * len(arousals)
        ),
        seconds={},
    )
    night.sleep_hours = float(night.asleep @ stages["duration"]) / 3600.0
    return night


def _stages(stages: pd.DataFrame) -> pd.DataFrame:
    stages = stages.rename(columns={"stage_cluster": "cluster"})
    if "stage" not in stages and "trial_type" in stages:
        names = stages["trial_type"].astype(str).str.removeprefix("Sleep stage ")
        stages["stage"] = names.where(names.isin(STAGES), "?")
    if "stage" not in stages:
        stages["stage"] = "?"
    stages["stage"] = stages["stage"].fillna("?")
    stages["cluster"] = stages["cluster"].fillna(-1).astype(int)  # -1: no valid signal
    return stages
