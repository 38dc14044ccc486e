"""Real nights of the Sleep-EDF database."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import TYPE_CHECKING

from mne.datasets.sleep_physionet import age
from mne.utils import verbose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..utils.types import PathLike, Verbose

_ABSENT_SUBJECTS = {39, 68, 69, 78, 79}
_ABSENT_RECORDINGS = {(36, 1), (52, 1), (13, 2)}


@verbose
def fetch_sleep_edf(
    subjects: Sequence[int] = (0,),
    recordings: Sequence[int] = (1,),
    *,
    path: PathLike | None = None,
    verbose: Verbose = None,
) -> list[tuple[Path, Path]]:
    """Fetch whole nights of healthy people from the Sleep-EDF database.

    Files that are already there are not fetched again; others come from
    PhysioNet through pooch, which checks their SHA-1. The nights are those of the
    study of age effects on sleep (Mourtazaev et al. 1995): EEG Fpz-Cz and Pz-Oz and a
    horizontal EOG at 100 Hz, airflow, chin EMG (an envelope) and temperature at 1 Hz,
    about 20 h each, 50 MB, with stages by Rechtschaffen and Kales. No arousals
    are marked.

    Parameters
    ----------
    subjects : sequence of int
        People, 0 to 82; 39, 68, 69, 78 and 79 do not exist.
    recordings : sequence of int
        Nights of each person, 1 or 2. Night 1 of people 36 and 52 and night 2 of person 13 do
        not exist.
    path : path-like | None
        Folder that holds, or will hold, the folder ``physionet-sleep-data``. None means
        MNE's setting ``PHYSIONET_SLEEP_PATH``, then MNE's data folder.
    verbose : bool | str | int | None
        Verbosity, as in MNE.

    Returns
    -------
    list of tuple of Path
        ``(psg, hypnogram)`` of each night, by person, then by night.

    Raises
    ------
    ValueError
        If a person or a night does not exist.
    RuntimeError
        If a file is not there and can't be fetched, or what came is not the registered file.

    Notes
    -----
    The database is described by Kemp et al. (2000), IEEE Trans. Biomed. Eng. 47:1185, and
    distributed by PhysioNet (Goldberger et al. 2000) under ODC-By 1.0.

    Examples
    --------
    >>> from mne_arousal.datasets import fetch_sleep_edf
    >>> ((psg, hypnogram),) = fetch_sleep_edf(subjects=[0], recordings=[1])  # doctest: +SKIP
    """
    subjects = _read_numbers(subjects, "subjects", range(83))
    recordings = _read_numbers(recordings, "recordings", (1, 2))
    _check_exist(subjects, recordings)
    if path is not None:
        path = Path(path).expanduser()
        path.mkdir(parents=True, exist_ok=True)
        path = str(path)
    paths = []
    for subject in subjects:
        for recording in recordings:
            try:
                fetched = age.fetch_data(subjects=[subject], recording=[recording], path=path)
            except (OSError, ValueError) as error:  # no network, no space, or a wrong hash
                raise RuntimeError(
                    f"Night {recording} of Sleep-EDF person {subject} is not at hand and could "
                    f"not be fetched: {error}. Check the internet connection and free space, or "
                    "point PHYSIONET_SLEEP_PATH (or path=) to the folder that holds "
                    "'physionet-sleep-data'."
                ) from error
            paths += [(Path(psg), Path(hypnogram)) for psg, hypnogram in fetched]
    return paths


def _read_numbers(values, name, allowed):
    try:
        numbers = [operator.index(value) for value in values]
    except TypeError:
        raise TypeError(
            f"{name} must be a sequence of integers, such as {name}=(1,), got {values!r}."
        ) from None
    if not numbers:
        raise ValueError(f"{name} is empty: name at least one.")
    wrong = sorted(set(numbers) - set(allowed))
    if wrong:
        raise ValueError(
            f"{name} {wrong} do not exist: choose from {min(allowed)} to {max(allowed)}."
        )
    return list(dict.fromkeys(numbers))


def _check_exist(subjects, recordings):
    absent = sorted(_ABSENT_SUBJECTS & set(subjects))
    if absent:
        raise ValueError(f"Sleep-EDF has no subjects {absent}: leave them out.")
    absent = sorted({(s, r) for s in subjects for r in recordings} & _ABSENT_RECORDINGS)
    if absent:
        raise ValueError(
            f"Sleep-EDF lacks these (subject, recording) pairs: {absent}. Leave them out."
        )
