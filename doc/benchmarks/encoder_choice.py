"""Choose the encoder's settings without labels, then score the choice.

    python doc/benchmarks/encoder_choice.py --jobs 16 --json encoder_choice.json

A grid of encoder settings is fitted to the Sleep-EDF night SC4001 (from the folder that
``PHYSIONET_SLEEP_PATH`` names) with the seeds 0 to 4 and to four simulated nights with 0 to 2.
Two criteria need no label: the error of rebuilding hidden windows in stretches of time that
training did not see, with masks and stretches that all settings share, and how well the stage
clusters of spectral, DMD and encoder features agree from seed to seed.

The rule, fixed before the grid was run: settings whose error is within 5 % of the smallest, on
average over nights (each relative to the night's smallest); of these the one whose clusters agree
best, on average over nights. A tie of less than 0.005 goes to the default.

Then the chosen encoder is put through other ways of joining extractors (`encoder_fusion.py`).
Hypnograms are read after the choice, for scoring; four more simulated nights (110 to 113) had no
part in any choice. The tables are written into ``encoder.md``.
"""

import argparse
import itertools
import json
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import encoder_fusion
import mne
import numpy as np
import pandas as pd
import torch
from sklearn.metrics import adjusted_mutual_info_score

from mne_arousal import (
    ArousalClusterer,
    DMDTransformer,
    PSGEncoder,
    PSGWindower,
    SpectralTransformer,
)
from mne_arousal.datasets import simulate_psg
from mne_arousal.encoder.batches import ordered_batches
from mne_arousal.encoder.prepared import encode_prepared
from mne_arousal.encoder.training import fitting
from mne_arousal.encoder.training.loop import reconstruction_error
from mne_arousal.hypnogram import hypnogram_to_stages
from mne_arousal.metrics import score_stages

PAGE = Path(__file__).with_name("encoder.md")
REAL = "SC4001"
CHOOSING, REPORTING = ("100", "101", "102", "103"), ("110", "111", "112", "113")
MARGIN = 60  # epochs of wake kept on each side of the expert's sleep, for scoring
NEAR, TIE = 1.05, 0.005
SETTINGS = {
    "default": {},
    "no masking": {"mask_ratio": 0.0},
    "no LSTM": {"n_hidden": 0},
    "latent of 8": {"n_latent": 8},
    "latent of 32": {"n_latent": 32},
    "views, 0.05": {"view_weight": 0.05},
    "neighbors, VICReg, 0.05": {"neighbor_weight": 0.05, "contrast": "vicreg"},
    "cross-modal, 0.1": {"cross_modal_weight": 0.1},
    "pretrained, not trained": {"weights": "default", "max_epochs": 0},
    "pretrained, then trained": {"weights": "default", "learning_rate": 1e-3},
}
TABLES, FOLDER = {}, None  # filled before workers are forked


def night_paths(name):
    """Recording and hypnogram of a night; simulated ones are written when first asked for."""
    if name == REAL:
        folder = Path(os.environ["PHYSIONET_SLEEP_PATH"]) / "physionet-sleep-data"
        return folder / "SC4001E0-PSG.edf", folder / "SC4001EC-Hypnogram.edf"
    path = FOLDER / f"{name}_raw.fif"
    hypnogram = FOLDER / f"{name}-annot.fif"
    if not path.exists():
        seed = int(name)
        night = simulate_psg(
            sfreq=100.0,
            random_state=seed,
            difficulty=("easy", "medium", "hard")[seed % 3],
            verbose="error",
        )
        night.hypnogram.save(hypnogram, verbose="error")
        night.raw.save(path, verbose="error")
    return path, hypnogram


def read_windows(name):
    """Windows of a night."""
    return PSGWindower(verbose="error").fit_transform(night_paths(name)[0])


def compute_features(name):
    """Spectral and DMD features of a night."""
    windows = read_windows(name)
    return SpectralTransformer().fit_transform(windows), DMDTransformer().fit_transform(windows)


def encode_night(name, setting, seed):
    """Latents of a night, and the error of rebuilding hidden windows that were held out."""
    torch.set_num_threads(1)
    windows = read_windows(name)
    encoder = PSGEncoder(random_state=seed, device="cpu", verbose="error", **SETTINGS[setting])
    prepared = fitting.fit_encoder(encoder, windows)
    latent = encode_prepared(encoder, prepared)
    _, source, sequential = prepared
    # the stretches that `fit` held out, which depend on the seed alone, with common masks
    common = PSGEncoder(random_state=seed).get_params()
    encoder.set_params(mask_ratio=common["mask_ratio"], cross_modal_weight=0.0)
    rng = np.random.RandomState(seed)
    rng.randint(2**31 - 1)
    _, held_out = fitting._split(encoder, source.recordings, sequential, rng)
    batches = ordered_batches(source, held_out, encoder.sequence_length, 1024)
    objective = fitting._make_objective(encoder, torch.device("cpu"), None, None)
    error = reconstruction_error(encoder.network_, batches, objective, torch.device("cpu"), seed)
    return latent.astype(np.float32), error


def cluster_night(name, setting, seed):
    """Stage clusters of a night; without a setting, from spectral and DMD features alone."""
    table = TABLES[name]
    features = table["spectral"].join(table["dmd"])
    if setting is not None:
        features = features.join(table["latent"][setting, seed].astype(float))
    clusterer = ArousalClusterer(random_state=seed, verbose="error").fit(features)
    return clusterer.predict_stages(features)["cluster"].to_numpy()


def fuse_night(name, setting, seed):
    """Stage clusters of a night in other ways."""
    table = TABLES[name]
    latent = table["latent"][setting, seed].astype(float)
    return encoder_fusion.fuse(table["spectral"], table["dmd"], latent, seed)


def run(function, jobs, n_workers):
    """Results of a function for each tuple of arguments, in processes."""
    with ProcessPoolExecutor(n_workers, mp_context=get_context("fork")) as pool:
        return list(pool.map(function, *zip(*jobs, strict=True)))


def seeds_of(name):
    """Seeds of a night: more on the real one."""
    return range(5 if name == REAL else 3)


def fill_tables(names, settings, n_workers):
    """Compute features, where they are missing, latents and errors of nights."""
    longest_first = sorted(names, key=lambda name: name != REAL)
    missing = [(name,) for name in longest_first if name not in TABLES]
    if missing:
        found = run(compute_features, missing, n_workers)
        for (name,), (spectral, dmd) in zip(missing, found, strict=True):
            TABLES[name] = {"spectral": spectral, "dmd": dmd, "latent": {}, "error": {}}
    jobs = [
        (name, setting, seed)
        for name in longest_first
        for setting in settings
        for seed in seeds_of(name)
    ]
    for (name, *key), (latent, error) in zip(jobs, run(encode_night, jobs, n_workers), strict=True):
        TABLES[name]["latent"][tuple(key)] = latent
        TABLES[name]["error"][tuple(key)] = error


def cluster_all(names, settings, n_workers):
    """Stage clusters: night, setting -> one array a seed."""
    jobs = [
        (name, setting, seed) for name in names for setting in settings for seed in seeds_of(name)
    ]
    clusters = {}
    for (name, setting, _), found in zip(jobs, run(cluster_night, jobs, n_workers), strict=True):
        clusters.setdefault((name, setting), []).append(found)
    return clusters


def agreement(clusters):
    """Mean adjusted mutual information of clusters from seed to seed."""
    pairs = itertools.combinations(clusters, 2)
    return float(np.mean([adjusted_mutual_info_score(a, b) for a, b in pairs]))


def relative_errors(errors):
    """Error of each setting, relative to the smallest of the night, averaged over nights.

    `errors` holds, for each night, ``"setting|seed"`` and the error.
    """
    rows = [
        {"night": night, "setting": key.rpartition("|")[0], "error": error}
        for night, found in errors.items()
        for key, error in found.items()
    ]
    medians = pd.DataFrame(rows).groupby(["setting", "night"])["error"].median().unstack()
    return medians, medians.div(medians.min()).mean(axis=1)


def choose(agreements):
    """Setting of the largest mean agreement over nights, or the default if that is as good."""
    means = {setting: np.mean(list(found.values())) for setting, found in agreements.items()}
    best = max(means, key=means.get)
    return "default" if means.get("default", 0) > means[best] - TIE else best


def score(name, clusters):
    """Median and range of AMI and accuracy over seeds."""
    hypnogram = hypnogram_to_stages(_hypnogram(name), len(clusters[0]))
    asleep = np.flatnonzero(hypnogram > 0)
    part = slice(max(asleep[0] - MARGIN, 0), asleep[-1] + MARGIN + 1)
    scores = [score_stages(hypnogram[part], found[part]) for found in clusters]
    return {m: [float(getattr(s, m)) for s in scores] for m in ("ami", "accuracy", "kappa")}


def _hypnogram(name):
    path = night_paths(name)[1]
    return mne.read_annotations(path) if name != REAL else path


def write_page(result):
    """Write the tables into the page of results, between its markers."""
    errors, relative = result["errors"], result["relative error"]
    lines = [
        f"| setting | error on {REAL} | error on simulated nights | relative to the smallest "
        f"| agreement on {REAL} | agreement on simulated nights |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for setting in relative:
        agree = result["agreement"].get(setting)
        cells = ["", ""]
        if agree:
            simulated = [agree[night] for night in CHOOSING]
            cells = [f"{agree[REAL]:.3f}", f"{np.mean(simulated):.3f}"]
        simulated = np.mean([errors[night][setting] for night in CHOOSING])
        name = f"**{setting}**" if setting == result["chosen"] else setting
        cells = [
            f"{errors[REAL][setting]:.3f}",
            f"{simulated:.3f}",
            f"{relative[setting]:.3f}",
            *cells,
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    _replace("choice", lines)
    lines = [
        f"| features and states | agreement on {REAL} | AMI on {REAL} | accuracy "
        "| AMI, simulated nights 100 to 103 | AMI, simulated nights 110 to 113 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for way, found in result["ways"].items():
        real = found[REAL]
        means = [
            f"{np.mean([np.median(found[night]['ami']) for night in nights]):.3f}"
            for nights in (CHOOSING, REPORTING)
        ]
        cells = [f"{real['agreement']:.3f}", *(_spread(real[m]) for m in ("ami", "accuracy"))]
        lines.append(f"| {way} | " + " | ".join([*cells, *means]) + " |")
    _replace("ways", lines)


def _spread(values):
    return f"{np.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def _replace(marker, lines):
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(f"<!-- {marker} -->")
    _, _, tail = rest.partition("<!-- end -->")
    body = "\n".join(lines)
    PAGE.write_text(f"{head}<!-- {marker} -->\n{body}\n<!-- end -->{tail}", encoding="utf-8")


def score_ways(clusters):
    """Scores and agreement of each way: way -> night -> scores."""
    ways = {}
    for (name, way), found in clusters.items():
        ways.setdefault(way, {})[name] = {**score(name, found), "agreement": agreement(found)}
    return ways


def main():
    """Run the grid, choose, score and write."""
    global FOLDER
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--errors", type=Path, help="errors of the grid from an earlier run")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    args = parser.parse_args()
    nights = (REAL, *CHOOSING)
    with tempfile.TemporaryDirectory() as folder:
        FOLDER = Path(folder)
        if args.errors:
            found = json.loads(args.errors.read_text())
            errors = {name: found[name] for name in nights}
        else:
            fill_tables(nights, list(SETTINGS), args.jobs)
            errors = {
                name: {f"{s}|{seed}": e for (s, seed), e in TABLES[name]["error"].items()}
                for name in nights
            }
        medians, relative = relative_errors(errors)
        near = list(relative.index[relative <= NEAR * relative.min()])
        if args.errors:
            fill_tables(nights, near, args.jobs)
        clusters = cluster_all(nights, near, args.jobs)
        agreements = {s: {name: agreement(clusters[name, s]) for name in nights} for s in near}
        best = choose(agreements)
        print(relative, agreements, f"chosen: {best}", sep="\n", flush=True)
        fill_tables(REPORTING, [best], args.jobs)
        jobs = [(name, best, seed) for name in (*nights, *REPORTING) for seed in seeds_of(name)]
        found = {}
        for (name, _, _), ways in zip(jobs, run(fuse_night, jobs, args.jobs), strict=True):
            for way, labels in ways.items():
                found.setdefault((name, way), []).append(labels)
        result = {
            "chosen": best,
            "errors": medians.to_dict(),
            "relative error": relative.to_dict(),
            "agreement": agreements,
            "ways": score_ways(found),
        }
    if args.json:
        args.json.write_text(json.dumps(result, indent=1))
    write_page(result)


if __name__ == "__main__":
    main()
