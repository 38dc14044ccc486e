"""The tables of the whole dataset: results in ``arousals.tsv``, times in ``timing.tsv``."""

from __future__ import annotations

import json

import pandas as pd

from ..night import Night
from ..stages.statistics import DEFINITIONS, sleep_statistics
from ..utils.notes import CODES
from ..utils.text import printable, table_cell
from .dataset import Recording
from .derivative import PARAMETERS_FILE, number, parse_parameters
from .output_tree import STATE, OutputTree
from .settings import to_json

SHORT = 3600.0  # s; less than one sleep cycle
LONG = 16 * 3600.0  # s
_STATISTICS = {
    "tst": "TST",
    "tib": "TIB",
    "se": "SE",
    "sol": "SOL",
    "waso": "WASO",
    "rem_latency": "REM_latency",
    "n1": "N1",
    "n2": "N2",
    "n3": "N3",
    "rem": "REM",
    "awakenings": "awakenings",
    "arousal_index_nrem": "arousal_index_NREM",
    "arousal_index_rem": "arousal_index_REM",
}
COLUMNS = {
    "filename": "Recording, from the folder of the source dataset.",
    "subject": "Subject.",
    "session": "Session.",
    "task": "Task.",
    "run": "Run.",
    "status": "ok, or failed.",
    "hours": "Length of the recording, h.",
    "sleep_hours": "Sleep, by the stages of the recording, h.",
    "n_arousals": "Number of arousals.",
    "arousal_index": "Arousals per hour of sleep.",
    **{name: f"{DEFINITIONS[key][1]} {DEFINITIONS[key][0]}" for name, key in _STATISTICS.items()},
    "flags": "Flags of the recording, separated by commas; see flags in the user guide.",
    "error": "Why the recording failed.",
}
FLAGS = {
    "no_eog": "There is no EOG channel.",
    "no_emg": "There is no chin EMG channel; nothing confirms an arousal in REM sleep.",
    "emg_envelope": "The chin EMG is a slow envelope without a spectrum.",
    "one_eeg": "There is one EEG channel only.",
    **CODES,
    "bad_channels": "Channels marked bad in channels.tsv, or without a scale in the header of an "
    "EDF file, were left out.",
    "no_channels_tsv": "There is no channels.tsv; types of channels go by their names.",
    "no_date": "The recording has no date.",
    "hypnogram": "Stages in events.tsv separated wake from sleep.",
    "short": "The recording is shorter than an hour.",
    "long": "The recording is longer than 16 h.",
}


def summary_row(
    recording: Recording, night: Night | None, flags: list[str], *, error: str = ""
) -> dict:
    """Summarize a recording.

    Parameters
    ----------
    recording : Recording
        The recording.
    night : Night | None
        What was found; None when it failed.
    flags : list of str
        Flags that are known already.
    error : str
        Why it failed.

    Returns
    -------
    row : dict
        Column to text.
    """
    row = dict.fromkeys(COLUMNS, "n/a")
    row |= {
        "filename": recording.path,
        "subject": recording.subject,
        "session": recording.session or "n/a",
        "task": recording.task or "n/a",
        "run": recording.run or "n/a",
        "status": "failed" if night is None else "ok",
        "error": printable(" ".join(error.split())) or "n/a",
    }
    if night is None:
        return row
    row |= {
        "hours": number(night.duration / 3600),
        "sleep_hours": number(night.sleep_hours),
        "n_arousals": str(len(night.arousals)),
        "arousal_index": number(night.arousal_index),
        "flags": ",".join(dict.fromkeys([*flags, *_night_flags(night)])) or "n/a",
    }
    statistics = sleep_statistics(night.hypnogram, night.arousals)
    row |= {name: number(round(statistics[key], 2)) for name, key in _STATISTICS.items()}
    staged = night.stages[night.stages["cluster"] >= 0]
    minutes = staged.groupby("cluster")["duration"].sum() / 60
    return row | {f"stage_{cluster}_minutes": number(m) for cluster, m in minutes.items()}


def _night_flags(night: Night) -> list[str]:
    roles = [label.partition(":")[0] for label in night.channels]
    found = {
        "no_eog": not any(role.startswith("eog") for role in roles),
        "no_emg": not any(role.startswith("emg") for role in roles),
        "emg_envelope": "emg/envelope" in roles,
        "one_eeg": sum(role.startswith("eeg") for role in roles) == 1,
        "no_sleep": not night.sleep_hours,
        "short": night.duration < SHORT,
        "long": night.duration > LONG,
    }
    return [flag for flag, there in found.items() if there]


def write_summary(tree: OutputTree) -> pd.DataFrame:
    """Write the tables of the dataset from the records of its recordings.

    Parameters
    ----------
    tree : OutputTree
        The output folder.

    Returns
    -------
    summary : DataFrame
        One row a recording, in the order of their names.
    """
    rows = sorted(_rows(tree), key=lambda row: str(row.get("filename", "")))
    clusters = sorted({key for row in rows for key in row if key.endswith("_minutes")}, key=_number)
    front = [column for column in COLUMNS if column not in ("flags", "error")]
    columns = [*front, *clusters, "flags", "error"]
    table = pd.DataFrame(rows, columns=columns)
    ok = table["status"] == "ok"
    table.loc[ok, clusters] = table.loc[ok, clusters].fillna("0")
    table = table.fillna("n/a")
    tree.write("arousals.tsv", _tsv(table))
    tree.write("arousals.json", to_json(_sidecar(clusters)))
    tree.write("timing.tsv", _tsv(_timing(tree)))
    return table.replace("n/a", None).apply(_numeric)


def _rows(tree: OutputTree):
    file_name = f"*_desc-{PARAMETERS_FILE[0]}_{PARAMETERS_FILE[1]}{PARAMETERS_FILE[2]}"
    done = set()
    for pattern in (f"sub-*/*/{file_name}", f"sub-*/ses-*/*/{file_name}"):
        for path in tree.root.glob(pattern):
            parameters = parse_parameters(tree.read(path.relative_to(tree.root).as_posix()))
            if parameters is not None:
                done.add(parameters["Summary"].get("filename"))
                yield parameters["Summary"]
    for path in tree.root.glob(f"{STATE}/failures/*.json"):
        row = _json(tree, path)
        if row and row.get("filename") not in done:
            yield row


def _timing(tree: OutputTree) -> pd.DataFrame:
    rows: list[dict] = []
    steps: dict[str, None] = {}
    for path in sorted(tree.root.glob(f"{STATE}/records/*.json")):
        record = _json(tree, path)
        seconds = record.get("seconds", {})
        steps |= dict.fromkeys(seconds)
        rows.append(
            {
                "recording": record.get("recording", path.stem),
                "finished": record.get("finished", "n/a"),
            }
            | {"total": record.get("total", "n/a")}
            | seconds
        )
    return pd.DataFrame(rows, columns=["recording", "finished", "total", *steps]).fillna("n/a")


def _json(tree: OutputTree, path) -> dict:
    try:
        value = json.loads(tree.read(path.relative_to(tree.root).as_posix()) or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _sidecar(clusters: list[str]) -> dict:
    columns: dict[str, dict] = {name: {"Description": text} for name, text in COLUMNS.items()}
    columns["flags"]["Levels"] = FLAGS
    minutes = {
        name: {"Description": "Time in a stage cluster.", "Units": "min"} for name in clusters
    }
    return columns | minutes


def _tsv(table: pd.DataFrame) -> bytes:
    table = table.map(lambda value: table_cell(value) if isinstance(value, str) else value)
    return table.to_csv(sep="\t", index=False, lineterminator="\n").encode()


def _number(name: str) -> int:
    return int(name.split("_")[1])


def _numeric(column: pd.Series) -> pd.Series:
    if column.name in ("hours", "sleep_hours", "n_arousals", "arousal_index", *_STATISTICS) or (
        column.name.endswith("_minutes")
    ):
        return pd.to_numeric(column)
    return column
