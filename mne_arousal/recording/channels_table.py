"""What the ``channels.tsv`` of a BIDS dataset says of the channels of a recording."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from pathlib import Path

from mne.io import BaseRaw

from ..utils.errors import RecordingError
from ..utils.privacy import reader_words
from .channel_names import guess_role
from .roles import STATED

# Types of BIDS, and those that people write beside them, as roles; names tell EMG and RESP apart
# further: https://bids-specification.readthedocs.io, "Channels description".
_ROLES = {
    "EOG": "eog",
    "HEOG": "eog",
    "VEOG": "eog",
    "EMG": "emg",
    "ECG": "ecg",
    "EKG": "ecg",
    "RESP": "resp",
    "BELT": "effort",
    "EFFORT": "effort",
    "FLOW": "resp",
    "PPG": "pulse",
    "PLETH": "pulse",
    "PULSE": "pulse",
    "SPO2": "spo2",
    "SAO2": "spo2",
    "OXY": "spo2",
    "HR": "hr",
    "POS": "position",
    "POSITION": "position",
    "ACCEL": "movement",
    "ACC": "movement",
    "GYRO": "movement",
    "REF": "ref",
}
_TOLD_BY_NAME = {"EMG": ("leg", "arm"), "RESP": ("effort",)}
_MNE_TYPES = {"eeg": "eeg", "eog": "eog", "emg": "emg", "leg": "emg", "arm": "emg", "ecg": "ecg"}
_MNE_TYPES |= {"resp": "resp", "effort": "resp"}
_ELECTRIC = ("eeg", "eog", "emg", "leg", "arm", "ecg", "ref")


def find_channels_table(bids_path) -> Path | None:
    """Find the ``channels.tsv`` of a recording.

    Parameters
    ----------
    bids_path : mne_bids.BIDSPath
        The recording.

    Returns
    -------
    path : Path | None
        None where there is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bids_path.find_matching_sidecar(
            suffix="channels", extension=".tsv", on_error="ignore"
        )
    return None if found is None else Path(found.fpath if hasattr(found, "fpath") else found)


def apply_channels_table(raw: BaseRaw, path: Path, recording: str) -> None:
    """Give channels the types, roles and states that a table lists.

    Rows are found by name, in whatever order they stand. What is not listed is not used as EEG,
    EOG or EMG. Types that MNE does not have (``SPO2``, ``TEMP``, ``POS``, ...) are kept as roles.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording, changed in place.
    path : Path
        The ``channels.tsv``.
    recording : str
        Name of the recording, for errors.

    Raises
    ------
    RecordingError
        If the table can't be read, or no row of it is a channel of the recording.
    """
    rows = _read_rows(path, recording)
    if not rows:
        return
    listed = {name: row for name, row in rows.items() if name in raw.ch_names}
    if not listed:
        raise RecordingError(
            f"none of the channels in {path.name} is in the recording, which has "
            f"{', '.join(raw.ch_names)}. Correct the names in {path.name}.",
            recording,
        )
    stated = {}
    for name in raw.ch_names:
        if name not in listed:
            stated[name] = (_unlisted(name), f"not listed in {path.name}")
            continue
        role = _role(name, listed[name]["type"])
        if role is not None:
            stated[name] = (role, f"{path.name}: {listed[name]['type']}")
    _set_types(raw, {name: role for name, (role, _) in stated.items()})
    raw.info["temp"] = {**(raw.info.get("temp") or {}), STATED: stated}
    raw.info["bads"] = list(
        dict.fromkeys(
            raw.info["bads"]
            + [name for name, row in listed.items() if row["status"].lower() == "bad"]
        )
    )


def _read_rows(path: Path, recording: str) -> dict[str, dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(
            f"{path.name} can't be read ({reader_words(error)}). Write it anew as tab-separated "
            "text in UTF-8.",
            recording,
        ) from error
    found = []
    for row in rows:
        cells = {str(key).strip().lower(): (row[key] or "").strip() for key in row if key}
        if cells.get("name"):
            found.append({"type": "n/a", "status": "n/a", **cells})
    return dict(zip(_as_mne_names([row["name"] for row in found]), found, strict=True))


def _as_mne_names(names: list[str]) -> list[str]:
    """Number names that come several times, as MNE does with channels of a file."""
    counts, seen = Counter(names), Counter[str]()
    numbered = []
    for name in names:
        numbered.append(f"{name}-{seen[name]}" if counts[name] > 1 else name)
        seen[name] += 1
    return numbered


def _role(name: str, kind: str) -> str | None:
    """Tell the role of a listed channel; None where its name and signal tell more."""
    kind = kind.strip().upper()
    if kind == "EEG":  # tables of converted EDF files call everything so
        return None
    guess = guess_role(name)
    if kind in _TOLD_BY_NAME and guess in _TOLD_BY_NAME[kind]:
        return guess
    if kind in _ROLES:
        return _ROLES[kind]
    return guess if guess is not None and guess not in _ELECTRIC else "misc"


def _unlisted(name: str) -> str:
    guess = guess_role(name)
    return guess if guess is not None and guess not in _ELECTRIC else "misc"


def _set_types(raw: BaseRaw, roles: dict[str, str]) -> None:
    types = {name: _MNE_TYPES.get(role, "misc") for name, role in roles.items()}
    types |= {name: "eeg" for name in raw.ch_names if name not in roles}
    before = dict(zip(raw.ch_names, raw.get_channel_types(), strict=True))
    changed = {name: kind for name, kind in types.items() if before[name] != kind}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The unit for channel")
        raw.set_channel_types(changed, verbose="error")
