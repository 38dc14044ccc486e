"""A recording of a BIDS dataset, read by mne-bids without what is known of its subject.

mne-bids reads ``participants.tsv`` and ``scans.tsv`` with every recording. Nothing here needs
them; where one can't be read, the recording is read without it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..utils.errors import RecordingError
from .file_checks import MAX_SIDECAR, check_regular

SHARED_TABLES = {
    "participants.tsv": "_handle_participants_reading",
    "scans.tsv": "_handle_scans_reading",
}
_lock = threading.Lock()


def read_bids(source, verbose, **extra_params):
    """Read a recording and its sidecar files.

    Parameters
    ----------
    source : mne_bids.BIDSPath
        The recording.
    verbose : str
        As in MNE.
    **extra_params : dict
        For MNE's reader.

    Returns
    -------
    raw : mne.io.BaseRaw
        The recording.
    """
    from mne_bids import read_raw_bids

    def read():
        # channels.tsv is read by `apply_channels_table`, which asks for no order
        return read_raw_bids(
            source, extra_params=dict(extra_params), on_ch_mismatch="warn", verbose=verbose
        )

    unusable = _unusable_tables(source)
    try:
        if not unusable:
            return read()
    except Exception as error:
        unusable = [name for name, reader in SHARED_TABLES.items() if _raised_in(error, reader)]
        if not unusable:
            raise
    with _without(SHARED_TABLES):
        return read()


def _unusable_tables(source) -> list[str]:
    """Name tables that would never end, or are too large to be one."""
    folder = Path(source.root, f"sub-{source.subject}")
    scans = f"sub-{source.subject}_scans.tsv"
    if source.session is not None:
        folder = folder / f"ses-{source.session}"
        scans = f"sub-{source.subject}_ses-{source.session}_scans.tsv"
    places = {
        "participants.tsv": Path(source.root, "participants.tsv"),
        "scans.tsv": folder / scans,
    }
    return [
        name
        for name, path in places.items()
        if path.exists() and not (path.is_file() and path.stat().st_size <= MAX_SIDECAR)
    ]


def check_sidecars(paths, name: str, inside: Path) -> None:
    """Make sure that sidecar files are regular, and no larger than they can be.

    Parameters
    ----------
    paths : iterable of Path
        The files.
    name : str
        Name of the recording, for errors.
    inside : Path
        Folder of the dataset, out of which no link may lead.

    Raises
    ------
    RecordingError
        If one is something else.
    """
    for path in paths:
        check_regular(path, name, inside=inside, what=path.name)
        if path.stat().st_size > MAX_SIDECAR:
            raise RecordingError(f"can't be read: {path.name} is far too large.", name)


def _raised_in(error: BaseException, function: str) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == function:
            return True
        trace = trace.tb_next
    return False


@contextmanager
def _without(tables: dict[str, str]) -> Iterator[None]:
    """Have mne-bids leave tables out. It has no option for that; other readers lose nothing."""
    import mne_bids.read as module

    def leave_out(*args, raw=None, **kwargs):
        return args[1] if raw is None else raw

    with _lock:
        before = {name: getattr(module, name) for name in tables.values() if hasattr(module, name)}
        for name in before:
            setattr(module, name, leave_out)
        try:
            yield
        finally:
            for name, function in before.items():
                setattr(module, name, function)
