"""Opening a recording: any format that MNE reads, its header checked, its pauses kept."""

from __future__ import annotations

import warnings
from pathlib import Path

import mne
from mne.io import BaseRaw

from ..utils.errors import RecordingError
from ..utils.notes import add_note, collect_notes
from ..utils.privacy import reader_words, silent_readers
from .bids_reader import read_bids
from .channels_table import apply_channels_table, find_channels_table
from .edf_header import CUT_SHORT, EdfHeader, read_edf_header
from .file_checks import check_files, check_length
from .pieces import lay_pieces
from .quick_edf import read_quickly

EDF_EXTENSIONS = (".edf", ".bdf")
_NO_RECORDING = ("", ".txt", ".csv", ".tsv", ".xml", ".json", ".annot", ".zip", ".pdf", ".html")


def read_recording(source) -> tuple[BaseRaw, str]:
    """Open a recording.

    Parameters
    ----------
    source : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
        A Raw is passed on as it is; a path may be in any format that MNE reads. The header of an
        EDF or BDF file is checked first, and its pieces are laid at the times that it gives them.

    Returns
    -------
    raw : mne.io.BaseRaw
        The recording, its data not loaded when it came from a path.
    name : str
        Name to call it by.

    Raises
    ------
    RecordingError
        If there is no such file, or it can't be read, or it is cut short.
    TypeError
        If `source` is nothing that holds a recording.
    """
    if isinstance(source, BaseRaw):
        paths = [p for p in source.filenames if p is not None]
        return source, Path(paths[0]).stem if paths else "recording"
    inside = None
    if hasattr(source, "fpath") and hasattr(source, "datatype"):  # a BIDSPath
        path, name = Path(source.fpath), source.basename
        inside = Path(source.root) if source.root is not None else None
        reader = read_bids
    elif isinstance(source, str | Path):
        path, name = Path(source), Path(source).stem
        # MNE's own choice by the name's end, without importing the readers of all other formats
        reader = mne.io.read_raw_edf if path.suffix.lower() == ".edf" else mne.io.read_raw
    else:
        raise TypeError(
            "A recording is an mne.io.Raw, a path or a BIDSPath, or a list of these; "
            f"got {type(source).__name__}."
        )
    if not path.exists() and not path.is_symlink():
        raise RecordingError(f"there is no file {path}. Check the path.", name)
    check_files(path, name, inside=inside)
    header = None
    if path.suffix.lower() in EDF_EXTENSIONS and path.is_file():
        header = read_edf_header(path, name)
    with (
        warnings.catch_warnings(record=True) as caught,
        silent_readers(),
        collect_notes() as notes,  # which are told when warnings are let through again
    ):
        warnings.simplefilter("always")
        try:
            raw = _read_any_encoding(reader, source if reader is read_bids else path)
            raw.get_channel_types()  # fails on kinds that there are not
            _strip_names(raw)
        except (RecordingError, MemoryError):
            raise
        except Exception as error:  # readers raise of every class on files that are damaged
            if path.suffix.lower() in _NO_RECORDING:
                raise RecordingError(
                    f"{path.suffix} is no format of recordings. Give a recording in a format that "
                    "MNE reads, such as EDF, BDF, FIF or BrainVision; stages go by hypnogram.",
                    name,
                ) from error
            raise RecordingError(
                f"can't be read as {path.suffix or 'a recording'} ({reader_words(error)}). "
                "Check that the file is whole and of the format that its name says.",
                name,
            ) from error
    for note in notes:
        add_note(note.code, note.recording, note.text)
    check_length(raw, name)
    for message in {str(w.message) for w in caught}:
        if "does not match the file size" in message:
            raise RecordingError(CUT_SHORT, name)
    if reader is read_bids:
        table = find_channels_table(source)
        if table is not None:
            apply_channels_table(raw, table, name)
    if header is not None:
        _mark_unscaled(raw, header, name)
        raw = read_quickly(raw)
        if header.has_gaps:
            marks = _marks_on_clock(source, path, raw)
            raw = lay_pieces(raw, header.pieces, header.record_duration, marks)
    return raw, name


def _strip_names(raw: BaseRaw) -> None:
    """Take zeros off the ends of channel names, which NumPy takes off as well when it compares."""
    names = [name.strip("\x00") for name in raw.ch_names]
    if names == raw.ch_names:
        return
    names = [n if names.count(n) == 1 else f"{n}-{i}" for i, n in enumerate(names)]
    raw.rename_channels(dict(zip(raw.ch_names, names, strict=True)), verbose="error")


def _mark_unscaled(raw: BaseRaw, header: EdfHeader, name: str) -> None:
    for i in header.unscaled_channels:
        if i < len(raw.ch_names) and raw.ch_names[i] not in raw.info["bads"]:
            channel = raw.ch_names[i]
            raw.info["bads"].append(channel)
            text = f"the header gives channel {channel} no scale in volts; it is left out."
            add_note("channel_dropped", name, text, channel=channel)


def _marks_on_clock(source, path: Path, raw: BaseRaw) -> mne.Annotations:
    """Read annotations again: MNE leaves out those past the end of the joined pieces."""
    events = None
    if hasattr(source, "find_matching_sidecar"):
        events = source.find_matching_sidecar("events", ".tsv", on_error="ignore")
    if events is not None:
        from mne_bids import events_file_to_annotation_kwargs

        marks = events_file_to_annotation_kwargs(events)
        return mne.Annotations(marks["onset"], marks["duration"], marks["description"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return mne.read_annotations(path)
        except Exception as error:
            if type(error) is not Exception or "invalid byte" not in str(error):
                raise
        return mne.read_annotations(path, encoding="latin1")


def _read_any_encoding(reader, source) -> BaseRaw:
    """Read a recording whose EDF+ annotations are in UTF-8, as they should, or in Latin-1."""
    try:
        return reader(source, verbose="warning")
    except Exception as error:
        # for other encodings MNE raises an Exception of no narrower class
        if type(error) is not Exception or "invalid byte" not in str(error):
            raise
    return reader(source, verbose="warning", encoding="latin1")
