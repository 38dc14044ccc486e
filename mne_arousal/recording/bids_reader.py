"""A recording of a BIDS dataset, read by mne-bids without sidecar files that nothing needs.

mne-bids reads ``participants.tsv``, ``scans.tsv`` and the positions of electrodes with every
recording. Nothing here needs them; where one can't be read, the recording is read without it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..utils.errors import RecordingError
from ..utils.notes import add_note
from .file_checks import MAX_SIDECAR, check_regular

SHARED_TABLES = {
    "participants.tsv": "_handle_participants_reading",
    "scans.tsv": "_handle_scans_reading",
}
POSITIONS = "electrodes.tsv or coordsystem.json"
NOT_NEEDED = {**SHARED_TABLES, POSITIONS: "_read_dig_bids"}
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

    left_out = _unusable_tables(source)
    while True:
        try:
            with _without(left_out):
                raw = read()
            break
        except Exception as error:
            found = [name for name, reader in NOT_NEEDED.items() if _raised_in(error, reader)]
            if not set(found) - set(left_out):
                raise
            left_out += found
    if POSITIONS in left_out:
        text = f"{POSITIONS} can't be read; the positions of the electrodes are left out."
        add_note("no_positions", source.basename, text)
    return raw


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
def _without(names: list[str]) -> Iterator[None]:
    """Have mne-bids leave files out. It has no option for that; other readers lose nothing."""
    if not names:
        yield
        return
    import mne_bids.read as module

    def leave_out(*args, raw=None, **kwargs):
        return args[1] if raw is None else raw

    with _lock:
        functions = [NOT_NEEDED[name] for name in names]
        before = {name: getattr(module, name) for name in functions if hasattr(module, name)}
        for name in before:
            setattr(module, name, leave_out)
        try:
            yield
        finally:
            for name, function in before.items():
                setattr(module, name, function)
