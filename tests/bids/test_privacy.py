"""Secrets planted in every field of every format: none of them leaves the program."""

import json
import re
import warnings
import zipfile

import mne
import pytest
from scipy.io import loadmat, savemat

from mne_arousal import analyze_recording
from mne_arousal.cli import main
from mne_arousal.utils.privacy import failed_where, reader_words

from ..recordings import noise_raw
from .small_dataset import DEFAULT_OUTPUT, add_fif, add_noise, eeg_file

NAME, NUMBER = "Zebulon Quackenbush", "MRN7364521"
BORN, BORN_ISO = "17-FEB-1953", "1953-02-17"
PLACE = "/home/qbuser/wardpc9/secret"
ALL = f"{NAME} {NUMBER} {BORN} {PLACE}"
SECRETS = re.compile(r"zebulon|quackenbush|7364521|1953|qbuser|wardpc9", re.IGNORECASE)
# recordings of some minutes of noise are warned of
pytestmark = pytest.mark.filterwarnings("ignore")
OPTIONS = ["--features", "spectral", "--device", "cpu"]


def edf(path, *patches):
    """Plant in the subject's and the recording's field, and in fields that the reader skips."""
    data = bytearray(path.read_bytes())
    data[8:88] = f"{NUMBER} M {BORN} {NAME.replace(' ', '_')}".encode().ljust(80)
    data[88:168] = f"Startdate 02-MAY-2002 {NUMBER} qbuser wardpc9".encode().ljust(80)
    n = int(data[252:256])
    for i in range(n - 1):
        data[256 + 16 * n + 80 * i :][:80] = b""
        start = 256 + 16 * n + 80 * i
        data[start : start + 80] = f"electrode of {NAME} {PLACE}".encode().ljust(80)
        start = 256 + 136 * n + 80 * i
        data[start : start + 80] = f"HP:0.1Hz {NUMBER} {BORN}".encode().ljust(80)
    for at, text in patches:
        data[at : at + len(text)] = text
    path.write_bytes(bytes(data))


def add_edf(root, subject, *patches):
    """Write an EDF recording with planted secrets."""
    edf(add_noise(root, subject), *patches)


def add_bdf(root, subject):
    """Write a whole BDF+ recording with planted secrets, in its annotations as well."""
    import edfio

    raw = noise_raw(400.0, seed=int(subject))
    signals = [
        edfio.BdfSignal(1e6 * x, raw.info["sfreq"], label=name, physical_dimension="uV")
        for x, name in zip(raw.get_data(), raw.ch_names, strict=True)
    ]
    path = eeg_file(root, subject, ".bdf")
    edfio.Bdf(signals, annotations=[edfio.EdfAnnotation(1.0, 1.0, ALL)]).write(path)
    edf(path)


def add_brainvision(root, subject, **changes):
    """Write a BrainVision recording; changes replace values of its header."""
    path = eeg_file(root, subject, ".vhdr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mne.export.export_raw(path, noise_raw(400.0), verbose="error")
    text = path.read_text(encoding="utf-8")
    for key, value in changes.items():
        text = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text)
    text += "" if "[Comment]" in text else "\n[Comment]\n"
    path.write_text(f"{text}\n{ALL}\nSubject: {NAME}\n", encoding="utf-8")
    marks = path.with_suffix(".vmrk")
    marks.write_text(
        marks.read_text(encoding="utf-8") + f"\nMk2=Comment,{ALL},1,1,0\n", encoding="utf-8"
    )


def add_eeglab(root, subject):
    """Write an EEGLAB recording with comments, subject and history."""
    path = eeg_file(root, subject, ".set")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mne.export.export_raw(path, noise_raw(400.0), verbose="error")
    fields = {k: v for k, v in loadmat(path, simplify_cells=True).items() if k[0] != "_"}
    fields = fields.get("EEG", fields)
    fields |= {"comments": ALL, "subject": NAME, "history": ALL, "filepath": PLACE, "setname": ALL}
    savemat(path, {"EEG": fields})


def add_planted_fif(root, subject):
    """Write a FIF recording with all that its info can hold."""
    raw = noise_raw(400.0)
    with raw.info._unlock():
        raw.info["subject_info"] = {"his_id": NUMBER, "last_name": NAME, "first_name": NAME}
        raw.info["experimenter"], raw.info["description"] = PLACE, ALL
        raw.info["proj_name"] = NAME
    raw.set_annotations(mne.Annotations([1.0], [1.0], [ALL]))
    add_fif(root, subject, raw)


def sidecar(root, subject, ending, text):
    """Write a file beside a recording."""
    (root / f"sub-{subject}" / "eeg" / f"sub-{subject}_task-sleep_{ending}").write_text(text)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Recordings that are whole, and recordings damaged so that readers meet the secrets."""
    root = tmp_path_factory.mktemp("planted") / "study"
    add_edf(root, "01")
    add_edf(root, "02", (236, b"Zebulon "))
    add_edf(root, "03", (168, b"17.FEB53MRN73645"))
    add_edf(root, "04", (256 + 104 * 5, b"Quackenb"))
    add_brainvision(root, "05")
    add_brainvision(root, "06", NumberOfChannels=NUMBER)
    add_brainvision(root, "07", DataFile=f"{PLACE}/{NUMBER}.eeg")
    add_brainvision(root, "08", SamplingInterval=NAME)
    add_brainvision(root, "09", BinaryFormat=NAME, DataOrientation=NUMBER)
    add_eeglab(root, "10")
    eeg_file(root, "11", ".set").write_bytes(ALL.encode() * 50)
    add_planted_fif(root, "12")
    eeg_file(root, "13", ".fif").write_bytes(ALL.encode() * 50)
    eeg_file(root, "14", ".vhdr").write_text(f"{ALL}\nName={NAME}\n")
    eeg_file(root, "15", ".bdf").write_bytes(b"\xffBIOSEMI" + ALL.encode() * 50)
    add_edf(root, "16")
    sidecar(
        root, "16", "channels.tsv", f"name\ttype\tunits\tstatus\nC3-M2\t{NAME}\t{PLACE}\t{NUMBER}\n"
    )
    sidecar(root, "16", "events.tsv", f"onset\tduration\ttrial_type\n{NAME}\t{BORN}\t{NUMBER}\n")
    add_edf(root, "17")
    sidecar(root, "17", "events.tsv", f"onset\tduration\ttrial_type\n1\t30\t{ALL}\n")
    sidecar(
        root, "17", "eeg.json", f'{{"InstitutionName": "{NAME}", "PowerLineFrequency": "{NUMBER}"}}'
    )
    add_edf(root, "18")
    sidecar(root, "18", "eeg.json", f'{{"DeviceSerialNumber": "{NUMBER}" {ALL}')
    add_edf(root, "19")
    (root / "sub-19" / "sub-19_scans.tsv").write_text(
        f"filename\tacq_time\nsub-19/eeg/sub-19_task-sleep_eeg.edf\t{BORN} {NAME}\n"
    )
    add_bdf(root, "20")
    rows = [f"sub-{i:02}\t{NAME}\t{BORN_ISO}\t{NUMBER}\t{PLACE}" for i in (*range(1, 19), 20)]
    head = "participant_id\tname\tsex\thand\tweight"
    (root / "participants.tsv").write_text("\n".join([head, *rows]) + "\n")
    return root


def written(folder):
    """Names and contents of all files below a folder; archives are unpacked."""
    texts = []
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("latin-1")
            if path.suffix == ".html":  # letters and digits of pictures mean nothing
                text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
            texts.append(path.name + text)
            if path.suffix == ".zip":
                archive = zipfile.ZipFile(path)
                texts += [archive.read(name).decode("latin-1") for name in archive.namelist()]
    return "".join(texts)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_nothing_of_a_dataset_leaves(study, tmp_path, capfd, caplog, level):
    """Neither on the terminal nor in the log, the results, their page and the shared pipeline."""
    out, page = tmp_path / "results", tmp_path / "page.html"
    command = ["detect", str(study), "--output", str(out), *OPTIONS, "--verbose", level]
    assert main([*command, "--fit-on", "01", "05", "12", "20"]) == 1
    assert main(["report", str(out), "--output", str(page), "--verbose", level]) == 0
    said = "".join(capfd.readouterr()) + caplog.text
    assert SECRETS.findall(said) == []
    assert SECRETS.findall(written(tmp_path)) == []
    table = (out / "arousals.tsv").read_text()
    assert table.count("\tok\t") >= 7
    assert re.search(r"(?m)^.*sub-20.*\tok\t", table)
    assert "unexpected" not in table
    assert "sub-20" in page.read_text(encoding="utf-8")


def test_the_shared_pipeline_knows_no_recording(study, tmp_path):
    """Neither paths nor checksums of what it was fitted on."""
    command = ["detect", str(study), "--output", str(tmp_path), *OPTIONS, "--verbose", "error"]
    main([*command, "--subject", "01", "--fit-on", "01"])
    data = (tmp_path / "pipeline.safetensors").read_bytes()
    record = json.loads(next(tmp_path.rglob("*_parameters.json")).read_text())
    for path, digest in record["Sources"].items():
        assert path.encode() not in data
        assert digest.encode() not in data


@pytest.mark.parametrize("level", ["debug", "error"])
def test_nothing_of_a_single_file_leaves(study, tmp_path, capfd, caplog, level):
    """The same for recordings that are named one by one, their pages and saved nights."""
    for path in sorted(study.glob("sub-*/eeg/*_eeg.*")):
        if path.suffix in (".edf", ".vhdr", ".set", ".fif", ".bdf"):
            main(["detect", str(path), "--output", str(tmp_path), *OPTIONS, "--verbose", level])
    recording = next(study.rglob("sub-12*_eeg.fif"))
    night = analyze_recording(recording, features=("spectral",), device="cpu", verbose=level)
    night.save(tmp_path / "night")
    page = str(tmp_path / "night.html")
    assert main(["report", str(recording), "--output", page, *OPTIONS, "--verbose", level]) == 0
    said = "".join(capfd.readouterr()) + caplog.text
    assert SECRETS.findall(said) == []
    assert SECRETS.findall(written(tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "could not convert string to float: 'Quackenbush'",
            "could not convert string to float: '...'",
        ),
        ("Expected 3 fields in line 4, saw 1953", "Expected 3 fields in line 4, ..."),
    ],
)
def test_words_of_a_reader(text, expected):
    """Quoted words, long numbers and words of no source are left out."""
    assert reader_words(ValueError(text)).startswith(expected.removesuffix("..."))
    assert not SECRETS.search(reader_words(ValueError(text)))


def test_words_of_the_source_are_kept():
    """What a function says itself is no secret, and what it fills in is one."""

    def read(name):
        raise RuntimeError(f"the subject {name} wants no reading")

    with pytest.raises(RuntimeError) as caught:
        read(NAME.split()[0])
    assert reader_words(caught.value) == "the subject ... wants no reading"
    assert "RuntimeError" in failed_where(caught.value)
    assert not SECRETS.search(failed_where(caught.value))


def test_an_empty_table_of_participants_fails_nobody(tmp_path, capsys):
    """Nothing in it is needed."""
    root = tmp_path / "study"
    add_noise(root, "01")
    (root / "participants.tsv").write_text("")
    assert main(["detect", str(root), *OPTIONS, "--verbose", "error"]) == 0
    assert (root / DEFAULT_OUTPUT / "arousals.tsv").is_file()


def test_the_date_is_left_out_on_request(tmp_path, capsys):
    """Exports say that they hold it; with --anonymize they don't."""
    raw = noise_raw(400.0)
    raw.set_meas_date(1_000_000_000)
    recording = add_fif(tmp_path / "study", "01", raw)
    command = ["detect", str(recording), *OPTIONS, "--verbose", "error", "--format", "edf,xml"]
    assert main([*command, "--output", str(tmp_path / "dated")]) == 0
    assert "holds the date of the recording" in capsys.readouterr().out
    assert main([*command, "--output", str(tmp_path / "undated"), "--anonymize"]) == 0
    assert "holds the date" not in capsys.readouterr().out
    undated = tmp_path / "undated" / "sub-01_task-sleep_eeg-annot.fif"
    assert mne.read_annotations(undated).orig_time is None
    assert "2001" not in written(tmp_path / "undated")
