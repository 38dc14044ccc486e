"""Named stages against hypnograms, ours and YASA's, in one run.

    python doc/benchmarks/stage_names.py --data FOLDER --output doc/benchmarks/stage_names.md

``FOLDER`` holds ``physionet-sleep-data`` and ``ucddb-night``. Hypnograms are used for scoring
alone. ``--simulated`` leaves the real nights out. Names need the spectral features alone, so that
the encoder and DMD are not computed.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import mne
import numpy as np
import pandas as pd
from stage_sleepers import SLEEPERS, simulate_sleeper

from mne_arousal import make_arousal_pipeline
from mne_arousal.hypnogram import STAGES, Hypnogram, hypnogram_to_stages
from mne_arousal.metrics import score_stages
from mne_arousal.stages.epochs import split_recordings
from mne_arousal.stages.naming import name_stages
from mne_arousal.stages.physiology import epoch_cues
from mne_arousal.utils.columns import parse_columns

MARGIN = 60  # epochs of wake on each side of the expert's sleep
UCDDB = np.array([0, 4, 1, 2, 3, 3])  # its codes: W, R, S1 to S4
BINS = np.linspace(0.2, 1.0, 9)


def features_of(raw) -> pd.DataFrame:
    """Spectral features of all channels that the default pipeline takes."""
    pipeline = make_arousal_pipeline(features=("spectral",), random_state=0, verbose="error")
    return pipeline["features"].fit_transform(pipeline["windows"].fit_transform(raw))


def names_of(features: pd.DataFrame) -> Hypnogram:
    """Stages as `ArousalClusterer.predict_stages` names them."""
    columns = parse_columns(features.columns)
    (table,) = split_recordings(
        features.to_numpy(),
        features.index,
        columns,
        hop=None,
        window_length=2.0,
        epoch_length=30.0,
    )
    cues = epoch_cues(table.values, columns, table.epochs, table.n_epochs)
    named = name_stages(cues, table.inside)
    return Hypnogram(named.stages, probabilities=named.probabilities)


def channel_sets(features: pd.DataFrame):
    """Names of the sets of channels, with the features of each."""
    eeg = [name for name in features if name.startswith("eeg")]
    eog = [name for name in features if name.startswith("eog")]
    first = [name for name in eeg if name.rpartition(":")[0] == eeg[0].rpartition(":")[0]]
    if len(eeg) + len(eog) < features.shape[1]:
        yield "EEG, EOG, EMG", features
    if eog:
        yield "EEG, EOG", features[eeg + eog]
    yield "one EEG", features[first]


def yasa_stages(raw, eeg: str, eog: str | None, emg: str | None) -> np.ndarray | None:
    """Stages of YASA's classifier."""
    try:
        import yasa
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = raw.copy().pick([name for name in (eeg, eog, emg) if name]).load_data(verbose="error")
        raw.apply_function(lambda x: np.nan_to_num(x), picks="all", verbose="error")
        found = yasa.SleepStaging(raw, eeg_name=eeg, eog_name=eog, emg_name=emg).predict()
    names = found.hypno if hasattr(found, "hypno") else found
    codes = {"W": 0, "WAKE": 0, "N1": 1, "N2": 2, "N3": 3, "R": 4, "REM": 4}
    return np.array([codes[str(name)] for name in names])


def _has_signal(raw, channel, n_epochs: int) -> np.ndarray:
    """Epochs that are not missing."""
    size = round(30 * raw.info["sfreq"])
    signal = raw.get_data(channel)[0, : n_epochs * size].reshape(n_epochs, size)
    return np.isfinite(signal).mean(axis=1) > 0.5


def row_of(recording, channels, whose, true, found) -> dict:
    """Scores of one hypnogram; epochs without signal are in neither."""
    n = min(len(true), len(found))
    true, found = true[:n].copy(), np.asarray(found)[:n]
    true[found < 0] = -1
    scores = score_stages(true, np.array([*STAGES, "?"])[found])
    hours = [np.sum(stages[true >= 0] > 0) / 120 for stages in (true, found)]
    return {
        "recording": recording,
        "channels": channels,
        "whose": whose,
        "accuracy": scores.accuracy,
        "kappa": scores.kappa,
        "macro F1": scores.macro_f1,
        **{f"F1 {stage}": scores.f1[stage] for stage in STAGES},
        "h of sleep": hours[0],
        "h found": hours[1],
    }


def real_nights(data: Path):
    """Name, Raw, stages, part that is scored, and channels for YASA."""
    folder = data / "physionet-sleep-data"
    raw = mne.io.read_raw_edf(folder / "SC4001E0-PSG.edf", verbose="error")
    stages = hypnogram_to_stages(folder / "SC4001EC-Hypnogram.edf", n_epochs=2650)
    asleep = np.flatnonzero(stages > 0)
    period = slice(asleep[0] - MARGIN, asleep[-1] + MARGIN + 1)
    parts = {"SC4001, sleep period": period, "SC4001, 22 h": slice(None)}
    yield parts, raw, stages, ("EEG Fpz-Cz", "EOG horizontal", None)
    night = np.load(data / "ucddb-night" / "ucddb022.npz")
    signal = np.full((len(night["stage"]), night["eeg"].shape[1]), np.nan)
    signal[night["index"]] = night["eeg"] * float(night["scale"])
    info = mne.create_info(["C3-A2"], 128.0, "eeg")
    raw = mne.io.RawArray(signal.reshape(1, -1) * 1e-6, info, verbose="error")
    yield {"ucddb-night": slice(None)}, raw, UCDDB[night["stage"]], ("C3-A2", None, None)


def run(data: Path | None) -> tuple[pd.DataFrame, list, dict]:
    """All rows, the probabilities with their hits, and the sleep of each simulated sleeper."""
    rows, pairs = [], {"simulated": [], "real": []}
    for parts, raw, stages, channels in real_nights(data) if data else ():
        features = features_of(raw)
        for name, part in parts.items():
            for label, chosen in channel_sets(features):
                found = names_of(chosen)
                n = min(len(stages), len(found))
                rows.append(row_of(name, label, "ours", stages[:n][part], found.stages[:n][part]))
                if name != "SC4001, 22 h" and label in ("EEG, EOG, EMG", "one EEG"):
                    pairs["real"].append((stages[:n][part], found.probabilities[:n][part]))
            theirs = yasa_stages(raw, *channels)
            if theirs is not None:
                n = min(len(stages), len(theirs))
                theirs = np.where(_has_signal(raw, channels[0], n), theirs[:n], -1)
                label = "EEG, EOG" if channels[1] else "one EEG"
                rows.append(row_of(name, label, "YASA", stages[:n][part], theirs[:n][part]))
        print(pd.DataFrame(rows).round(3).to_string(), flush=True)
    for kind, seed in SLEEPERS:
        night = simulate_sleeper(kind, seed)
        stages = hypnogram_to_stages(night.hypnogram)
        features = features_of(night.raw)
        name = f"simulated, {kind}"
        for label, chosen in channel_sets(features):
            found = names_of(chosen)
            rows.append(row_of(name, label, "ours", stages, found.stages))
            if label != "EEG, EOG":
                n = min(len(stages), len(found))
                pairs["simulated"].append((stages[:n], found.probabilities[:n]))
        theirs = yasa_stages(night.raw, "C3-M2", "E1-M2", "Chin")
        if theirs is not None:
            rows.append(row_of(name, "EEG, EOG, EMG", "YASA", stages, theirs))
        print(kind, seed, rows[-3]["accuracy"], rows[-1]["accuracy"], flush=True)
    return pd.DataFrame(rows), pairs


def reliability(pairs) -> pd.DataFrame:
    """Share of hits by probability of the stage that was picked."""
    stages = np.concatenate([s for s, _ in pairs])
    shares = np.concatenate([p for _, p in pairs])
    known = (stages >= 0) & np.isfinite(shares).all(axis=1)
    highest = shares[known].max(axis=1)
    hit = shares[known].argmax(axis=1) == stages[known]
    at = np.clip(np.digitize(highest, BINS) - 1, 0, len(BINS) - 2)
    table = pd.DataFrame({"bin": at, "probability": highest, "hits": hit})
    grouped = table.groupby("bin").agg(
        epochs=("hits", "size"), probability=("probability", "mean"), hits=("hits", "mean")
    )
    return grouped.reset_index(drop=True)


def draw_reliability(tables: dict[str, pd.DataFrame], path: Path) -> None:
    """Reliability diagram."""
    fig, axes = plt.subplots(figsize=(4.4, 4.2), layout="constrained")
    axes.plot([0.2, 1], [0.2, 1], color="0.6", linewidth=1, linestyle="--")
    for (name, table), color in zip(tables.items(), ("#0072B2", "#D55E00"), strict=False):
        axes.plot(table["probability"], table["hits"], "o-", color=color, label=name)
    axes.set(xlabel="Probability of the stage", ylabel="Share of epochs in agreement")
    axes.legend(frameon=False)
    fig.savefig(path, dpi=110)


def markdown(table: pd.DataFrame) -> list[str]:
    """A table in Markdown."""
    shown = table.copy()
    for name in shown:
        if shown[name].dtype.kind == "f":
            shown[name] = ["" if not np.isfinite(v) else f"{v:.2f}" for v in shown[name]]
    lines = ["| " + " | ".join(shown) + " |", "|" + " --- |" * shown.shape[1]]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in shown.to_numpy()]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--text", type=Path, default=Path(__file__).with_name("stage_names.txt"))
    arguments = parser.parse_args()
    matplotlib.use("Agg")
    rows, pairs = run(arguments.data)
    group = ["recording", "channels", "whose"]
    mean = rows.groupby(group, sort=False).mean(numeric_only=True).reset_index()
    tables = {name: reliability(some) for name, some in pairs.items() if some}
    lines = [arguments.text.read_text().rstrip(), "", *markdown(mean), "", "## Reliability", ""]
    lines += ["![Reliability diagram](../_static/stage_reliability.png)", ""]
    for name, table in tables.items():
        lines += [f"{name.capitalize()} nights:", "", *markdown(table), ""]
    print("\n".join(lines))
    if arguments.output:
        arguments.output.write_text("\n".join(lines).rstrip() + "\n")
        figure = arguments.output.resolve().parent.parent / "_static" / "stage_reliability.png"
        draw_reliability(tables, figure)


if __name__ == "__main__":
    main()
