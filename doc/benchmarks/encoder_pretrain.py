"""Train the weights that come with the package, without labels.

Those of ``target="spectrum"``:

Recordings: simulated nights, and, from the folder that ``PHYSIONET_SLEEP_PATH`` names, the
Sleep-EDF night SC4001 (PhysioNet Sleep-EDF Expanded 1.0.0, ODC-By 1.0) and one EEG channel of
eleven people (St. Vincent's University Hospital / University College Dublin Sleep Apnea
Database 1.0.0, ODC-By 1.0). Hypnograms and the stages that come with them are never read.

    python doc/benchmarks/encoder_pretrain.py mne_arousal/encoder/default.safetensors

Those of ``target="body"`` see simulated nights alone, which have bodies: two of 3 h of each kind of
patient, and three of 4 h of sleepers. Real nights are left to be judged by. Several seeds make
several files, ``body0.safetensors`` and so on::

    python doc/benchmarks/encoder_pretrain.py FOLDER --target body --seeds 5
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import mne
import numpy as np
import torch

from mne_arousal import PSGEncoder, PSGWindower
from mne_arousal.datasets import simulate_psg
from mne_arousal.datasets._patients import PATIENTS
from mne_arousal.encoder.training.pretraining import pretrain, pretrain_prepared, role_recordings

TYPICAL = 20e-6  # V, given to recordings whose unit is not known


def simulated_nights(n_nights, hours):
    """Yield windows of simulated nights of different people, rates and difficulties."""
    for seed in range(n_nights):
        raw = simulate_psg(
            duration=hours * 3600,
            sfreq=(100.0, 128.0, 200.0)[seed % 3],
            random_state=seed,
            difficulty=("easy", "medium", "hard")[seed % 3],
            n_eeg=1 + seed % 2,
            verbose="error",
        ).raw
        yield PSGWindower(verbose="error").fit_transform(raw)


def nights_with_bodies():
    """Yield windows of simulated nights that carry ECG, breath, chin EMG and legs."""
    first = 900  # a seed that no benchmark of arousals uses
    options = [{"patient": kind} for kind in sorted(PATIENTS)] * 2
    options += [{"difficulty": difficulty} for difficulty in ("easy", "medium", "hard")]
    for i, some in enumerate(options):
        hours = 3.0 if "patient" in some else 4.0
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Only .* arousals found room", RuntimeWarning)
            raw = simulate_psg(hours * 3600, random_state=first + i, verbose="error", **some).raw
        yield PSGWindower(body=True, verbose="error").fit_transform(raw)


def pretrain_body(folder, n_seeds, n_epochs):
    """Train weights that predict the body, one file a seed."""
    recordings, targets = [], []
    shape = PSGEncoder(target="body")
    for windows in nights_with_bodies():
        found, answers = role_recordings(shape, windows)
        recordings += found
        targets.append(answers)
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(n_seeds):
        encoder = PSGEncoder(
            target="body", max_epochs=n_epochs, patience=10, random_state=seed, verbose="error"
        )
        for name in ("n_times_in_", "sfreq_"):
            setattr(encoder, name, getattr(shape, name))
        pretrain_prepared(encoder, recordings, np.concatenate(targets))
        encoder.save(folder / f"body{seed}.safetensors")
        print(seed, encoder.history_.query("best").tail(1).to_string(), flush=True)


def ucddb_recording(path):
    """Build a recording of one person's epochs, with NaN where epochs are missing."""
    with np.load(path) as data:
        signal = data["eeg"] * data["scale"]
        index = data["index"]
    signal = signal * (TYPICAL / np.median(np.abs(signal)))
    pieces = [signal[0]]
    for before, now, epoch in zip(index[:-1], index[1:], signal[1:], strict=True):
        if now != before + 1:
            pieces.append(np.full(256, np.nan))
        pieces.append(epoch)
    info = mne.create_info(["EEG C3-A2"], 128.0, "eeg")
    return mne.io.RawArray(np.concatenate(pieces)[np.newaxis], info, verbose="error")


def main():
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--nights", type=int, default=6)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--target", choices=("spectrum", "body"), default="spectrum")
    parser.add_argument("--seeds", type=int, default=1, help="files to make for the body")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.target == "body":
        pretrain_body(args.path, args.seeds, args.epochs)
        return
    data = Path(os.environ["PHYSIONET_SLEEP_PATH"])
    begin = time.perf_counter()

    def datasets():
        windower = PSGWindower(verbose="error")
        yield from simulated_nights(args.nights, args.hours)
        yield windower.fit_transform(data / "physionet-sleep-data" / "SC4001E0-PSG.edf")
        for path in sorted((data / "ucddb-epochs").glob("*.npz")):
            yield PSGWindower(verbose="error").fit_transform(ucddb_recording(path))

    encoder = PSGEncoder(max_epochs=args.epochs, patience=10, random_state=0, verbose="error")
    pretrain(encoder, datasets())
    encoder.save(args.path)
    print(encoder.history_.to_string())
    print(f"{time.perf_counter() - begin:.0f} s, {args.path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
