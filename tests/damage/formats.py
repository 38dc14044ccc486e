"""Small whole files of every format that is read, and what reads them.

A format is made once by its ``make(folder)``, which returns the file that is damaged; ``use(path)``
reads it wholly, as the program would. ``analyze(path)``, where there is one, goes the whole way.
"""

import io
import json
import shutil
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import mne
import numpy as np

from mne_arousal import PSGEncoder, RecordingError, analyze_recording, load_night, pipeline_file
from mne_arousal.annotation_files import read_annotation_file
from mne_arousal.bids.dataset import find_recordings
from mne_arousal.bids.output_tree import OutputTree
from mne_arousal.bids.source import read_source
from mne_arousal.bids.summary import write_summary
from mne_arousal.datasets import simulate_psg
from mne_arousal.encoder import weights
from mne_arousal.hypnogram import hypnogram_to_stages, read_arousals
from mne_arousal.metrics.ages import age_groups
from mne_arousal.metrics.marked import read_found
from mne_arousal.output_record import read_record
from mne_arousal.recording.loading import load_channels
from mne_arousal.report import make_report, save_report
from mne_arousal.review import apply_review, read_reviewed
from mne_arousal.utils.notes import collect_notes
from mne_arousal.written_results import read_result

from ..bids.small_dataset import FAST, annotate, eeg_file, tree_bytes
from ..hypnogram import files as hypnograms
from ..recordings import write_edf

SFREQ = 40.0
DURATION = 310.0  # s; the least that is analyzed is five minutes
NAMES = ["C3-M2", "E1-M2", "Chin"]
START = datetime(2020, 1, 1, 23, 50, tzinfo=UTC)
STAGES = [("Sleep stage W", 60.0)] * 2 + [("Sleep stage 2", 190.0)]


@dataclass(frozen=True)
class Format:
    """One format: what makes a whole file of it, what reads one, and its documented errors.

    ``seal`` makes a damaged description fit its checksum again, where there is one.
    """

    name: str
    group: str
    make: Callable
    use: Callable
    analyze: Callable | None = None
    errors: tuple = (RecordingError,)
    damaged: Callable | None = None


def small_raw() -> mne.io.RawArray:
    """Five minutes of noise."""
    rng = np.random.default_rng(0)
    data = rng.normal(scale=2e-5, size=(len(NAMES), int(DURATION * SFREQ)))
    raw = mne.io.RawArray(data, mne.create_info(NAMES, SFREQ, "eeg"), verbose="error")
    raw.set_meas_date(START)
    return raw.set_annotations(_stage_marks())


def _stage_marks() -> mne.Annotations:
    lengths = np.array([length for _, length in STAGES])
    onsets = np.r_[0.0, np.cumsum(lengths)[:-1]]
    return mne.Annotations(onsets, lengths, [name for name, _ in STAGES], orig_time=START)


def _edf(folder, *, bdf=False, annotated=False) -> Path:
    import edfio

    path = eeg_file(folder, "01", ".bdf" if bdf else ".edf")
    signal, file = (edfio.BdfSignal, edfio.Bdf) if bdf else (edfio.EdfSignal, edfio.Edf)
    raw = small_raw()
    signals = [
        signal(1e6 * x, SFREQ, label=name, physical_dimension="uV")
        for x, name in zip(raw.get_data(), NAMES, strict=True)
    ]
    marks = None
    if annotated:
        marks = [
            edfio.EdfAnnotation(a["onset"], a["duration"], a["description"])
            for a in raw.annotations
        ]
    when = {"starttime": START.time().replace(tzinfo=None)}
    about = edfio.Recording(startdate=START.date())
    made = (
        file(signals, recording=about, **when)
        if marks is None
        else file(signals, annotations=marks, recording=about, **when)
    )
    made.write(path)
    return path


def _exported(folder, extension, damaged=None) -> Path:
    path = eeg_file(folder, "01", extension)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mne.export.export_raw(path, small_raw(), verbose="error")
    return path if damaged is None else path.with_suffix(damaged)


def _eeglab_in_two(folder, damaged) -> Path:
    from scipy.io import loadmat, savemat

    path = _exported(folder, ".set")
    fields = {k: v for k, v in loadmat(path, simplify_cells=True).items() if k[0] != "_"}
    fields = fields.get("EEG", fields)
    data = np.asarray(fields["data"], dtype="<f4")
    path.with_suffix(".fdt").write_bytes(data.T.tobytes())
    fields["data"] = path.with_suffix(".fdt").name
    savemat(path, {"EEG": fields}, do_compression=False)
    return path.with_suffix(damaged)


def _fif(folder, ending=".fif") -> Path:
    path = eeg_file(folder, "01", ending)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small_raw().save(path, overwrite=True, verbose="error")
    return path


_ROWS = "".join(
    f"{name}\t{kind}\tuV\tgood\n" for name, kind in zip(NAMES, ("EEG", "EOG", "EMG"), strict=True)
)
_EVENTS = "onset\tduration\ttrial_type\n0\t120\tSleep stage W\n"
_EVENTS += "120\t190\tSleep stage 2\n30.5\t4\tarousal\n"
_PEOPLE = "participant_id\tage\tsex\thand\tweight\nsub-01\t34\tM\tR\t70.5\nsub-02\tn/a\tF\tL\t61\n"
_SCANS = "filename\tacq_time\neeg/sub-01_task-sleep_eeg.edf\t2020-01-01T23:50:00.000000Z\n"
_EEG = {
    "TaskName": "sleep",
    "EEGReference": "M2",
    "SamplingFrequency": SFREQ,
    "PowerLineFrequency": 50,
    "SoftwareFilters": "n/a",
    "RecordingDuration": DURATION,
    "RecordingType": "continuous",
    "EEGChannelCount": 1,
    "EOGChannelCount": 1,
    "EMGChannelCount": 1,
}
_PLACES = "name\tx\ty\tz\nC3-M2\t0.01\t0.05\t0.08\nE1-M2\tn/a\tn/a\tn/a\n"
_SPACE = {"EEGCoordinateSystem": "CapTrak", "EEGCoordinateUnits": "m"}
_ABOUT = {
    "Name": "Nights",
    "BIDSVersion": "1.10.0",
    "DatasetType": "raw",
    "License": "CC0",
    "Authors": ["A"],
}
SIDECARS = {
    "channels.tsv": (
        "sub-01/eeg/sub-01_task-sleep_channels.tsv",
        "name\ttype\tunits\tstatus\n" + _ROWS,
    ),
    "events.tsv": ("sub-01/eeg/sub-01_task-sleep_events.tsv", _EVENTS),
    "events.json": (
        "sub-01/eeg/sub-01_task-sleep_events.json",
        json.dumps({"trial_type": {"Levels": {"a": "b"}}}),
    ),
    "eeg.json": ("sub-01/eeg/sub-01_task-sleep_eeg.json", json.dumps(_EEG, indent=2)),
    "electrodes.tsv": ("sub-01/eeg/sub-01_space-CapTrak_electrodes.tsv", _PLACES),
    "coordsystem.json": ("sub-01/eeg/sub-01_space-CapTrak_coordsystem.json", json.dumps(_SPACE)),
    "scans.tsv": ("sub-01/sub-01_scans.tsv", _SCANS),
    "participants.tsv": ("participants.tsv", _PEOPLE),
    "participants.json": ("participants.json", json.dumps({"age": {"Units": "years"}})),
    "dataset_description.json": ("dataset_description.json", json.dumps(_ABOUT, indent=2)),
}


def _sidecar(folder, name) -> Path:
    _edf(folder)
    for place, text in SIDECARS.values():
        (Path(folder) / place).write_text(text)
    return Path(folder) / SIDECARS[name][0]


def dataset_of(path) -> Path:
    """Folder of the dataset that a file is in."""
    path = Path(path)
    return next(p for p in path.parents if (p / "sub-01").is_dir())


def read_dataset(path):
    """Find the recording of a dataset, open it with its sidecars, and load it."""
    for recording in find_recordings(dataset_of(path)):
        source = read_source(recording, hypnogram=True)
        load_channels(source.raw)


def read_sidecars(path):
    """Find the recording of a dataset and open it with its sidecar files."""
    for recording in find_recordings(dataset_of(path)):
        read_source(recording, hypnogram=True)


def analyze_dataset(path):
    """The same, and the analysis."""
    for recording in find_recordings(dataset_of(path)):
        source = read_source(recording, hypnogram=True)
        analyze_recording(source.raw, hypnogram=source.hypnogram, random_state=0, **FAST)


def _with_arousals(folder) -> Path:
    """A quarter of an hour in which arousals are found."""
    options = {"difficulty": "easy", "arousal_index": 60.0, "n_eeg": 1, "verbose": "error"}
    raw = simulate_psg(900.0, 64.0, 0, **options).raw
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return write_edf(eeg_file(folder, "01"), raw)


def _derived(folder, pattern) -> Path:
    _with_arousals(folder)
    annotate(folder)
    out = Path(folder) / "derivatives" / "mne-arousal"
    shutil.copytree(out, Path(folder) / "whole")
    return next(path for path in sorted(out.rglob(pattern)))


def read_derivative(path):
    """Plan a run, write the tables of the dataset, read the results for an evaluation."""
    root = dataset_of(dataset_of(path))
    annotate(root, dry_run=True)
    write_summary(OutputTree(root / "derivatives" / "mne-arousal"))
    for found in (root / "derivatives" / "mne-arousal").rglob("*_desc-arousal_events.tsv"):
        read_found("one", found)


def mend_derivative(path):
    """Make pages of what is there; then another run mends it, to the same bytes."""
    root = dataset_of(dataset_of(path))
    out = root / "derivatives" / "mne-arousal"
    with suppress(RecordingError):
        save_report(make_report(out, verbose="error"), root / "page.html", overwrite=True)
    annotate(root)
    if tree_bytes(out) != tree_bytes(root / "whole"):
        raise AssertionError("the derivative has other bytes after another run")
    shutil.rmtree(out)
    shutil.copytree(root / "whole", out)


def _results(folder, ending) -> Path:
    from mne_arousal.cli import main

    source = _with_arousals(folder)
    out = Path(folder) / "results"
    options = ["--features", "spectral", "--device", "cpu", "--verbose", "error"]
    with redirect_stdout(io.StringIO()):
        main(["detect", str(source), "--output", str(out), *options])
    name = f"{source.stem}_reviewed.csv"
    head = "onset,duration,decision,found,found_onset,found_duration,probability,time"
    when = "2026-01-01T00:00:00"
    rows = f"10.0,5.0,added,,,,,{when}\n20.0,4.0,accepted,candidate,20.0,4.0,0.25,{when}\n"
    (out / name).write_text(f"{head}\n{rows}")
    return next(path for path in sorted(out.iterdir()) if path.name.endswith(ending))


def read_results(path):
    """Read results of one recording, with a review, for pages and for an evaluation."""
    folder = Path(path).parent
    name = Path(path).name
    stem = name[: name.index("_eeg") + 4]
    night = read_result(folder / f"{stem}_arousals.csv")
    read_found(stem, folder / f"{stem}_arousals.csv")
    read_record(folder, stem)
    apply_review(night, read_reviewed(folder / f"{stem}_reviewed.csv"))


def show_results(path):
    """Make a page of results."""
    folder = Path(path).parent
    night = read_result(next(folder.glob("*_arousals.csv")))
    reviewed = next(folder.glob("*_reviewed.csv"))
    report = make_report(night, reviewed=reviewed, verbose="error")
    save_report(report, folder.with_name("page.html"), overwrite=True)


def _ages(folder) -> Path:
    path = Path(folder) / "ages.csv"
    path.write_text("id;age\nsub-01;34\nsub-02;71\n07;12.5\n")
    return path


def _hypnogram(folder, name) -> Path:
    path = Path(folder) / name
    if name == "night.edf":
        hypnograms.edf_plus(path)
    elif name.startswith(("mne.", "night-annot")):
        hypnograms.annotations().save(path, verbose="error")
    elif name == "tr-arousal.mat":
        import h5py

        labels = np.zeros(360_000, np.int8)
        labels[90_500:92_000] = 1
        with h5py.File(path, "w") as file:
            file.create_dataset("data/arousals", data=labels[None], compression="gzip")
    else:
        path.write_bytes(_hypnogram_bytes(name))
    return path


def _hypnogram_bytes(name) -> bytes:
    if name == "Arousals.txt":
        return hypnograms.domino_events().encode()
    if name == "tr.arousal":
        return hypnograms.mit_annotations(hypnograms.challenge_marks())
    if name == "Visual_scoring1_n.txt":
        marks = "".join(f"{o} {d}\n" for o, d in hypnograms.AROUSALS)
        return f"[vis1_Arousals/C3-A1]\n{marks}".encode()
    if name == "utf16.csv":
        return hypnograms.TEXTS["yasa.csv"][0].encode("utf-16")
    return hypnograms.TEXTS[name][0].encode()


HYPNOGRAMS = (
    *hypnograms.TEXTS,
    *("Arousals.txt", "tr.arousal", "Visual_scoring1_n.txt", "utf16.csv", "mne.txt", "mne.csv"),
    *("night-annot.fif", "night.edf", "tr-arousal.mat"),
)


def read_hypnogram(path):
    """Read a file as stages, as arousals, and as annotations; one refusal is told at the end."""
    refused = None
    for read in (_stages, _arousals, read_annotation_file):
        try:
            read(path)
        except RecordingError as error:
            check_sentence(error)
            refused = error
    if refused is not None and not _is_read(path):
        raise refused


def _is_read(path) -> bool:
    for read in (_stages, _arousals):
        try:
            read(path)
        except RecordingError:
            continue
        return True
    return False


def _stages(path):
    with collect_notes(), warnings.catch_warnings():
        warnings.simplefilter("error")
        found = hypnogram_to_stages(path, duration=1800, start=hypnograms.START)
    if len(found) != 60 or not np.isin(found, np.arange(-1, 5)).all():
        raise AssertionError("stages that are none")


def _arousals(path):
    found = read_arousals(path, start=hypnograms.START)
    if not np.isfinite(found["onset"]).all() or (found["onset"].abs() > 9 * 86400).any():
        raise AssertionError("arousals at times that are none")


def check_sentence(error):
    """Make sure that an error is told in a sentence of its own."""
    text = str(error)
    if not text or len(text) > 1000 or "\n" in text or "Traceback" in text:
        raise AssertionError(f"told as {text[:300]!r}")


def _pipeline(folder) -> Path:
    from mne_arousal import make_arousal_pipeline

    path = Path(folder) / "pipeline.safetensors"
    pipeline = make_arousal_pipeline(
        features=("spectral",), device="cpu", random_state=0, verbose="error"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(pipeline_file.pipeline_bytes(pipeline.fit([small_raw()])))
    return path


def read_pipeline(path):
    """Read a pipeline as a run does."""
    pipeline_file.read_made_from(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline_file.read_pipeline(path, device="cpu")


def apply_pipeline(path):
    """Apply it to a dataset; what it fails on is told in a sentence."""
    root = Path(path).parent
    if not (root / "sub-01").is_dir():
        _edf(root)
    table = annotate(root, pipeline=path, overwrite=True)
    if table["error"].notna().any():
        raise RecordingError(table["error"].item())


def sealed(module):
    """Damage the description of a file of this package and make it fit its checksum again."""

    def damaged(data: bytes, seed: str) -> bytes:
        from safetensors.numpy import load, save

        from .edits import damage

        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])["__metadata__"]
        arrays = load(data)
        text = damage(header["about"].encode(), seed).decode("latin-1")
        header |= {"about": text, "sha256": module._digest(arrays, text)}
        return save(arrays, metadata=header)

    return damaged


def _encoder(folder) -> Path:
    path = Path(folder) / "encoder.safetensors"
    path.write_bytes(weights.default_weights().read_bytes())
    return path


def _night(folder) -> Path:
    path = Path(folder) / "one.night.zip"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        night = analyze_recording(small_raw(), random_state=0, **FAST)
    return Path(night.save(path))


def _night_member(folder) -> Path:
    """A night whose members are not compressed: damage reaches what is read from them."""
    import zipfile

    path = _night(folder)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    whole = Path(folder) / "members.json"
    whole.write_bytes(members["night.json"])
    (Path(folder) / "members.zip").write_bytes(path.read_bytes())
    return whole


def read_night_member(path):
    """Read a night whose description was damaged."""
    import zipfile

    path = Path(path)
    made = path.with_name("damaged.night.zip")
    with (
        zipfile.ZipFile(path.with_name("members.zip")) as archive,
        zipfile.ZipFile(made, "w") as new,
    ):
        for name in archive.namelist():
            new.writestr(name, path.read_bytes() if name == "night.json" else archive.read(name))
    load_night(made)


def _formats():
    recordings = {
        "EDF": _edf,
        "EDF+": lambda f: _edf(f, annotated=True),
        "BDF": lambda f: _edf(f, bdf=True),
        "BDF+": lambda f: _edf(f, bdf=True, annotated=True),
        "BrainVision .vhdr": lambda f: _exported(f, ".vhdr"),
        "BrainVision .vmrk": lambda f: _exported(f, ".vhdr", ".vmrk"),
        "BrainVision .eeg": lambda f: _exported(f, ".vhdr", ".eeg"),
        "EEGLAB .set": lambda f: _exported(f, ".set"),
        "EEGLAB .set with .fdt": lambda f: _eeglab_in_two(f, ".set"),
        "EEGLAB .fdt": lambda f: _eeglab_in_two(f, ".fdt"),
        "FIF": _fif,
    }
    for name, make in recordings.items():
        yield Format(name, "recordings", make, read_dataset, analyze_dataset)
    for name in SIDECARS:
        yield Format(
            f"sidecar {name}",
            "sidecar files",
            lambda f, n=name: _sidecar(f, n),
            read_sidecars,
            analyze_dataset,
        )
    for name in HYPNOGRAMS:
        yield Format(
            name, "hypnograms and arousals", lambda f, n=name: _hypnogram(f, n), read_hypnogram
        )
    for name, pattern in {
        "record of a result (json)": "*_desc-arousal_parameters.json",
        "arousals of a result (tsv)": "*_desc-arousal_events.tsv",
        "stages of a result (tsv)": "*_desc-stages_events.tsv",
        "arousals.tsv": "arousals.tsv",
        "derivative's description": "dataset_description.json",
        "note of a run": "records/*.json",
    }.items():
        yield Format(
            name, "results", lambda f, p=pattern: _derived(f, p), read_derivative, mend_derivative
        )
    for ending in (
        "_arousals.csv",
        "_stages.csv",
        "_candidates.csv",
        "-annot.fif",
        "_reviewed.csv",
        "_run.json",
    ):
        yield Format(
            f"*{ending}", "results", lambda f, e=ending: _results(f, e), read_results, show_results
        )
    yield Format("table of ages", "results", _ages, lambda p: age_groups(p, ["sub-01", "07"]))
    yield Format("night.zip", "saved", _night, load_night)
    yield Format("night.zip, description", "saved", _night_member, read_night_member)
    yield Format("pipeline", "saved", _pipeline, read_pipeline, apply_pipeline)
    yield Format(
        "pipeline, sealed again",
        "saved",
        _pipeline,
        read_pipeline,
        apply_pipeline,
        damaged=sealed(pipeline_file),
    )
    yield Format("encoder", "saved", _encoder, PSGEncoder.load, errors=(ValueError,))
    yield Format(
        "encoder, sealed again",
        "saved",
        _encoder,
        PSGEncoder.load,
        errors=(ValueError,),
        damaged=sealed(weights),
    )


FORMATS = {fmt.name: fmt for fmt in _formats()}
