"""Hypnograms to files that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .annotation_files import write_annotations
from .hypnogram.codes import STAGES
from .hypnogram.table import Hypnogram
from .utils.files import partial_file

if TYPE_CHECKING:
    from .utils.types import PathLike

_YASA_NAMES = ("WAKE", "N1", "N2", "N3", "REM", "UNS")  # the last is -1


def write_hypnogram(hypnogram: Hypnogram, path: PathLike) -> Path:
    """Write stages to a file.

    Parameters
    ----------
    hypnogram : Hypnogram
        Stages, such as ``night.hypnogram``.
    path : path-like
        File, replaced when it is there. Its ending tells the format: ``.csv`` for YASA (columns
        ``Epoch``, ``Stage`` and probabilities, as ``yasa.Hypnogram`` and its staging write them),
        ``.eannot`` for Luna (a stage a line), ``.tsv`` for BIDS events; ``-annot.fif`` for MNE,
        ``.edf`` (EDF+, needs edfio), ``.xml`` and ``.annot`` as
        :func:`mne_arousal.annotation_files.write_annotations` writes annotations.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    RecordingError
        If the ending is of no known format.

    Examples
    --------
    >>> from mne_arousal import write_hypnogram
    >>> from mne_arousal.hypnogram import Hypnogram
    >>> write_hypnogram(Hypnogram([0, 1, 2]), "night.eannot")  # doctest: +SKIP
    """
    path = Path(path)
    writer = {".csv": _yasa, ".eannot": _luna, ".tsv": _bids}.get(path.suffix.lower())
    if writer is None:
        return write_annotations(hypnogram.to_annotations(), path, start=hypnogram.start)
    with partial_file(path) as partial:
        partial.write_text(writer(hypnogram), encoding="utf-8", newline="\n")
    return path


def _yasa(hypnogram: Hypnogram) -> str:
    lines = ["Epoch,Stage"]
    if hypnogram.probabilities is not None:
        lines = ["Epoch,Stage," + ",".join(f"proba_{name}" for name in _YASA_NAMES[:-1])]
    for epoch, code in enumerate(hypnogram.stages):
        cells = [str(epoch), _YASA_NAMES[code]]
        if hypnogram.probabilities is not None:
            cells += [f"{value:.4f}" for value in hypnogram.probabilities[epoch]]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def _luna(hypnogram: Hypnogram) -> str:
    return "".join(f"{[*STAGES, '?'][code]}\n" for code in hypnogram.stages)


def _bids(hypnogram: Hypnogram) -> str:
    lines = ["onset\tduration\ttrial_type"]
    for onset, code in zip(hypnogram.onsets, hypnogram.stages, strict=True):
        name = [*STAGES, "?"][code]
        lines.append(f"{onset:g}\t{hypnogram.epoch_length:g}\tSleep stage {name}")
    return "\n".join(lines) + "\n"
