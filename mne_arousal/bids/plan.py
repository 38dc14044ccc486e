"""What is left to do in an output folder."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ..utils.errors import RecordingError
from .dataset import Recording
from .derivative import PARAMETERS_FILE, parse_parameters, read_parameters
from .output_tree import OutputTree
from .process import record_path
from .settings import Settings
from .sidecars import find_sidecars
from .source import relative_path

NEW, DONE, CHANGED, AGAIN = "new", "done", "changed", "again"


def plan_run(tree: OutputTree, recordings: list[Recording], *, overwrite: bool) -> pd.DataFrame:
    """List what a run would do with each recording.

    Parameters
    ----------
    tree : OutputTree
        The output folder.
    recordings : list of Recording
        Recordings that were asked for.
    overwrite : bool
        Whether to process recordings again that have a result.

    Returns
    -------
    plan : DataFrame
        Columns ``recording`` and ``state``.
    """
    states = [_state(tree, recording, overwrite) for recording in recordings]
    names = [recording.path for recording in recordings]
    return pd.DataFrame({"recording": names, "state": states})


def _state(tree: OutputTree, recording: Recording, overwrite: bool) -> str:
    if read_parameters(tree, recording) is None:
        return NEW
    if overwrite:
        return AGAIN
    return DONE if _unchanged(tree, recording) else CHANGED


def _unchanged(tree: OutputTree, recording: Recording) -> bool:
    """Return whether the source files of a result are unchanged."""
    try:
        stamps = json.loads(tree.read(record_path(recording)) or b"")["stamps"]
        for name, (size, changed) in stamps.items():
            status = Path(recording.root, name).stat()
            if (status.st_size, status.st_mtime_ns) != (size, changed):
                return False
        # a new file beside them, at any level, may change how the recording is read
        if not {relative_path(recording, p) for p in find_sidecars(recording)} <= set(stamps):
            return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # unknown: processing it again is safe
    return True


def check_settings(tree: OutputTree, settings: Settings, again: list[Recording]) -> None:
    """Make sure that one folder holds results of one set of settings only.

    Parameters
    ----------
    tree : OutputTree
        The output folder.
    settings : Settings
        Settings of this run.
    again : list of Recording
        Recordings that are processed in this run.

    Raises
    ------
    RecordingError
        If results that stay were made with other settings.
    """
    replaced = {str(recording.derived(*PARAMETERS_FILE)) for recording in again}
    name = f"*_desc-{PARAMETERS_FILE[0]}_{PARAMETERS_FILE[1]}{PARAMETERS_FILE[2]}"
    for pattern in (f"sub-*/*/{name}", f"sub-*/ses-*/*/{name}"):
        for path in tree.root.glob(pattern):
            relative = path.relative_to(tree.root).as_posix()
            parameters = None if relative in replaced else parse_parameters(tree.read(relative))
            if parameters is None or parameters["ParametersSHA256"] == settings.digest():
                continue
            now = settings.parameters()
            before = parameters["Parameters"]
            different = [
                f"{key} was {before.get(key)!r} and is {now.get(key)!r}"
                for key in now
                if before.get(key) != now.get(key)
            ]
            raise RecordingError(
                f"{tree.root} holds results that were made with other settings, {relative} among "
                f"them ({'; '.join(different)}). Overwrite all of them, or name another output "
                "folder."
            )
