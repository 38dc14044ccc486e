"""What the encoder gains from a GPU, and where the time goes.

    python doc/benchmarks/encoder_gpu.py --json encoder_gpu.json

On a simulated night of 8 h, five channels at 128 Hz. Training computes in bfloat16 on a GPU and in
float32 on a CPU, encoding in float32 on both (never TF32). *Loading* is the time that batches take
to arrive on the device when nothing is computed from them, as a share of the same steps of
training or encoding: what waiting for them could cost at most. *Bare forward* is the network
alone, on random batches of the same size and precision that lie on the device. The tables are
written into ``encoder.md``.
"""

import argparse
import copy
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch

from mne_arousal import PSGEncoder, PSGWindower
from mne_arousal.datasets import simulate_psg
from mne_arousal.encoder import batches
from mne_arousal.encoder.batches import PieceSampler, piece_loader
from mne_arousal.encoder.encoding import encode
from mne_arousal.encoder.sequences import cut_pieces, find_sequences
from mne_arousal.encoder.training.fitting import fit_encoder

PAGE = Path(__file__).with_name("encoder.md")
LENGTH = 64  # windows in a training sequence, the encoder's default
EPOCHS, STEPS = 4, 50


def wait(device):
    """Wait until a device has done its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(call, device, repeats=5):
    """Median time of a call after one that warms up, s."""
    call()
    taken = []
    for _ in range(repeats):
        wait(device)
        begin = time.perf_counter()
        call()
        wait(device)
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken))


def forward_rate(network, shape, device, precision):
    """Windows a second of the network alone."""
    network = copy.deepcopy(network).to(device).eval()
    x = torch.randn(shape, device=device)
    tf32, dtype = precision == "TF32", torch.bfloat16 if precision == "bfloat16" else None
    torch.backends.cuda.matmul.allow_tf32 = tf32

    def call():
        with (
            torch.inference_mode(),
            torch.backends.cudnn.flags(enabled=True, allow_tf32=tf32),
            torch.autocast(device.type, dtype, enabled=dtype is not None),
        ):
            network(x)

    rate = shape[0] * shape[1] / seconds(call, device)
    torch.backends.cuda.matmul.allow_tf32 = False
    return rate


def measure_training(windows, device, batch_size, n_workers):
    """Rates of training and loading, windows a second, and the trained parts."""
    encoder = PSGEncoder(
        max_epochs=EPOCHS,
        steps_per_epoch=STEPS,
        batch_size=batch_size,
        validation_fraction=0,
        patience=EPOCHS,
        n_workers=n_workers,
        device=str(device),
        random_state=0,
        verbose="error",
    )
    _, source, _ = fit_encoder(encoder, windows)
    per_epoch = STEPS * batch_size * LENGTH
    epoch = float(np.median(encoder.history_["seconds"][1:]))
    sequences = find_sequences(source.recordings, True)
    rng = np.random.RandomState(0)
    sampler = PieceSampler(sequences, STEPS, LENGTH, batch_size * LENGTH, rng)
    loader = piece_loader(source, sampler, n_workers, device.type == "cuda")

    def load():
        for spectra, inputs in loader:
            spectra.to(device, non_blocking=True)
            inputs.to(device, non_blocking=True)

    return per_epoch / epoch, seconds(load, device, 3) / epoch, encoder, source


def measure_encoding(encoder, source, windows, device):
    """Rate of encoding prepared windows, share of loading, and rate with preparation."""
    sequences = find_sequences(source.recordings, True)
    n = len(windows)
    source.place(device)
    whole = seconds(lambda: encode(encoder.network_, source, sequences, n, device), device, 3)
    size = batches_size(source)

    def load():
        for pieces, _ in cut_pieces(sequences, 448, 32):
            step = max(size // pieces.length[0], 1)
            for lo in range(0, len(pieces), step):
                chosen = pieces[lo : lo + step]
                source.inputs(chosen, source.spectra(chosen)).to(device, torch.float32)

    loading = seconds(load, device, 3)
    prepared = seconds(lambda: encoder.transform(windows), device, 3)
    return n / whole, loading / whole, n / prepared


def batches_size(source):
    """Windows in a batch of encoding."""
    from mne_arousal.encoder import encoding

    return encoding._GPU_BATCH if source.on_gpu else encoding._BATCH


def measure(windows, where, device, threads, *, on_gpu=True, batch_size=16, n_workers=0):
    """One row: training and encoding on a device."""
    torch.set_num_threads(threads)
    batches._GPU_SHARE = 0.25 if on_gpu else 0.0
    train, train_loading, encoder, source = measure_training(windows, device, batch_size, n_workers)
    rate, loading, prepared = measure_encoding(encoder, source, windows, device)
    shape = (source.recordings[0].lookup.shape[1], *source.recordings[0].frames.shape[1:])
    precision = "bfloat16" if device.type == "cuda" else "float32"
    forward = forward_rate(encoder.network_, (batch_size, LENGTH, *shape), device, precision)
    long = (batches_size(source) // 512, 512, *shape)
    row = {
        "where": where,
        "batch": batch_size,
        "training windows/s": train,
        "training loading": train_loading,
        "training forward windows/s": forward,
        "encoding windows/s": rate,
        "encoding loading": loading,
        "encoding with preparation windows/s": prepared,
        "encoding forward windows/s": forward_rate(encoder.network_, long, device, "float32"),
    }
    if device.type == "cuda":
        for precision in ("TF32", "bfloat16"):
            row[f"encoding forward windows/s, {precision}"] = forward_rate(
                encoder.network_, long, device, precision
            )
    print(json.dumps(row), flush=True)
    return row


def body_rate(windows, device, batch_size=16):
    """Windows a second of training with ``target="body"``."""
    encoder = PSGEncoder(
        target="body",
        max_epochs=EPOCHS,
        steps_per_epoch=STEPS,
        batch_size=batch_size,
        validation_fraction=0,
        patience=EPOCHS,
        device=device,
        random_state=0,
        verbose="error",
    ).fit(windows)
    epoch = float(np.median(encoder.history_["seconds"][1:]))
    return STEPS * batch_size * LENGTH / epoch


def worst_difference(windows, device):
    """Largest relative difference of a feature between devices, in spreads of the feature."""
    encoder = PSGEncoder(max_epochs=2, device="cpu", random_state=0, verbose="error").fit(windows)
    on_cpu = encoder.transform(windows).to_numpy()
    there = encoder.set_params(device=str(device)).transform(windows).to_numpy()
    return float(np.nanmax(np.abs(there - on_cpu) / on_cpu.std(axis=0)))


def write_page(rows, about):
    """Write the tables into the page of results, between its markers."""
    base = next(row for row in rows if row["where"].startswith("CPU, 1 thread"))
    lines = [
        f"{about['device']}, PyTorch {about['torch']}; CPU of the same machine: {about['cpu']}, "
        f"{about['cores']} cores. {about['windows']} windows.",
        "",
        "| training | sequences a step | windows/s | ratio to 1 CPU thread "
        "| share of the bare forward pass | loading |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        rate = row["training windows/s"]
        lines.append(
            f"| {row['where']} | {row['batch']} | {rate:,.0f} "
            f"| {rate / base['training windows/s']:.1f} "
            f"| {rate / row['training forward windows/s']:.2f} "
            f"| {row['training loading']:.0%} |"
        )
    lines += [
        "",
        "| encoding | windows/s | ratio to 1 CPU thread | share of the bare forward pass "
        "| loading | windows/s with preparation | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    whole = "encoding with preparation windows/s"
    for row in rows:
        if row["batch"] != base["batch"]:
            continue
        rate = row["encoding windows/s"]
        lines.append(
            f"| {row['where']} | {rate:,.0f} | {rate / base['encoding windows/s']:.1f} "
            f"| {rate / row['encoding forward windows/s']:.2f} | {row['encoding loading']:.0%} "
            f"| {row[whole]:,.0f} | {row[whole] / base[whole]:.1f} |"
        )
    gpu = rows[-1]
    lines += [
        "",
        "The bare forward pass of encoding on the GPU: "
        f"{gpu['encoding forward windows/s']:,.0f} windows/s in float32, "
        f"{gpu['encoding forward windows/s, TF32']:,.0f} in TF32, "
        f"{gpu['encoding forward windows/s, bfloat16']:,.0f} in bfloat16. Embeddings of CPU and "
        f"GPU differ by at most {about['difference']:.0e} standard deviations of a feature.",
    ]
    if "body" in about:
        rates = about["body"]
        lines[-1] += (
            f' Training with `target="body"`: {rates["cpu"]:,.0f} windows/s on one CPU thread, '
            f"{rates['cuda']:,.0f} on the GPU, {rates['cuda, 256']:,.0f} with 256 sequences a step."
        )
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition("<!-- gpu -->")
    _, _, tail = rest.partition("<!-- end -->")
    text = f"{head}<!-- gpu -->\n" + "\n".join(lines) + f"\n<!-- end -->{tail}"
    PAGE.write_text(text, encoding="utf-8")


def processor():
    """Name of the CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "?")


def main():
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    args = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("No CUDA device: nothing measured, page left as it is.")
    raw = simulate_psg(duration=args.hours * 3600, random_state=0, verbose="error").raw
    windows = PSGWindower(verbose="error").fit_transform(raw)
    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    cores = len(os.sched_getaffinity(0))
    cases = [
        ("CPU, 1 thread", cpu, 1, {}),
        (f"CPU, {cores} threads", cpu, cores, {}),
        ("GPU, batches from the CPU", gpu, 1, {"on_gpu": False}),
        ("GPU, batches from 4 workers", gpu, 1, {"on_gpu": False, "n_workers": 4}),
        ("GPU, spectrograms on it", gpu, 1, {}),
        ("GPU, spectrograms on it", gpu, 1, {"batch_size": 256}),
    ]
    rows = [
        measure(windows, name, device, threads, **more) for name, device, threads, more in cases
    ]
    torch.set_num_threads(1)
    bodies = PSGWindower(body=True, verbose="error").fit_transform(raw)
    batches._GPU_SHARE = 0.25
    rates = {name: body_rate(bodies, name) for name in ("cpu", "cuda")}
    rates["cuda, 256"] = body_rate(bodies, "cuda", 256)
    about = {
        "body": rates,
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "cpu": processor(),
        "cores": cores,
        "windows": len(windows),
        "difference": worst_difference(windows, gpu),
    }
    if args.json:
        args.json.write_text(json.dumps({"about": about, "rows": rows}, indent=1))
    write_page(rows, about)


if __name__ == "__main__":
    main()
