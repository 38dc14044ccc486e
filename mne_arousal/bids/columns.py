"""What the derivative's tables and files say of themselves."""

from __future__ import annotations

from .._version import __version__

HED_VERSION = "score_2.1.0"
SOURCE = "source"  # name by which files refer to the dataset that they were made from
DESCRIPTIONS = {
    "desc-arousal": "Micro-arousals found by mne-arousal, without labels.",
    "desc-stages": "Stage clusters of 30 s epochs found by mne-arousal, without labels.",
}
EVENT_COLUMNS = (
    "onset",
    "duration",
    "trial_type",
    "score",
    "onset_low",
    "onset_high",
    "end_low",
    "end_high",
    "stage_cluster",
    "kind",
    "respiratory_drop",
    "limb_movement",
    "desaturation",
    "channel",
)
_TIME = {
    "onset": {
        "LongName": "Onset",
        "Description": "Start of the event, from the start of the recording.",
        "Units": "s",
    },
    "duration": {"LongName": "Duration", "Description": "Length of the event.", "Units": "s"},
}


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
        "trial_type": {
            "LongName": "Kind of event",
            "Description": "Every row is an arousal.",
            "Levels": {"arousal": "A micro-arousal, marked by a program without an expert."},
            "HED": {"arousal": "Sleep-related-arousal"},
        },
        "score": {
            "LongName": "Score",
            "Description": "Strength of the evidence in spreads of the sleep of this night; higher "
            "is surer. It has no unit.",
        },
        "onset_low": {
            "LongName": "Earliest onset",
            "Description": "Start of the interval that should hold the onset with 90 %.",
            "Units": "s",
        },
        "onset_high": {
            "LongName": "Latest onset",
            "Description": "End of the interval that should hold the onset with 90 %.",
            "Units": "s",
        },
        "end_low": {
            "LongName": "Earliest end",
            "Description": "Start of the interval that should hold the end with 90 %.",
            "Units": "s",
        },
        "end_high": {
            "LongName": "Latest end",
            "Description": "End of the interval that should hold the end with 90 %.",
            "Units": "s",
        },
        "kind": {
            "LongName": "Kind of arousal",
            "Description": "What changes most.",
            "Levels": {
                "theta": "Theta of the EEG.",
                "alpha": "Alpha of the EEG.",
                "beta": "Beta of the EEG.",
                "emg": "Chin EMG.",
            },
        },
        "respiratory_drop": {
            "LongName": "Drop of breathing",
            "Description": "Whether breathing fell shortly before: 1 or 0, n/a without a channel.",
        },
        "limb_movement": {
            "LongName": "Limb movement",
            "Description": "Whether a leg moved shortly before: 1 or 0, n/a without a channel.",
        },
        "desaturation": {
            "LongName": "Desaturation",
            "Description": "Fall of the oxygen saturation around the arousal; n/a without a "
            "channel.",
            "Units": "%",
        },
        "stage_cluster": {
            "LongName": "Stage cluster",
            "Description": "Number of the stage cluster in which the arousal begins, see the table "
            "desc-stages of the same recording.",
        },
        "channel": {
            "LongName": "Channels",
            "Description": "EEG channels that show the arousal, separated by commas; n/a where all "
            "do.",
        },
    }


def stage_sidecar(source: str, clusters: list[int], wake: list[int]) -> dict:
    """Describe the columns of the table of stage clusters.

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
        f"stage_cluster_{cluster}": "Wake." if cluster in wake else "A stage of sleep, unnamed."
        for cluster in clusters
    }
    return {
        "Description": "Stage clusters of 30 s, numbered from the most wake-like on. They are "
        "clusters, not stages of a manual.",
        "Sources": [f"bids:{SOURCE}:{source}"],
        **_TIME,
        "trial_type": {
            "LongName": "Stage cluster",
            "Description": "Stage cluster of the epoch.",
            "Levels": levels,
        },
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

IGNORED = """arousals.tsv
arousals.json
timing.tsv
timing.json
*_parameters.json
pipeline.safetensors
"""
