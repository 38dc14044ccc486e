"""Body channels on their way from the recording to the clusterer."""

import mne
import numpy as np
import pandas as pd
import pytest

from mne_arousal import (
    ArousalClusterer,
    BodyTransformer,
    DMDTransformer,
    PSGWindower,
    SpectralTransformer,
    make_arousal_pipeline,
)
from mne_arousal.datasets import simulate_psg
from mne_arousal.pipeline import FEATURES
from mne_arousal.pipeline_file import pipeline_bytes, read_pipeline
from mne_arousal.utils.columns import Column, without_body
from mne_arousal.utils.notes import collect_notes


@pytest.fixture(scope="module")
def raw():
    """Half an hour with ECG and airflow, and added oxygen, legs and position."""
    night = simulate_psg(1800, sfreq=128, random_state=3, verbose="error").raw
    rng = np.random.default_rng(0)
    n = night.n_times
    more = np.stack(
        [
            np.full(n, 96.0),
            1e-5 * rng.standard_normal(n),
            1e-5 * rng.standard_normal(n),
            np.repeat([1.0, 3.0], [n // 2, n - n // 2]),
        ]
    )
    more[0, n // 3 : n // 3 + 128 * 20] = 88.0
    info = mne.create_info(["SpO2", "LAT", "RAT", "Position"], 128.0, ["bio", "emg", "emg", "misc"])
    extra = mne.io.RawArray(more, info, verbose="error")
    return night.add_channels([extra], force_update_info=True)


@pytest.fixture(scope="module")
def with_body(raw):
    """Windows that carry the body, and their windower."""
    windower = PSGWindower(body=True, verbose="error")
    return windower.fit_transform(raw), windower


def test_windows_carry_the_body_after_the_rest(raw, with_body):
    windows, windower = with_body
    plain = PSGWindower(verbose="error").fit(raw)
    assert windower.channels_ == plain.channels_
    assert windower.body_channels_ == [
        "ecg:ECG", "resp:Airflow", "leg:LAT", "leg:RAT", "spo2:SpO2", "position:Position",
    ]  # fmt: skip
    labels = windows.datasets[0].description["channels"]
    assert labels == [*windower.channels_, *windower.body_channels_]


def test_names_and_index(with_body):
    table = BodyTransformer().set_output(transform="pandas").fit_transform(with_body[0])
    assert tuple(table.index.names) == ("recording", "onset")
    assert {
        "ecg:ECG:heart_rate", "resp:Airflow:amplitude", "resp:Airflow:recovery",
        "leg:LAT:activity", "emg:Chin:activity", "spo2:SpO2:saturation", "spo2:SpO2:dip",
        "position:Position:change", "psg:body:movement",
    } <= set(table.columns)  # fmt: skip
    assert {Column.parse(name).extractor for name in table.columns} == {"body"}
    assert table["spo2:SpO2:dip"].max() == pytest.approx(8.0, abs=1e-6)
    assert 0 < table["position:Position:change"].sum() <= 12
    assert table["leg:LAT:activity"].abs().max() < 1.0


@pytest.mark.parametrize("extractor", [SpectralTransformer(), DMDTransformer(device="cpu")])
def test_other_extractors_see_no_body(raw, with_body, extractor):
    plain = PSGWindower(verbose="error").fit_transform(raw)
    expected = extractor.fit_transform(plain)
    names = list(extractor.get_feature_names_out())
    found = extractor.fit_transform(with_body[0])
    assert list(extractor.get_feature_names_out()) == names
    assert np.asarray(found).tobytes() == np.asarray(expected).tobytes()


def test_encoder_sees_no_body(raw, with_body):
    plain = PSGWindower(verbose="error").fit_transform(raw)
    steps = make_arousal_pipeline(features=FEATURES, random_state=0, device="cpu")["features"]
    encoder = dict(steps.transformer_list)["encoder"]
    expected = np.asarray(encoder.fit_transform(plain))
    assert np.asarray(encoder.fit_transform(with_body[0])).tobytes() == expected.tobytes()


def test_states_and_stages_ignore_the_body(with_body):
    windows = with_body[0]
    spectral = SpectralTransformer().set_output(transform="pandas").fit_transform(windows)
    body = BodyTransformer().set_output(transform="pandas").fit_transform(windows)
    body.iloc[100:2000] = np.nan
    both = pd.concat([spectral, body], axis=1)
    expected = ArousalClusterer(random_state=0).fit(spectral)
    found = ArousalClusterer(random_state=0).fit(both)
    np.testing.assert_array_equal(found.labels_, expected.labels_)
    assert (found.labels_ >= 0).all()
    pd.testing.assert_frame_equal(found.predict_stages(both), expected.predict_stages(spectral))
    scores = found.detect(both)["score"].to_numpy()  # arousals hear the body, as cues
    assert not np.array_equal(scores, expected.detect(spectral)["score"].to_numpy())


def test_columns_of_the_body_alone_are_refused(with_body):
    body = BodyTransformer().set_output(transform="pandas").fit_transform(with_body[0])
    with pytest.raises(ValueError, match="need EEG"):
        ArousalClusterer().fit(body)


def test_a_later_recording_without_a_channel_has_a_gap(raw):
    lacking = raw.copy().drop_channels(["ECG", "RAT"])
    windower = PSGWindower(body=True, verbose="error")
    windows = windower.fit_transform([raw, lacking])
    table = BodyTransformer().set_output(transform="pandas").fit_transform(windows)
    second = table.iloc[len(table) // 2 :]
    assert second["ecg:ECG:heart_rate"].isna().all()
    assert second["leg:RAT:activity"].isna().all()
    assert second["leg:LAT:activity"].notna().all()
    assert table["ecg:ECG:heart_rate"].iloc[: len(table) // 2].notna().mean() > 0.95


def test_eeg_alone_has_movement(raw):
    alone = raw.copy().pick(["C3-M2"])
    windows = PSGWindower(body=True, verbose="error").fit_transform(alone)
    body = BodyTransformer().fit(windows)
    assert list(body.get_feature_names_out()) == ["psg:body:movement"]
    assert np.isfinite(np.asarray(body.transform(windows))).all()


def test_default_pipeline_has_the_body():
    steps = dict(make_arousal_pipeline()["features"].transformer_list)
    assert list(steps) == list(FEATURES)
    assert [name for name, step in steps.items() if step != "drop"] == ["spectral", "body"]
    without = make_arousal_pipeline(features=("spectral", "dmd", "encoder"))
    assert dict(without["features"].transformer_list)["body"] == "drop"
    assert not without["windows"].body


def test_picks_name_the_body_or_leave_it_to_names(raw):
    windower = PSGWindower(picks=["C3-M2", "Airflow"], body=True, verbose="error").fit(raw)
    assert windower.channels_ == ["eeg:C3-M2"]
    assert windower.body_channels_ == ["resp:Airflow"]
    windower = PSGWindower(picks=["C3-M2"], body=True, verbose="error").fit(raw)
    assert len(windower.body_channels_) == 6


def test_a_saved_pipeline_has_the_body(raw, tmp_path):
    pipeline = make_arousal_pipeline(features=("spectral", "body"), random_state=0, verbose="error")
    pipeline.fit(raw)
    path = tmp_path / "pipeline.safetensors"
    path.write_bytes(pipeline_bytes(pipeline))
    restored = read_pipeline(path)
    before, after = (p[:-1].transform(raw) for p in (pipeline, restored))
    pd.testing.assert_frame_equal(before, after)
    found = restored[-1].detect(after)
    pd.testing.assert_frame_equal(found, pipeline[-1].detect(before))


def test_flat_and_bad_body_channels_are_left_out(raw):
    damaged = raw.copy()
    damaged._data[damaged.ch_names.index("LAT")] = 0.0
    damaged.info["bads"] = ["Airflow"]
    with collect_notes() as notes:
        windower = PSGWindower(body=True, verbose="error").fit(damaged)
    assert [(note.code, note.channel) for note in notes] == [("channel_dropped", "LAT")]
    assert windower.body_channels_ == ["ecg:ECG", "leg:RAT", "spo2:SpO2", "position:Position"]


def test_a_gap_in_the_body_is_no_gap_of_the_night(with_body):
    table = BodyTransformer().set_output(transform="pandas").fit_transform(with_body[0])
    table.insert(0, "eeg:C3-M2:beta", 0.0)
    assert list(without_body(table).columns) == ["eeg:C3-M2:beta"]
