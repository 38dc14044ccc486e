"""Sidecar files of a recording, by the inheritance principle of BIDS."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from .dataset import Recording

# What changes how a recording is read. participants.tsv and scans.tsv change no result.
_ENDINGS = tuple(
    f"{suffix}.{extension}"
    for suffix, extensions in {
        "channels": ("tsv", "json"),
        "events": ("tsv", "json"),
        "electrodes": ("tsv", "json"),
        "coordsystem": ("json",),
        "hypnogram": ("tsv", "json"),
        "eeg": ("json",),
        "ieeg": ("json",),
        "meg": ("json",),
    }.items()
    for extension in extensions
)


def find_sidecars(recording: Recording) -> list[Path]:
    """List the sidecar files that apply to a recording, at every level of the dataset.

    Parameters
    ----------
    recording : Recording
        The recording.

    Returns
    -------
    files : list of Path
        From the dataset's folder down to that of the recording, in the order of their names. The
        entities of each are among those of the recording.
    """
    root = Path(recording.root)
    parts = PurePosixPath(recording.path).parts
    entities = set(_entities(parts[-1]))
    folders = [root.joinpath(*parts[:i]) for i in range(len(parts))]
    return [
        path
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.name.endswith(_ENDINGS) and set(_entities(path.name)) <= entities
    ]


def _entities(name: str) -> list[str]:
    return name.partition(".")[0].split("_")[:-1]
