"""Small BIDS datasets, and runs on them, that tests share."""

import hashlib
import json
import shutil
import warnings
from pathlib import Path

import mne
from mne_bids import BIDSPath, write_raw_bids

from mne_arousal.bids import annotate_bids

from ..recordings import noise_raw, write_edf

FAST = {"features": ("spectral",), "device": "cpu", "verbose": "error"}
DEFAULT_OUTPUT = Path("derivatives", "mne-arousal")
VOLATILE = ("timing.tsv", ".mne-arousal")  # dates and seconds: the only files that runs differ in


def add_recording(root, subject, raw, fmt, **entities):
    """Write a recording with the sidecar files of BIDS."""
    path = BIDSPath(subject=subject, task="sleep", datatype="eeg", root=root, **entities)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_raw_bids(raw, path, format=fmt, allow_preload=True, overwrite=True, verbose="error")
    return path


def eeg_file(root, subject, extension=".edf"):
    """Path of a recording without sidecar files, its folder and the dataset made."""
    root = Path(root)
    folder = root / f"sub-{subject}" / "eeg"
    folder.mkdir(parents=True, exist_ok=True)
    description = root / "dataset_description.json"
    if not description.exists():
        description.write_text(json.dumps({"Name": "Test", "BIDSVersion": "1.10.0"}))
    return folder / f"sub-{subject}_task-sleep_eeg{extension}"


def add_noise(root, subject, duration=400.0, **kwargs):
    """Write a bare EDF recording of noise, which has no sleep but can be analyzed."""
    path = eeg_file(root, subject)
    path.unlink(missing_ok=True)
    return write_edf(path, noise_raw(duration, seed=int(subject), **kwargs))


def add_fif(root, subject, raw):
    """Write a bare FIF recording."""
    path = eeg_file(root, subject, ".fif")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw.save(path, overwrite=True, verbose="error")
    return path


def annotate(root, output=None, **options):
    """Run on a dataset with what is fast."""
    return annotate_bids(root, output, **(FAST | options))


def errors(table):
    """Error of each subject, None where there is none."""
    pairs = zip(table["subject"], table["error"], strict=True)
    return {subject: error if isinstance(error, str) else None for subject, error in pairs}


def tree_bytes(folder, *, leave_out=VOLATILE):
    """Digest of every file below a folder, by its path."""
    folder = Path(folder)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in leave_out
    }


def copy_dataset(source, target):
    """Copy a dataset without what was derived from it."""
    return Path(shutil.copytree(source, target, ignore=shutil.ignore_patterns("derivatives")))


def read_annotations(path):
    """Read an events table back, as mne-bids does it."""
    from mne_bids import events_file_to_annotation_kwargs

    found = events_file_to_annotation_kwargs(path, verbose="error")
    kwargs = {key: found[key] for key in ("onset", "duration", "description", "extras")}
    return mne.Annotations(**kwargs)
