"""When a channel may be believed, by itself and through the whole program."""

import mne
import numpy as np
import pytest

from mne_arousal.annotate import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.recording.content import content_limit
from mne_arousal.recording.loading import load_channels
from mne_arousal.recording.stretches import Stretch, blank, merged
from mne_arousal.recording.validity import find_lost, find_marked, find_no_eeg, plausible
from mne_arousal.spectral import SpectralTransformer
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.notes import collect_notes

RATE = 100.0


def eeg(minutes=10, n_channels=2, seed=0, scale=20e-6):
    """Noise whose spectrum falls as that of sleep EEG does."""
    rng = np.random.default_rng(seed)
    n = int(minutes * 60 * RATE)
    spectrum = np.fft.rfft(rng.standard_normal((n_channels, n)), axis=1)
    spectrum /= np.maximum(np.fft.rfftfreq(n, 1 / RATE), 0.5)
    signal = np.fft.irfft(spectrum, n, axis=1)
    return scale * signal / signal.std()


def found(data, roles=None, rate=RATE):
    """Kinds of what is found, with their ranges in s, of the first channel."""
    data = data.copy()
    roles = ["eeg"] * len(data) if roles is None else roles
    lost = find_lost(data, rate, roles)
    blank(data, lost)
    stretches = [*lost, *find_no_eeg(data, rate, roles)]
    return {
        kind: merged([s for s in stretches if s.kind == kind], 0)
        for kind in dict.fromkeys(s.kind for s in stretches if s.channel == 0)
    }


def spoil(data, start, stop, values):
    """Put something in place of seconds of the first channel."""
    lo, hi = int(start * RATE), int(stop * RATE)
    data[0, lo:hi] = values if np.ndim(values) == 0 else values[: hi - lo]
    return data


def test_eeg_is_believed():
    """Of sleep-like noise nothing is left out, whatever its gain."""
    for scale in (3e-6, 20e-6, 300e-6, 20.0):
        assert found(eeg(scale=scale)) == {}


@pytest.mark.parametrize("level", [0.0, -12e-6, 5e-4])
def test_constants_are_flat_to_the_sample(level):
    """Zeros, an offset or a rail that never moves; edges within a second are found."""
    data = spoil(eeg(), 100.37, 150.21, level)
    ((start, stop),) = found(data)["flat"]
    assert abs(start - 10037) <= 1
    assert abs(stop - 15021) <= 1


def test_missing_samples_are_gaps():
    """NaN, in the middle and in what is left over at the end."""
    data = spoil(eeg(minutes=10.01), 30, 31.5, np.nan)
    data[0, -3:] = np.nan
    n = data.shape[1]
    assert found(data)["gap"] == [(3000, 3150), (n - 3, n)]


def test_clipped_hum_is_a_rail():
    """A sine that is cut at the range on both sides."""
    t = np.arange(int(60 * RATE)) / RATE
    data = spoil(eeg(), 200, 260, np.clip(2e-3 * np.sin(2 * np.pi * 7.3 * t), -5e-4, 5e-4))
    ((start, stop),) = found(data)["rail"]
    assert (start, stop) == (20000, 26000)


def test_one_peak_is_no_rail():
    """The highest sample of a night stands alone."""
    data = eeg()
    data[0, 5000] = 3e-3
    assert found(data) == {}


@pytest.mark.parametrize("noise", [0.05e-6, 0.1e-6, 0.3e-6, 0.5e-6, 1e-6, 1.5e-6])
def test_noise_of_an_amplifier(noise):
    """Far under any scalp's EEG."""
    rng = np.random.default_rng(1)
    data = spoil(eeg(), 300, 420, noise * rng.standard_normal(20000))
    ((start, stop),) = found(data)["quiet"]
    assert abs(start - 30000) <= RATE
    assert abs(stop - 42000) <= RATE


def test_quiet_is_measured_against_the_other_channels():
    """A lead that is dead throughout is told by those that are not."""
    data = eeg()
    data[0] = 0.2e-6 * np.random.default_rng(1).standard_normal(data.shape[1])
    assert found(data)["quiet"] == [(0, data.shape[1])]


@pytest.mark.parametrize(("hum", "rate"), [(50.0, 256.0), (60.0, 256.0), (50.0, 128.0)])
def test_lead_in_the_air(hum, rate):
    """Hum and nothing else is no EEG; hum on top of EEG is."""
    rng = np.random.default_rng(0)
    t = np.arange(int(600 * rate)) / rate
    clean = mne.filter.resample(eeg(), rate, RATE)[:, : len(t)]
    wave = np.sin(2 * np.pi * hum * t)
    air = clean.copy()
    part = slice(int(100 * rate), int(300 * rate))
    air[0, part] = 100e-6 * wave[part] + 1e-6 * rng.standard_normal(len(t[part]))
    ((start, stop),) = found(air, rate=rate)["mains"]
    assert abs(start / rate - 100) <= 6
    assert abs(stop / rate - 300) <= 6
    assert found(clean + 50e-6 * wave, rate=rate) == {}


def test_loose_lead():
    """Millivolts for a minute are no EEG; a movement of some seconds is no reason."""
    rng = np.random.default_rng(1)
    data = spoil(eeg(), 100, 200, 1e-3 * rng.standard_normal(20000))
    ((start, stop),) = found(data)["detached"]
    assert (start, stop) == (10000, 20000)
    assert found(spoil(eeg(), 100, 110, 1e-3 * rng.standard_normal(2000))) == {}


def test_muscle_tone_may_be_nothing():
    """A chin EMG of few digital steps is constant for seconds in REM sleep."""
    data = eeg()
    step = 2 * np.median(np.abs(data[0]))
    data[0] = step * np.round(data[0] / step)
    data[0, 10000:10500] = 0.0
    assert found(data, ["emg", "eeg"]) == {}
    assert found(spoil(data, 100, 200, 0.0), ["emg", "eeg"])["flat"]


def test_annotations_that_begin_with_bad():
    """In upper or lower case, for the channels that they name, derivations among them."""
    marks = mne.Annotations(
        [10, 20, 30, 40, 50],
        [5, 5, 5, 5, 0],
        ["BAD_x", "bad", "Sleep stage W", "BAD_ACQ_SKIP", "EDGE boundary"],
        ch_names=[["C3-M2"], ["M1"], [], [], []],
    )
    stretches = find_marked(marks, 0.0, ["C3-M2", "C4-M1"], 100.0, 6000)
    assert Stretch(0, 1000, 1500, "marked") in stretches
    assert Stretch(1, 2000, 2500, "marked") in stretches
    assert [s.channel for s in stretches if s.kind == "gap"] == [0, 1]
    assert [(s.start, s.stop) for s in stretches if s.channel == 1] == [
        (2000, 2500),
        (4000, 4500),
        (4950, 5050),
    ]


def test_marks_count_on_the_clock_of_a_cropped_recording():
    """A dated Raw that was cropped keeps the onsets of the whole."""
    raw = mne.io.RawArray(eeg(12), mne.create_info(["C3-M2", "C4-M1"], RATE, "eeg"))
    for date in (None, 1e9):
        part = raw.copy().set_meas_date(date)
        part.set_annotations(mne.Annotations([200.0], [10.0], ["bad"]))
        part.crop(100.0)
        with collect_notes() as notes:
            loaded, _, _ = load_channels(part, sfreq=None)
        times = np.flatnonzero(np.isnan(loaded.get_data(0)[0])) / RATE
        assert (times[0], times[-1]) == (100.0, 109.99)
        assert [note.code for note in notes] == ["marked_bad"]


def test_one_note_a_kind_and_channel():
    """Several stretches are summed up, and all channels alike share a note."""
    data = eeg(20)
    data[1, -150:] = np.nan  # of a writer that filled the last record
    for start in (100, 300, 500):
        spoil(data, start, start + 60, 0.0)
    data[:, 60_000:62_000] = np.nan
    raw = mne.io.RawArray(data, mne.create_info(["C3-M2", "C4-M1"], RATE, "eeg"))
    with collect_notes() as notes:
        load_channels(raw)
    gap, flat = notes
    assert (gap.code, gap.channel) == ("gaps", "")
    assert "from 0:10:00 to 0:10:20" in gap.text
    assert (flat.code, flat.channel, flat.onset, flat.duration) == (
        "signal_lost",
        "C3-M2",
        100.0,
        180.0,
    )
    assert "in 3 stretches, 3 min in all, the first from 0:01:40 to 0:02:40" in flat.text


def test_too_little_is_left():
    """A recording of zeros but for four minutes has no stable sleep."""
    data = eeg(20)
    data[:, 24000:] = 0.0
    raw = mne.io.RawArray(data, mne.create_info(["C3-M2", "C4-M1"], RATE, "eeg"))
    with collect_notes(), pytest.raises(RecordingError, match="240 s of EEG that can be believed"):
        load_channels(raw)


def test_plausible_values_of_devices():
    """An oximeter or a pulse counter that is off is a gap."""
    assert plausible(np.array([0, 49, 50, 97, 100, 127, np.nan]), "oxygen_saturation").tolist() == [
        *(False, False, True, True, True, False, False)
    ]
    assert plausible(np.array([0.0, 24, 25, 60, 220, 255]), "heart_rate").tolist() == [
        *(False, False, True, True, True, False)
    ]


def test_content_ends_where_a_filter_cuts():
    """A channel of a lower rate, or through a low-pass filter, has a cliff in its spectrum."""
    signal = eeg()[0]
    assert content_limit(signal, RATE, 45.0) == 45.0
    low = mne.filter.filter_data(signal, RATE, None, 30.0, verbose="error")
    assert 29 < content_limit(low, RATE, 45.0) < 38
    slow = mne.filter.resample(mne.filter.resample(signal, down=2.5), up=2.5)
    assert 18 < content_limit(slow, RATE, 45.0) < 22


def test_band_that_a_channel_lacks_is_absent():
    """Its column is NaN, and the program does without: the same arousals but for a few."""
    night = simulate_psg(2400, 128.0, 1, difficulty="easy", arousal_index=30, verbose="error")
    raw = night.raw.copy()
    raw._data[0] = mne.filter.filter_data(raw._data[0], 128.0, None, 25.0, verbose="error")
    result = analyze(raw)
    name = raw.ch_names[0]
    assert result.features[f"eeg:{name}:gamma"].isna().all()
    assert result.features[f"eeg:{name}:delta"].notna().all()
    assert f1(result, night.arousals) > f1(analyze(night.raw), night.arousals) - 0.05


def test_windows_tell_which_channels_are_valid():
    """In the metadata, and as NaN in the features of that channel alone."""
    from mne_arousal.recording import PSGWindower

    data = spoil(eeg(), 100, 200, 0.0)
    raw = mne.io.RawArray(data, mne.create_info(["C3-M2", "C4-M1"], RATE, "eeg"))
    with collect_notes():
        windows = PSGWindower().fit_transform(raw)
    table = windows.datasets[0].metadata
    invalid = ~table["valid:eeg:C3-M2"].to_numpy()
    starts = table["i_start_in_trial"].to_numpy() / RATE
    assert np.array_equal(invalid, (starts > 98) & (starts < 200))
    assert table["valid:eeg:C4-M1"].all()
    features = SpectralTransformer().fit_transform(windows)
    assert np.array_equal(features["eeg:C3-M2:delta"].isna(), invalid)
    assert features["eeg:C4-M1:delta"].notna().all()


def analyze(raw, **more):
    """Analyze by band powers, without warnings."""
    with collect_notes():
        return analyze_recording(raw, features=("spectral",), random_state=0, **more)


def f1(result, truth, shift=0.0):
    """Score events that overlap the truth."""
    onset = result.arousals["onset"].to_numpy() + shift
    stop = onset + result.arousals["duration"].to_numpy()
    overlap = (onset[:, None] < truth.onset + truth.duration) & (truth.onset < stop[:, None])
    return 2 * overlap.any(axis=1).sum() / (len(onset) + len(truth))


@pytest.fixture(scope="module")
def night():
    """An hour and a half with arousals that are known."""
    return simulate_psg(5400, 64.0, 3, difficulty="easy", arousal_index=20, verbose="error")


@pytest.fixture(scope="module")
def clean(night):
    """What is found in it."""
    return analyze(night.raw)


def appended(raw, minutes, values, *, before=False):
    """Put something after, or before, all channels."""
    size = (len(raw.ch_names), int(minutes * 60 * raw.info["sfreq"]))
    extra = np.full(size, values) if np.ndim(values) == 0 else np.resize(values, size)
    parts = [extra, raw._data] if before else [raw._data, extra]
    return mne.io.RawArray(np.concatenate(parts, axis=1), raw.info.copy(), verbose="error")


NOISE = 0.1e-6 * np.random.default_rng(0).standard_normal(500_000)


@pytest.mark.parametrize(
    ("minutes", "values", "before"),
    [
        (2, 0.0, False),
        (60, 0.0, False),
        (60, 0.0, True),
        (60, -12e-6, False),
        (60, NOISE, True),
    ],
)
def test_recorder_ran_on(night, clean, minutes, values, before):
    """Nothing at an end of a night leaves its arousals and its hours of sleep as they are."""
    result = analyze(appended(night.raw, minutes, values, before=before))
    shift = -60.0 * minutes if before else 0.0
    assert f1(result, night.arousals, shift) >= f1(clean, night.arousals) - 0.02
    assert abs(result.sleep_hours - clean.sleep_hours) < 0.02
    outside = result.stages["onset"] >= 5400 if not before else result.stages["onset"] < -shift
    assert (result.stages["cluster"][outside] == -1).all()
    assert (result.stages["cluster"][~outside] >= 0).mean() > 0.98


def test_hypnogram_does_not_make_zeros_sleep(night, clean):
    """What is invalid is no sleep, whatever an expert's stages say."""
    result = analyze(appended(night.raw, 60, 0.0), hypnogram=np.full(300, 2))
    assert result.sleep_hours <= 1.5
    assert f1(result, night.arousals) > 0.8


def test_five_minutes_in_the_middle(night, clean):
    """The headbox was off: no event, no sleep, no stage there."""
    raw = night.raw.copy()
    start = float(night.arousals.onset[len(night.arousals) // 2]) - 150
    raw._data[:, int(start * 64) : int((start + 300) * 64)] = 0.0
    result = analyze(raw)
    kept = [i for i, o in enumerate(night.arousals.onset) if not start - 20 < o < start + 300]
    assert f1(result, night.arousals[kept]) >= f1(clean, night.arousals) - 0.02
    onsets = result.arousals["onset"]
    assert not ((onsets > start - 3) & (onsets < start + 300)).any()
    lost = clean.sleep_hours - result.sleep_hours
    assert 0 <= lost < 330 / 3600  # an epoch of which more than half is missing goes, too
    middle = (result.stages["onset"] > start) & (result.stages["onset"] < start + 270)
    assert (result.stages["cluster"][middle] == -1).all()


@pytest.mark.parametrize("values", [0.0, np.nan, NOISE])
def test_one_bad_lead_of_several(night, clean, values):
    """The others go on without it: stages everywhere and nearly all arousals."""
    raw = night.raw.copy()
    part = slice(1800 * 64, 3600 * 64)
    raw._data[0, part] = values if np.ndim(values) == 0 else values[: 1800 * 64]
    result = analyze(raw)
    assert (result.stages["cluster"] >= 0).all()
    assert abs(result.sleep_hours - clean.sleep_hours) < 0.1
    assert f1(result, night.arousals) > f1(clean, night.arousals) - 0.08


def test_muscle_lead_that_fell_off(night, clean):
    """EEG alone tells for that time."""
    raw = night.raw.copy()
    raw._data[raw.ch_names.index("Chin"), 3600 * 64 :] = 0.0
    result = analyze(raw)
    assert (result.stages["cluster"] >= 0).all()
    assert f1(result, night.arousals) > f1(clean, night.arousals) - 0.08


def test_real_sleep_is_believed(data_folder):
    """A real night with SC4001's montage and a nap lose next to nothing."""
    for path in ("physionet-sleep-data/SC4001E0-PSG.edf", "nap/eeg.edf"):
        with collect_notes() as notes:
            raw, channels, _ = load_channels(data_folder / path)
        eeg = [i for i, channel in enumerate(channels) if channel.role in ("eeg", "eog")]
        assert np.isnan(raw.get_data(eeg)).mean() < 1e-3, notes


def test_real_deep_sleep_is_believed(data_folder):
    """Of eleven people's deep sleep only amplifiers that were blocked are left out."""
    lost = total = 0
    for path in sorted((data_folder / "ucddb-epochs").glob("*.npz")):
        with np.load(path) as night:
            deep = night["stage"][night["index"]] >= 4
            data = night["eeg"].astype(float).reshape(1, -1) * float(night["scale"])
        data *= 25e-6 / data.std()
        lost_here = find_lost(data, 128.0, ["eeg"])
        blank(data, lost_here)
        blank(data, find_no_eeg(data, 128.0, ["eeg"]))
        missing = np.isnan(data).reshape(len(deep), -1).mean(axis=1)
        lost, total = lost + missing[deep].sum(), total + deep.sum()
    assert lost / total < 1e-3


def test_a_reference_at_rest_is_subtracted():
    """A mastoid of zeros between bursts, which are in all channels, takes the bursts out."""
    data = eeg(n_channels=2)
    burst = np.zeros(data.shape[1])
    for start in range(3000, data.shape[1] - 1000, 6000):
        burst[start : start + 400] = 40e-6 * np.random.default_rng(start).standard_normal(400)
    info = mne.create_info(["C3", "C4", "M1", "M2"], RATE, "eeg")
    raw = mne.io.RawArray(np.stack([*(data - burst), -burst, -burst]), info, verbose="error")
    with collect_notes() as notes:
        loaded, channels, _ = load_channels(raw)
    assert [c.name for c in channels] == ["C3-M2", "C4-M1"]
    assert not notes
    assert np.isfinite(loaded.get_data()).all()
    raw._data[3, 4000:] = 0  # that is off from there on
    with collect_notes() as notes:
        loaded, channels, _ = load_channels(raw)
    assert {c.name for c in channels} == {"C3", "C4-M1"}
