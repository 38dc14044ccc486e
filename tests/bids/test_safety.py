"""What must never happen: writes elsewhere, code from files, names of patients, half a result."""

import http.server
import os
import sys
import threading
from functools import partial
from pathlib import Path

import mne
import pytest
from mne.datasets.sleep_physionet import age

from mne_arousal.bids.lock import output_lock
from mne_arousal.bids.output_tree import OutputTree
from mne_arousal.cli import main
from mne_arousal.datasets import fetch_sleep_edf
from mne_arousal.pipeline_file import read_pipeline
from mne_arousal.utils.errors import OutputError, RecordingError
from mne_arousal.utils.files import write_file

from ..recordings import noise_raw
from .processes import start
from .small_dataset import DEFAULT_OUTPUT, add_fif, add_noise, annotate, errors, tree_bytes
from .test_runs import CLI_FAST

PATIENT = "MCH-0234567 F 02-MAY-1951 Haagse_Harry"
WORDS = ("0234567", "1951", "Haagse", "Harry", "Grotemans", "02-MAY")


def test_default_output_that_leads_elsewhere(noise_dataset, tmp_path):
    """A dataset that was downloaded may bring a link in place of its derivatives."""
    (tmp_path / "elsewhere").mkdir()
    (noise_dataset / "derivatives").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordingError, match="is a link that leads to"):
        annotate(noise_dataset)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("place", ["sub-02", "sub-02/eeg", ".mne-arousal", ".mne-arousal/records"])
def test_links_in_the_output_are_not_followed(noise_dataset, tmp_path, place):
    """Nothing is written where they lead."""
    target = tmp_path / "elsewhere"
    target.mkdir()
    link = noise_dataset / DEFAULT_OUTPUT / place
    link.parent.mkdir(parents=True, exist_ok=True)
    (noise_dataset / DEFAULT_OUTPUT / "dataset_description.json").write_text('"mne-arousal"')
    link.symlink_to(target)
    with pytest.raises(RecordingError, match="link"):
        annotate(noise_dataset)
    assert list(target.iterdir()) == []


def test_a_link_in_place_of_a_result_is_replaced(noise_dataset, tmp_path):
    """Not followed: what it leads to stays as it is."""
    annotate(noise_dataset)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    table = next(noise_dataset.rglob("sub-01*desc-arousal_events.tsv"))
    table.unlink()
    table.symlink_to(victim)
    annotate(noise_dataset)
    assert victim.read_text() == "precious"
    assert not table.is_symlink()


def test_output_inside_the_dataset_is_refused(noise_dataset):
    """The dataset itself, a subject of it, and what holds it."""
    before = tree_bytes(noise_dataset)
    for output in (".", "sub-01", "sub-01/eeg", "derivatives", "derivatives/../sub-01", ".."):
        with pytest.raises(RecordingError, match="would change the dataset"):
            annotate(noise_dataset, noise_dataset / output)
    assert tree_bytes(noise_dataset) == before


def test_a_folder_of_others_is_refused(noise_dataset, tmp_path):
    """Files of another program are not mixed with."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("It was a dark night.")
    with pytest.raises(RecordingError, match="not of this program"):
        annotate(noise_dataset, tmp_path / "thesis")
    assert len(list((tmp_path / "thesis").iterdir())) == 1


@pytest.mark.parametrize("relative", ["../x", "a/../../x", "/etc/x", ""])
def test_paths_stay_inside(tmp_path, relative):
    """No name leads out of the output folder."""
    with pytest.raises(OutputError, match="leads out"):
        OutputTree(tmp_path).path(relative)


def test_odd_names_are_left_out(noise_dataset):
    """Names with dots, spaces, unknown entities or of another folder."""
    source = next(noise_dataset.rglob("sub-01*.edf")).read_bytes()
    folder = noise_dataset / "sub-01" / "eeg"
    odd = ("sub-01_task-..sleep_eeg.edf", "sub-01_task-a b_eeg.edf", "sub-01_foo-x_eeg.edf",
           "sub-09_task-sleep_eeg.edf", "sub-01_task-sleep_run-1\n_eeg.edf")  # fmt: skip
    for name in odd:
        (folder / name).write_bytes(source)
    with pytest.warns(RuntimeWarning, match="left out") as caught:
        table = annotate(noise_dataset, verbose="warning")
    assert len(caught) >= len(odd)
    assert list(table["subject"]) == ["01", "02", "03"]


def test_subject_information_stays_in_the_header(tmp_path, capsys, caplog):
    """Neither results nor errors nor the log tell name, number or date of birth."""
    path = add_noise(tmp_path / "study", "01")
    data = bytearray(path.read_bytes())
    data[8:88] = PATIENT.encode().ljust(80)
    data[88:168] = b"Startdate 02-MAY-2002 EMG561 Grotemans Telemetry03".ljust(80)
    path.write_bytes(bytes(data))
    broken = Path(str(path).replace("sub-01", "sub-02"))
    broken.parent.mkdir(parents=True)
    broken.write_bytes(bytes(data[:8] + data[8 + 170 :]))  # names where numbers should be
    shifted = Path(str(path).replace("sub-01", "sub-03"))
    shifted.parent.mkdir(parents=True)
    shifted.write_bytes(bytes(data[:168] + PATIENT.encode()[:16] + data[184:]))
    info = mne.create_info(["C3-M2"], 100.0, "eeg")
    raw = mne.io.RawArray(noise_raw(400.0, names=["C3-M2"]).get_data(), info, verbose="error")
    raw.info["subject_info"] = {"his_id": "0234567", "last_name": "Haagse", "first_name": "Harry"}
    add_fif(tmp_path / "study", "04", raw)
    options = ["--features", "spectral", "--device", "cpu", "--verbose", "debug"]
    assert main(["detect", str(tmp_path / "study"), *options]) == 1
    said = "".join(capsys.readouterr()) + caplog.text
    written = b"".join(
        path.read_bytes() + path.name.encode()
        for path in (tmp_path / "study" / DEFAULT_OUTPUT).rglob("*")
        if path.is_file()
    ).decode()
    assert [word for word in WORDS if word in said + written] == []
    assert "2002" not in written


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_disk_full(noise_dataset, tmp_path):
    """The run stops with status 2; with room again it comes to what it would have come to."""
    annotate(noise_dataset, tmp_path / "undisturbed")
    arguments = ["detect", str(noise_dataset), "--output", str(tmp_path / "full"), *CLI_FAST]
    process = start(arguments, file_limit=2500, log=str(tmp_path / "log"))
    process.join(120)
    said = (tmp_path / "log").read_text()
    assert process.exitcode == 2, said
    assert "can't be written" in said
    assert "the next run goes on from there" in said
    assert not list((tmp_path / "full").rglob("*.part"))
    assert main(arguments) == 0
    assert tree_bytes(tmp_path / "full") == tree_bytes(tmp_path / "undisturbed")


def test_a_failed_write_keeps_what_was_there(tmp_path, monkeypatch):
    """Neither half a file nor a left-over."""
    write_file(tmp_path / "table.tsv", b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_file(tmp_path / "table.tsv", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody writes to")
def test_read_only_output(noise_dataset, capsys):
    """Not even the administrator can write there."""
    assert main(["detect", str(noise_dataset), "--output", "/proc/arousals", *CLI_FAST]) == 2
    assert "can't be written to" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_unreadable_recording_and_folder(noise_dataset):
    """Without the right to read: told, and the others go on."""
    next(noise_dataset.rglob("sub-02*.edf")).chmod(0)
    (noise_dataset / "sub-03" / "eeg").chmod(0)
    table = annotate(noise_dataset)
    (noise_dataset / "sub-03" / "eeg").chmod(0o755)
    assert errors(table)["01"] is None
    assert "Permission denied" in errors(table)["02"]


def test_recording_that_cannot_be_opened(noise_dataset, monkeypatch):
    """As without the right to read, which the administrator always has."""
    real = Path.open

    def refuse(self, *args, **kwargs):
        if self.name.startswith("sub-02") and self.suffix == ".edf":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    table = annotate(noise_dataset)
    assert "Permission denied" in errors(table)["02"]
    assert errors(table)["01"] is None
    assert errors(table)["03"] is None


class _Corrupt(http.server.BaseHTTPRequestHandler):
    """Serves any file as the same wrong bytes."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"0       corrupt" * 1000)

    def log_message(self, *args):
        """Say nothing."""


def test_a_corrupt_download_is_refused(tmp_path, monkeypatch):
    """What a server sends must have the registered checksum."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Corrupt)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(age, "fetch_data", partial(age.fetch_data, base_url=url))
        with pytest.raises(RuntimeError, match="hash"):
            fetch_sleep_edf((0,), (1,), path=tmp_path)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not list(tmp_path.rglob("*.edf"))


def test_a_worker_that_outlives_its_run_writes_nothing(noise_dataset):
    """Its mark is no longer on the lock."""
    from mne_arousal.bids.dataset import find_recordings
    from mne_arousal.bids.process import process_recording
    from mne_arousal.bids.settings import Settings

    annotate(noise_dataset, subjects="02")
    folder = noise_dataset / DEFAULT_OUTPUT
    settings = Settings(
        str(folder), ("spectral",), "auto", 0.5, None, True, 0, "cpu", token="former"
    )
    with output_lock(OutputTree(folder)):
        before = tree_bytes(folder, leave_out=())
        outcome = process_recording(find_recordings(noise_dataset, subjects="01")[0], settings)
        assert tree_bytes(folder, leave_out=()) == before
    assert outcome.hopeless
    assert "has ended" in outcome.error


def test_no_pickle_is_read(tmp_path):
    """A pipeline that is a pickle is refused, and its code does not run."""
    import pickle

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "run",))

    (tmp_path / "pipeline.safetensors").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(RecordingError, match="no pipeline that this program saved"):
        read_pipeline(tmp_path / "pipeline.safetensors")
    assert not (tmp_path / "run").exists()
