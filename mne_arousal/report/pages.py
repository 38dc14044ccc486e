"""Reports: of a night, or of the derivative of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mne

from ..night import Night
from ..utils.errors import RecordingError
from ..utils.files import check_output_folder, partial_file
from ..utils.privacy import reader_words
from ..viz.clock import known_start
from .dataset import add_dataset
from .night import add_night
from .style import CSS, SORT_JS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ..utils.types import Hypnogram, PathLike, Recording, Verbose


def make_report(
    source: Night | PathLike,
    *,
    raw: Recording | None = None,
    hypnogram: Hypnogram | None = None,
    reviewed: pd.DataFrame | PathLike | None = None,
    warnings: Sequence[str] = (),
    n_examples: int = 3,
    title: str | None = None,
    verbose: Verbose = None,
) -> mne.Report:
    """Make a page of what was found in a recording, or in all recordings of a dataset.

    The page is one file of HTML that needs no network. Of a recording it holds the summary, the
    night, the arousal index, some arousals close up, the table of all of them, parameters,
    versions, and the warnings that were met. Of a dataset it holds one row for each recording.

    Parameters
    ----------
    source : instance of Night | path-like
        What ``mne_arousal.analyze_recording`` returned; or the folder of a derivative,
        or of the BIDS dataset whose ``derivatives/mne-arousal`` it is.
    raw : instance of Raw | path-like | None
        The recording that the night is of. None leaves single arousals out.
    hypnogram : instance of Annotations | path-like | array-like | None
        An expert's stages, drawn above the night's, as
        :func:`mne_arousal.hypnogram.read_hypnogram` takes them.
    reviewed : DataFrame | path-like | None
        What a reviewer did, see :func:`mne_arousal.review.read_reviewed`: the page shows the night
        as the reviewer left it.
    warnings : sequence of str
        What was warned of during the analysis.
    n_examples : int
        Arousals to draw close up: spread evenly from the highest to the lowest score. One
        candidate for each reason of rejection comes with them.
    title : str | None
        Title of the page. None takes the name of the recording and its date, or the name of
        the dataset.
    verbose : bool | str | int | None
        As in MNE.

    Returns
    -------
    report : instance of mne.Report
        The page. :func:`save_report` or its own method ``save`` writes it; sections can be
        added before that.

    Raises
    ------
    RecordingError
        If the folder is no derivative of mne-arousal.

    See Also
    --------
    save_report : Write it as a whole or not at all.

    Examples
    --------
    >>> from mne_arousal.annotate import analyze_recording
    >>> from mne_arousal.datasets import simulate_psg
    >>> from mne_arousal.report import make_report
    >>> raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    >>> night = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
    >>> report = make_report(night, raw=raw, n_examples=1, verbose="error")
    >>> report.save("night.html", open_browser=False)  # doctest: +SKIP
    """
    report = mne.Report(title=title or _default_title(source), verbose=verbose)
    report.add_custom_js(SORT_JS)
    report.add_custom_css(CSS)
    if isinstance(source, Night):
        if reviewed is not None:
            from ..review import apply_review

            source = apply_review(source, reviewed)
        add_night(report, source, raw, hypnogram, list(warnings), n_examples)
    else:
        _add_dataset(report, find_derivative(source))
    return report


def _add_dataset(report: mne.Report, folder: Path) -> None:
    try:
        add_dataset(report, folder)
    except RecordingError:
        raise
    except Exception as error:  # anybody can change a table
        raise RecordingError(
            f"The results in {folder} can't be shown ({reader_words(error)}). Run mne-arousal "
            "detect again."
        ) from error


def _default_title(source) -> str:
    if isinstance(source, Night):
        start = known_start(source.start)
        date = "" if start is None else f", {start.day} {start:%B %Y}"
        return f"Sleep and arousals of {source.name}{date}"
    return f"Arousals of {dataset_name(Path(source))}"


def dataset_name(folder: Path) -> str:
    """Name a dataset by its folder; a derivative by that of its source."""
    folder = folder.resolve()
    return folder.parents[1].name if folder.parent.name == "derivatives" else folder.name


def find_derivative(folder) -> Path:
    """Find the derivative in a folder: the folder itself, or the default place below it.

    Parameters
    ----------
    folder : path-like
        Derivative or BIDS dataset.

    Returns
    -------
    derivative : Path
        The folder that holds ``arousals.tsv``.

    Raises
    ------
    RecordingError
        If there is none.
    """
    folder = Path(folder)
    for place in (folder, folder / "derivatives" / "mne-arousal"):
        if (place / "arousals.tsv").is_file():
            return place
    raise RecordingError(
        f"{folder} holds no arousals.tsv, neither itself nor in derivatives/mne-arousal. "
        "Run mne-arousal detect on the dataset first."
    )


def save_report(report: mne.Report, path: PathLike, *, overwrite: bool = False) -> Path:
    """Write a report: the whole file, or none.

    Parameters
    ----------
    report : instance of mne.Report
        As :func:`make_report` returns it.
    path : path-like
        File, ending in ``.html``.
    overwrite : bool
        Whether to replace a file that is there.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    FileExistsError
        If the file is there and `overwrite` is not set.
    RecordingError
        If it can't be written.

    See Also
    --------
    make_report : Make it.

    Examples
    --------
    >>> import tempfile
    >>> import mne
    >>> from mne_arousal.report import save_report
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_report(mne.Report(verbose="error"), f"{folder}/night.html")
    ...     path.name
    'night.html'
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise RecordingError(f"A report is a file of HTML: {path.name} should end in .html.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} is there already. Pass overwrite=True to replace it.")
    check_output_folder(path.parent)
    with partial_file(path) as made:
        report.save(made, open_browser=False, verbose="error")
    return path
