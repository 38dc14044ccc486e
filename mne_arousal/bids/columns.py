"""What the derivative's tables and files say of themselves."""

from __future__ import annotations

from .._version import __version__
from ..hypnogram.codes import STAGES
from ..night import EVENT_COLUMNS, EventColumn

HED_VERSION = "score_2.1.0"
SOURCE = "source"  # name by which files refer to the dataset that they were made from
DESCRIPTIONS = {
    "desc-arousal": "Micro-arousals found by mne-arousal, without labels.",
    "desc-stages": "Sleep stages of 30 s epochs found by mne-arousal, without labels.",
}
_TRIAL_TYPE = {
    "LongName": "Kind of event",
    "Description": "Every row is an arousal.",
    "Levels": {"arousal": "A micro-arousal, marked by a program without an expert."},
    "HED": {"arousal": "Sleep-related-arousal"},
}
_CHANNEL = {
    "LongName": "Channels",
    "Description": "EEG channels that show the arousal, separated by commas; n/a where all do.",
}


def _sidecar(column: EventColumn) -> dict:
    """Describe a column as BIDS does."""
    about: dict = {"LongName": column.long_name, "Description": column.description}
    if column.levels:
        about["Levels"] = dict(column.levels)
    if column.unit:
        about["Units"] = column.unit
    return about


_SIDECARS = {column.name: _sidecar(column) for column in EVENT_COLUMNS}
_TIME = {name: _SIDECARS[name] for name in ("onset", "duration")}
BIDS_COLUMNS = (
    *_TIME,
    "trial_type",
    *(name for name in _SIDECARS if name not in _TIME),
    "channel",
)


def arousal_sidecar(source: str) -> dict:
    """Describe the columns of the table of arousals.

    Parameters
    ----------
    source : str
        Path of the recording in its dataset.

    Returns
    -------
    sidecar : dict
        For ``*_desc-arousal_events.json``.
    """
    return {
        "Description": "Micro-arousals: shifts of the sleep EEG to faster activity of 3 to 15 s.",
        "Sources": [f"bids:{SOURCE}:{source}"],
        **_TIME,
        "trial_type": _TRIAL_TYPE,
        **{name: about for name, about in _SIDECARS.items() if name not in _TIME},
        "channel": _CHANNEL,
    }


_STAGE_LEVELS = {
    "W": "Wake.",
    "N1": "Light sleep.",
    "N2": "Sleep with spindles and K-complexes.",
    "N3": "Deep sleep with slow waves.",
    "R": "REM sleep.",
}


def stage_sidecar(source: str, clusters: list[int], wake: list[int]) -> dict:
    """Describe the columns of the table of stages.

    Parameters
    ----------
    source : str
        Path of the recording in its dataset.
    clusters : list of int
        Stage clusters of the recording.
    wake : list of int
        Those taken for wake.

    Returns
    -------
    sidecar : dict
        For ``*_desc-stages_events.json``.
    """
    levels = {
        str(cluster): "Wake, by fast EEG and muscle tone." if cluster in wake else "Of any stage."
        for cluster in clusters
    }
    return {
        "Description": "Sleep stages of 30 s, named without labels by physiology, with their "
        "probabilities; and stage clusters, numbered from the most wake-like on.",
        "Sources": [f"bids:{SOURCE}:{source}"],
        **_TIME,
        "trial_type": {
            "LongName": "Sleep stage",
            "Description": "Stage of the epoch; that of a hypnogram where one was given.",
            "Levels": {f"Sleep stage {name}": text for name, text in _STAGE_LEVELS.items()},
        },
        "stage_cluster": {
            "LongName": "Stage cluster",
            "Description": "Stage cluster of the epoch.",
            "Levels": levels,
        },
        "probability": {"Description": "Probability of the stage, found in the recording."},
        **{f"p_{stage}": {"Description": f"Probability of {stage}."} for stage in STAGES},
    }


def descriptions_table() -> str:
    """Write ``descriptions.tsv``.

    Returns
    -------
    table : str
        Tab-separated.
    """
    rows = "".join(f"{label}\t{text}\n" for label, text in DESCRIPTIONS.items())
    return f"desc_id\tdescription\n{rows}"


def descriptions_sidecar() -> dict:
    """Describe the columns of ``descriptions.tsv``.

    Returns
    -------
    sidecar : dict
        For ``descriptions.json``.
    """
    return {
        "Description": "What the values of the entity desc stand for.",
        "desc_id": {"Description": "Entity desc in names of files."},
        "description": {"Description": "What files of that name hold."},
    }


def dataset_description(source_url: str) -> dict:
    """Describe the derivative.

    Parameters
    ----------
    source_url : str
        Path of the source dataset from the derivative, or its absolute ``file`` address.

    Returns
    -------
    description : dict
        For ``dataset_description.json``.
    """
    return {
        "Name": "Sleep stage clusters and micro-arousals",
        "BIDSVersion": "1.10.0",
        "HEDVersion": HED_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [
            {
                "Name": "mne-arousal",
                "Version": __version__,
                "Description": "Stage clusters and micro-arousals, found without labels.",
            }
        ],
        "SourceDatasets": [{"URL": f"bids:{SOURCE}:"}],
        "DatasetLinks": {SOURCE: source_url},
    }


README = """Sleep stage clusters and micro-arousals
=======================================

Made by mne-arousal from recordings of polysomnography, without an expert's marks.
Not for diagnosis or treatment.

- sub-*/**/*_desc-arousal_events.tsv: the arousals of a recording; the .json beside it describes
  the columns.
- sub-*/**/*_desc-stages_events.tsv: its stage clusters, a row for every 30 s.
- sub-*/**/*_desc-arousal_parameters.json: settings, versions, channels and source of the result.
- arousals.tsv: one row for each recording; arousals.json describes the columns.
- timing.tsv: when each recording was worked on and how long that took. It alone differs
  between runs.
- pipeline.safetensors, where there is one: the pipeline that was fitted once for all recordings.
"""

DATASET_FILES = (
    ".bidsignore",
    "README",
    "arousals.",
    "dataset_description.json",
    "descriptions.",
    "pipeline.safetensors",
    "timing.",
)  # beginnings of the names beside the subjects' folders

IGNORED = """arousals.tsv
arousals.json
timing.tsv
timing.json
*_parameters.json
pipeline.safetensors
"""
