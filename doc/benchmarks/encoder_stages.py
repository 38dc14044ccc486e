"""Stage clusters with and without the encoder, and what each part of it adds.

    python doc/benchmarks/encoder_stages.py --seeds 5 --dmd encoder_stages.csv

Every setting is run with the seeds 0, 1, ... on the Sleep-EDF night SC4001 (from the folder that
``PHYSIONET_SLEEP_PATH`` names, or fetched). The hypnogram is read after all fits, for scoring
alone. The tables are written into ``encoder.md``. Two columns need no label: the error of
rebuilding masked, held-out windows, and the agreement of the stage clusters from seed to seed.
"""

import argparse
import itertools
import time
from pathlib import Path

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
from mne_arousal.hypnogram import hypnogram_to_stages
from mne_arousal.metrics import score_stages
from mne_arousal.stages.sleep_period import epoch_percentiles, find_sleep_period, wakefulness_index
from mne_arousal.utils.columns import parse_columns

PAGE = Path(__file__).with_name("encoder.md")
MARKERS = {"all channels": "all channels", "one EEG, 128 Hz": "one channel"}
MARGIN = 60  # epochs of wake kept on each side of the expert's sleep, for scoring
SETTINGS = {
    "default": {},
    "no masking": {"mask_ratio": 0.0},
    "no LSTM": {"n_hidden": 0},
    "views, 0.05": {"view_weight": 0.05},
    "neighbors, 0.05": {"neighbor_weight": 0.05},
    "neighbors, VICReg, 0.05": {"neighbor_weight": 0.05, "contrast": "vicreg"},
    "cross-modal, 0.1": {"cross_modal_weight": 0.1},
    "pretrained, not trained": {"weights": "default", "max_epochs": 0},
    "pretrained, then trained": {"weights": "default", "learning_rate": 1e-3},
}


def stage_clusters(features, seed):
    """Return the stage cluster of each epoch."""
    clusterer = ArousalClusterer(random_state=seed, verbose="error").fit(features)
    return clusterer.predict_stages(features)["cluster"].to_numpy()


def sleep_period(spectral):
    """Return the first epoch of the sleep period and the one after its last."""
    onsets = spectral.index.get_level_values("onset").to_numpy()
    epochs = ((onsets + 1) // 30).astype(int)
    medians = epoch_percentiles(spectral.to_numpy(), epochs, epochs[-1] + 1)
    inside = find_sleep_period(wakefulness_index(medians, parse_columns(spectral.columns)))
    found = np.flatnonzero(inside)
    return found[0], found[-1] + 1


def cut(features, start, stop):
    """Cut out epochs, counting time from the first of them."""
    onsets = features.index.get_level_values("onset")
    kept = features[(onsets >= start * 30) & (onsets + 2 <= stop * 30)]
    index = kept.index.to_frame()
    index["onset"] -= start * 30
    return kept.set_axis(pd.MultiIndex.from_frame(index))


def score_setting(name, features, hypnogram, more=None):
    """Score the stage clusters of one setting over its seeds."""
    begin = time.perf_counter()
    clusters = [stage_clusters(table, seed) for seed, table in enumerate(features)]
    seconds = (time.perf_counter() - begin) / len(clusters)
    asleep = np.flatnonzero(hypnogram > 0)
    inside = slice(max(asleep[0] - MARGIN, 0), asleep[-1] + MARGIN + 1)
    n = min(len(hypnogram), len(clusters[0]))
    scores = [score_stages(hypnogram[:n][inside], found[:n][inside]) for found in clusters]
    stability = [
        adjusted_mutual_info_score(a[inside], b[inside])
        for a, b in itertools.combinations(clusters, 2)
    ]
    row = {"features": name, **(more or {})}
    for measure in ("ami", "accuracy", "kappa"):
        values = [getattr(score, measure) for score in scores]
        row[measure] = np.median(values)
        row[f"{measure} range"] = f"{min(values):.2f} to {max(values):.2f}"
    row["stability"] = np.mean(stability) if stability else np.nan
    row["cluster s"] = seconds
    return row


def run_montage(montage, windower, recording, hypnogram_path, settings, n_seeds, dmd):
    """Yield the rows of one montage."""
    windows = windower.fit_transform(recording)
    spectral = SpectralTransformer().fit_transform(windows)
    n_epochs = int((spectral.index.get_level_values("onset")[-1] + 2) // 30)
    hypnogram = hypnogram_to_stages(hypnogram_path, n_epochs)
    parts = {"spectral": spectral}
    if dmd:
        parts["spectral + DMD"] = spectral.join(DMDTransformer().fit_transform(windows))
    for name, table in parts.items():
        yield {"montage": montage, **score_setting(name, [table] * n_seeds, hypnogram)}
    for setting, changes in settings.items():
        latents, errors, begin = [], [], time.perf_counter()
        for seed in range(n_seeds):
            encoder = PSGEncoder(random_state=seed, verbose="error", **changes)
            latents.append(encoder.fit_transform(windows))
            history = encoder.history_
            errors.append(history["validation"].min() if len(history) else np.nan)
        more = {
            "held-out error": np.median(errors),
            "encoder s": (time.perf_counter() - begin) / n_seeds,
        }
        # without band powers the clusterer can't find the sleep period in 22 h
        start, stop = sleep_period(spectral)
        alone = [cut(latent, start, stop) for latent in latents]
        row = score_setting(f"encoder ({setting})", alone, hypnogram[start:stop], more)
        yield {"montage": montage, **row}
        for name, table in parts.items():
            joined = [table.join(latent) for latent in latents]
            row = score_setting(f"{name} + encoder ({setting})", joined, hypnogram, more)
            yield {"montage": montage, **row}


def write_page(rows):
    """Write the tables into the page of results, between its markers."""
    text = PAGE.read_text(encoding="utf-8")
    for montage, marker in MARKERS.items():
        lines = [
            "| features | AMI | accuracy | κ | agreement of seeds | held-out error |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for row in rows:
            if row["montage"] != montage:
                continue
            error = row.get("held-out error", np.nan)
            cells = [
                row["features"],
                f"{row['ami']:.3f} ({row['ami range']})",
                f"{row['accuracy']:.3f} ({row['accuracy range']})",
                f"{row['kappa']:.3f}",
                f"{row['stability']:.2f}",
                "" if np.isnan(error) else f"{error:.3f}",
            ]
            lines.append("| " + " | ".join(cells) + " |")
        head, _, rest = text.partition(f"<!-- {marker} -->")
        _, _, tail = rest.partition("<!-- end -->")
        table = "\n".join(lines)
        text = f"{head}<!-- {marker} -->\n{table}\n<!-- end -->{tail}"
    PAGE.write_text(text, encoding="utf-8")


def main():
    """Run all settings and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS))
    parser.add_argument("--dmd", action="store_true", help="also join DMD features")
    args = parser.parse_args()
    torch.set_num_threads(1)
    fetch = mne.datasets.sleep_physionet.age.fetch_data
    recording, hypnogram = fetch(subjects=[0], recording=[1], verbose="error")[0]
    settings = {name: SETTINGS[name] for name in args.settings}
    one = {name: settings[name] for name in settings if name in ("default", *list(settings)[-2:])}
    rows = []
    for montage, windower, chosen in (
        ("all channels", PSGWindower(verbose="error"), settings),
        ("one EEG, 128 Hz", PSGWindower(picks=["EEG Fpz-Cz"], sfreq=128.0, verbose="error"), one),
    ):
        for row in run_montage(
            montage, windower, recording, hypnogram, chosen, args.seeds, args.dmd
        ):
            rows.append(row)
            print(row, flush=True)
            pd.DataFrame(rows).to_csv(args.path, index=False, float_format="%.3f")
    write_page(rows)


if __name__ == "__main__":
    main()
