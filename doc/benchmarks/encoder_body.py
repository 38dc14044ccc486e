"""Whether DMD and the encoder are needed: arousals and stages with and without them, over seeds.

    python doc/benchmarks/encoder_body.py run CACHE --weights FOLDER --half report --seeds 5
    python doc/benchmarks/encoder_body.py page CACHE

``CACHE`` is the folder of ``arousals/run.py``: filtered signals and features are kept under
``CACHE/tables``, results under ``CACHE/encoder_body``; ``CACHE/peers`` holds the events of
psgscoring's U-Net v2 on SC4001. ``FOLDER`` holds ``body0.safetensors`` and so on of
``encoder_pretrain.py --target body``: seed k takes file k, and k seeds the clusterer and what is
trained on the night.
No label enters a fit. Hypnograms, true arousals and implants are read for scoring alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).with_name("arousals")))

from joblib import Parallel, delayed
from real_sleep import load_sc4001
from recordings import PEOPLE, SEEDS, Recording
from run import describe, events
from scores import table
from sklearn.pipeline import Pipeline
from tables import _Kept, prepare

from mne_arousal import PSGEncoder, analyze_recording
from mne_arousal.arousals.anchor import anchored_direction
from mne_arousal.arousals.departure import departure, lower_scale
from mne_arousal.arousals.evidence import DEFAULT_COMPONENTS
from mne_arousal.encoder.body_targets import TARGETS, body_targets, known_targets
from mne_arousal.encoder.prepared import encode_prepared
from mne_arousal.encoder.training.cross_fitting import fit_and_foresee
from mne_arousal.hypnogram import STAGES
from mne_arousal.metrics import match_events, score_stages
from mne_arousal.pipeline import make_arousal_pipeline
from mne_arousal.utils.columns import parse_columns, where
from mne_arousal.utils.windows import read_windows

PAGE = Path(__file__).with_name("encoder.md")
KINDS = tuple(
    f"patient-{k}" for k in ("apnea", "periodic", "fluctuating", "insomnia", "limbs", "weak")
)
RATE = 20  # implants an hour
N_PEOPLE = {"choose": 2, "report": 5}
MARGIN = 60  # epochs of wake on each side of the expert's sleep, for scoring stages
UCDDB = np.array([0, 4, 1, 2, 3, 3])  # its codes: W, R, S1 to S4
REFERENCE = "psgscoring-unet-v2"
_REST = tuple(name for name in DEFAULT_COMPONENTS if name not in ("anchor", "direction"))

# How the network that foresees was trained: as pretrained on simulated nights of other seeds; then
# for 4 epochs on the other folds of the night; or on these alone.
TRAINED = {
    "pretrained": {"max_epochs": 0},
    "cross-fitted": {"max_epochs": 4, "learning_rate": 1e-3},
    "from nothing": {"max_epochs": 10, "weights": None},
}
# Columns beside spectral and body ones, and parts of the evidence.
EVIDENCE = {
    "predicted, beside the anchor": (*DEFAULT_COMPONENTS, "predicted"),
    "predicted, in place of the anchor": (*_REST, "predicted"),
    "surprise from the past, beside": (*DEFAULT_COMPONENTS, "past"),
    "surprise from both sides, beside": (*DEFAULT_COMPONENTS, "sides"),
    "neither anchor nor network": _REST,
}
BASE = "spectral and body"
TRAINED_FURTHER = tuple(EVIDENCE)[:3]  # what networks other than the first are asked for
NO_BODY = ("untouched-ucddbnight",)  # nor marks of arousals: stages alone
CLUSTERED = ("DMD", "encoder", "body encoder", "DMD and encoder")


def windows_of(prepared):
    """Windows of the channels that detection uses, as the pipeline makes them."""
    from braindecode.datasets import BaseConcatDataset, RawDataset
    from braindecode.preprocessing import create_fixed_length_windows

    raw = prepared.signals
    about = {
        "recording": "recording",
        "channels": prepared.channels,
        "lowpass": raw.info["sfreq"] / 2,
    }
    dataset = BaseConcatDataset([RawDataset(raw, description=about)])
    size = round(2 * raw.info["sfreq"])
    return create_fixed_length_windows(
        dataset, window_size_samples=size, window_stride_samples=size // 4, on_last_window="drop"
    )


def targets_of(prepared, windows) -> np.ndarray:
    """What the body does after each window, from the kept measures of the body."""
    columns = prepared.table.columns
    own = [c.extractor == "body" for c in parse_columns(columns)]
    found = read_windows(PSGEncoder(), windows, reset=True)
    return body_targets(prepared.table.loc[:, own].to_numpy(), list(columns[own]), found)


def foresee(prepared, windows, weights, seed: int, **options) -> pd.DataFrame:
    """Latents and what is foreseen, by a body encoder."""
    targets = targets_of(prepared, windows)
    if len(known_targets(targets)) < 2:  # EEG alone: only pretrained weights know of a body
        options = TRAINED["pretrained"]
    encoder = PSGEncoder(
        target="body",
        random_state=seed,
        device="cpu",
        verbose="error",
        **{"weights": weights, **options},
    )
    found = encode_prepared(encoder, *fit_and_foresee(encoder, windows, targets))
    return found.set_axis(prepared.table.index)


def correlations(prepared, windows, foreseen: dict[str, pd.DataFrame]) -> dict:
    """Correlation of predictions with what the body does, in sleep, cross-fitted."""
    targets = targets_of(prepared, windows)
    onset = prepared.table.index.get_level_values("onset").to_numpy(float)
    epochs = np.minimum(((onset + 1) // 30).astype(int), len(prepared.stages) - 1)
    asleep = prepared.stages[epochs] > 0
    columns = parse_columns(prepared.table.columns)
    eeg = {"linear": where(columns, role="eeg", extractor="spectral")}
    eeg["linear, EOG too"] = where(columns, role=("eeg", "eog"), extractor="spectral")
    found: dict[str, dict[str, float]] = {}
    for i, target in enumerate(TARGETS):
        known = asleep & np.isfinite(targets[:, i])
        if known.sum() < 0.5 * asleep.sum():
            continue
        truth = np.nan_to_num(targets[:, i])
        predictions = {}
        for name, at in eeg.items():
            features = _departures(prepared.table.to_numpy()[:, at], asleep)
            predictions[name] = anchored_direction(features, truth, known)
            if name == "linear":  # the network knows what came before
                before = [np.roll(features, lag, axis=0) for lag in (4, 8, 16)]
                for lag, some in zip((4, 8, 16), before, strict=True):
                    some[:lag] = 0
                stacked = np.concatenate([features, *before], axis=1)
                predictions["linear, 8 s before too"] = anchored_direction(stacked, truth, known)
        for name, some in foreseen.items():
            column = f"psg:body:predicted_{target}"
            if column in some:
                predictions[name] = some[column].to_numpy()
        found[target] = {}
        for name, values in predictions.items():
            fine = known & np.isfinite(values)
            found[target][name] = float(np.corrcoef(values[fine], truth[fine])[0, 1])
    return found


def _departures(values, asleep) -> np.ndarray:
    moved = departure(values, 0.5, 2.0, asleep)
    return np.nan_to_num(np.clip(moved / lower_scale(moved, asleep), -4, 4))


def detector(prepared, features: pd.DataFrame, seed: int):
    """A detector that is fitted once, to be asked with several parts of the evidence."""
    clusterer = make_arousal_pipeline(random_state=seed, verbose="error")[-1]
    steps = [
        ("windows", _Kept(prepared.channels, prepared.signals)),
        ("features", _Kept(prepared.channels, features)),
        ("arousals", clusterer),
    ]
    pipeline = Pipeline(steps)

    def detect(components=DEFAULT_COMPONENTS):
        clusterer.set_params(components=components)
        return analyze_recording(prepared.raw, pipeline=pipeline, verbose="error")

    return detect


def score(prepared, night) -> dict:
    """What was found in one night, and how much of it is right."""
    rest = night.candidates
    unlikely = rest[~rest["reason"].isin(["awakening", "too short", "no stable sleep before"])]
    ranked = pd.concat([night.arousals, unlikely], ignore_index=True)
    ranked = ranked.assign(score=ranked["probability"])
    result = {"found": events(night.arousals), "candidates": events(ranked)}
    if prepared.arousals is None:
        return result
    true = table(describe(prepared, "")["true"])
    found = table(result["found"])
    matched = len(match_events(true, found))
    return result | {"n_true": len(true), "n_found": len(found), "n_matched": matched}


def clusters_score(prepared, night) -> dict:
    """Scores of stage clusters, of names, and of names smoothed by clusters."""
    stages = night.stages
    n = min(len(prepared.stages), len(stages))
    true = prepared.stages[:n].copy()
    asleep = np.flatnonzero(true > 0)
    inside = slice(max(asleep[0] - MARGIN, 0), asleep[-1] + MARGIN + 1)
    clusters = stages["cluster"].to_numpy()[:n].copy()
    true[clusters < 0] = -1
    shares = stages[[f"p_{stage}" for stage in STAGES]].to_numpy()[:n]
    named = np.zeros(n, dtype=int)
    for k in np.unique(clusters):  # each cluster by the stage that physiology finds in it most
        named[clusters == k] = np.nan_to_num(np.nanmean(shares[clusters == k], axis=0)).argmax()
    words = np.array([*STAGES, "?"])
    by_cluster = score_stages(true[inside], clusters[inside])
    return {
        "kappa of clusters": by_cluster.kappa,
        "AMI of clusters": by_cluster.ami,
        "kappa of names": score_stages(true[inside], stages["stage"].to_numpy()[:n][inside]).kappa,
        "kappa of named clusters": score_stages(true[inside], words[named][inside]).kappa,
    }


def ucddb_night() -> Recording:
    """The whole night of one person, one EEG."""
    data = np.load(Path(os.environ["PHYSIONET_SLEEP_PATH"]) / "ucddb-night" / "ucddb022.npz")
    signal = np.full((len(data["stage"]), data["eeg"].shape[1]), np.nan)
    signal[data["index"]] = data["eeg"] * float(data["scale"])
    info = mne.create_info(["C3-A2"], 128.0, "eeg")
    raw = mne.io.RawArray(signal.reshape(1, -1) * 1e-6, info, verbose="error")
    return real_night(raw, UCDDB[data["stage"]], "ucddbnight")


def sc4001_night() -> Recording:
    """SC4001 from half an hour before sleep to half an hour after it."""
    _, stages = load_sc4001()
    asleep = np.flatnonzero(stages > 0)
    return real_night(
        *load_sc4001(asleep[0] - MARGIN, asleep[-1] + 1 + MARGIN), f"SC4001from{asleep[0] - MARGIN}"
    )


def real_night(raw, stages, name: str) -> Recording:
    """A recording without marks of arousals."""
    return Recording(f"untouched-{name}", "untouched", name, "both", name, raw, None, stages)


REAL = {"untouched-SC4001night": sc4001_night, "untouched-ucddbnight": ucddb_night}


def recordings(half: str, parts) -> list[str]:
    """Names of what is run."""
    found = [f"simulated-{kind}-{SEEDS[half][0]}" for kind in KINDS] if "patients" in parts else []
    if "implants" in parts:
        people = (f"SC4001{half}", *PEOPLE[half][: N_PEOPLE[half]])
        found += [f"implants-{person}-{RATE}" for person in people]
    if "real" in parts and half == "report":
        found += list(REAL)
    return found


def run_one(name: str, seed: int, cache: Path, weights: Path, trained, half: str) -> None:
    """Run all variants on one recording with one seed, and keep their scores."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    extractors = ("spectral", "dmd", "body") if half == "report" else ("spectral", "body")
    given = REAL[name]() if name in REAL else None
    prepared = prepare(name, cache / "tables", extractors, recording=given)
    prepared.table.columns = [str(column) for column in prepared.table.columns]
    kinds = [column.extractor for column in parse_columns(prepared.table.columns)]
    dmd = prepared.table.loc[:, [kind == "dmd" for kind in kinds]]
    prepared.table = prepared.table.loc[:, [kind != "dmd" for kind in kinds]]
    windows = windows_of(prepared)
    about = describe(prepared, "mne-arousal") | {"seed": seed, "half": half}
    kept = about | {"runs": {}, "start": 0.0 if given is None else _start(given)}
    path = cache / "encoder_body" / f"{half}-{name}-{seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)

    def keep(variant, night, begin):
        kept["runs"][variant] = score(prepared, night)
        kept["runs"][variant]["seconds"] = time.perf_counter() - begin
        if name in REAL:
            kept["runs"][variant] |= clusters_score(prepared, night)
        path.write_text(json.dumps(kept, default=lambda number: number.item()))

    file = weights / f"body{seed}.safetensors"
    foreseen = {how: foresee(prepared, windows, file, seed, **TRAINED[how]) for how in trained}
    kept["correlations"] = correlations(prepared, windows, foreseen)
    for how, some in foreseen.items():
        ahead = some.loc[:, [c.startswith("psg:body:") for c in some]]
        detect = detector(prepared, pd.concat([prepared.table, ahead], axis=1), seed)
        begin = time.perf_counter()
        keep(BASE, detect(), begin)
        for variant, components in EVIDENCE.items():
            if (how != trained[0] and variant not in TRAINED_FURTHER) or name in NO_BODY:
                continue
            begin = time.perf_counter()
            keep(f"{variant} ({how})", detect(components), begin)
    if half == "report":
        latent = PSGEncoder(weights="default", max_epochs=0, device="cpu", verbose="error")
        latent = latent.fit_transform(windows).set_axis(prepared.table.index)
        body = foreseen[trained[0]]
        body = body.loc[:, [c.startswith("psg:encoder:") for c in body]]
        more = (dmd, latent, body, pd.concat([dmd, latent], axis=1))
        for variant, columns in zip(CLUSTERED, more, strict=True):
            begin = time.perf_counter()
            detect = detector(prepared, pd.concat([prepared.table, columns], axis=1), seed)
            keep(f"{variant} in clusters", detect(), begin)
    print(name, seed, flush=True)


def _start(recording) -> float:
    """Where a piece of a recording begins, s."""
    return 30.0 * float(recording.source.partition("from")[2] or 0)


def main() -> None:
    """Run, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "page"))
    parser.add_argument("cache", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--half", choices=("choose", "report"), default="report")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trained", nargs="+", choices=TRAINED, default=["pretrained"])
    parser.add_argument("--anew", action="store_true", help="page: the table of a later version")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--names", nargs="+", help="recordings, in place of those of the parts")
    parser.add_argument("--parts", nargs="+", default=["patients", "implants", "real"])
    args = parser.parse_args()
    if args.what == "page":
        from encoder_body_page import write_page

        write_page(args.cache, PAGE, anew=args.anew)
        return
    Parallel(args.jobs)(
        delayed(run_one)(name, seed, args.cache, args.weights, args.trained, args.half)
        for seed in range(args.seeds)
        for name in args.names or recordings(args.half, args.parts)
    )


if __name__ == "__main__":
    main()
