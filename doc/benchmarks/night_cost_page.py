"""Text and tables of the page on what a night costs, from what `night_cost.py` measured."""

from __future__ import annotations

EVERYTHING = "spectral,dmd,encoder,body"
LIGHT = "spectral,body"
MEMORY_FEATURES = LIGHT
TARGETS = {EVERYTHING: (8.0, 700.0), LIGHT: (4.0, 500.0)}  # s of the processor, MB
PLANNED = 10_000  # recordings whose planning is measured
NIGHTS = (10_000, 1_000_000)
STORE = 10.0  # GB/s that an object store gives to all workers together; an assumption
TASK = 1e-3  # s of Dask's scheduler for a task, as its documentation has it
FILES = 6  # of the derivative, for a recording

PAGE = """# What a night costs

Made by `doc/benchmarks/night_cost.py`, on {cores} cores, {load}.
"Then" is revision {then}, run beside this one. Runs of each command, of which the least counts:
{repeats}.

## One night

{hours:g} h, 3 EEG, 2 EOG, chin, ECG and airflow at 256 Hz, {size:.0f} MB of EDF, `mne-arousal
detect` from the start of the program to its end, one thread, processor seconds and peak memory,
children included:

{costs}
{no_peers}
{shorts}

## Memory over length

```{{image}} ../_static/night_memory.png
:alt: Peak memory over the length of a recording
```

Peak memory, MB, of `--features {memory_features}`; longer recordings are the night again and again:

{memory}

Up to a day and a half at 256 Hz, channels are read as 64-bit numbers, and beyond as 32-bit ones;
from 256 MB on, the channels that are filtered lie in a temporary file without a name. What still
grows are one channel as it was recorded and the features, 8 bytes for each column and half second,
and two or three copies of some. 1 GB for 72 h was asked for.

## Threads and workers

{sameness}

## What changed between the two

- Windows are views of the signal; a dataset of braindecode is made only for who asks
  `PSGWindower` for one. PyTorch, braindecode, matplotlib and sleepecg's other parts are imported
  by who needs them.
- A channel is read, judged, filtered and resampled by itself, and kept as 32-bit numbers. EDF
  files are read channel by channel, to MNE's last bit.
- The high-pass filter is a product of spectra in overlapping blocks, after resampling where that
  lowers the rate. Within a recording, features differ by less than 1e-3 (natural logarithms of
  power), at most by .3 in the first and last 20 s, where MNE's filter has not settled.
- Rolling medians by bottleneck (a quarter of the time of pandas', the same to the last bit), over
  long stretches only where short ones know too little; ramps of onsets, percentiles of epochs and
  extents in arrays.
- Stages are named once, a file is opened once, and features are scaled in place. An encoder that is
  not trained further builds no optimizer, whose import took a second and a half and 150 MB.

## Many nights, on paper

Worked out from the table above, the light and the full features; the store's {store:g} GB/s are an
assumption:

{paper}

What breaks first, with a million nights in an object store and Dask on many machines:

{breaks}
"""


def cost_table(then: dict, now: dict, peers: dict) -> str:
    """Write what the versions and the peers cost."""
    rows = [
        "| | then, s | now, s | then, MB | now, MB | asked, s and MB |",
        "| --- |" + " ---: |" * 5,
    ]
    for name, label in (
        (EVERYTHING, "everything on (the default then)"),
        (LIGHT, "spectral, body (the default now)"),
    ):
        a, b = then[name], now[name]
        asked = ", ".join(
            f"{limit:.0f} ({'reached' if found <= limit else 'missed'})"
            for limit, found in zip(TARGETS[name], (b["cpu"], b["peak"]), strict=True)
        )
        rows.append(
            f"| {label} | {a['cpu']:.1f} | **{b['cpu']:.1f}** ({b['cpu'] / a['cpu']:.0%}) "
            f"| {a['peak']:.0f} | **{b['peak']:.0f}** | {asked} |"
        )
    for name, seconds in peers.items():
        left = ", reading left out" if name.startswith("psgscoring") else ""
        text = "failed" if seconds is None else f"{seconds:.1f}"
        rows.append(f"| {name} (given the stages{left}) | | {text} | | | |")
    return "\n".join(rows)


def short_table(then: dict, now: dict) -> str:
    """Write what half an hour costs."""
    rows = ["| 30 min of recording | then | now |", "| --- | ---: | ---: |"]
    for name, label in ((EVERYTHING, "everything on"), (LIGHT, "spectral, body")):
        a, b = then[name], now[name]
        rows.append(f"| {label}, processor, s | {a['cpu']:.1f} | {b['cpu']:.1f} |")
        rows.append(f"| {label}, on the clock, s | {a['wall']:.1f} | {b['wall']:.1f} |")
    return "\n".join(rows)


def memory_table(memory: dict[str, dict[str, float]]) -> str:
    """Write peak memory by length."""
    peaks = {name: {float(h): mb for h, mb in found.items()} for name, found in memory.items()}
    rows = ["| length | " + " | ".join(peaks) + " |", "| --- |" + " ---: |" * len(peaks)]
    for hours in sorted({h for found in peaks.values() for h in found}):
        cells = [f"{found[hours]:.0f}" if hours in found else "" for found in peaks.values()]
        length = f"{hours:g} h" if hours >= 1 else f"{60 * hours:.0f} min"
        rows.append(f"| {length} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def paper_table(now: dict, size: float, result: float, finding: list[float]) -> str:
    """Work out what many nights need from what one takes."""
    rows = ["| | " + " | ".join(f"{n:,} nights" for n in NIGHTS) + " |"]
    rows.append("| --- |" + " ---: |" * len(NIGHTS))

    def row(name, of):
        rows.append(f"| {name} | " + " | ".join(of(n) for n in NIGHTS) + " |")

    for features, label in ((EVERYTHING, "everything on"), (LIGHT, "spectral, body")):
        cpu = now[features]["cpu"]
        row(f"{label}: processor, days", lambda n, c=cpu: f"{n * c / 86_400:,.1f}")
        row(f"{label}: 1000 workers, h", lambda n, c=cpu: f"{n * c / 3.6e6:,.2f}")
        row(f"{label}: 1000 workers read, GB/s", lambda n, c=cpu: f"{size * 1000 / c / 1e3:,.1f}")
        peak = now[features]["peak"] / 1e3
        row(f"{label}: memory of 1000 workers, GB", lambda n, p=peak: f"{1000 * p:,.0f}")
    row("recordings in EDF, TB", lambda n: f"{n * size / 1e6:,.1f}")
    row(f"reading them at {STORE:g} GB/s, h", lambda n: f"{n * size / 1e3 / STORE / 3600:,.2f}")
    row("results, GB", lambda n: f"{n * result * 16 / 1e9:,.1f}")
    row("files of results", lambda n: f"{n * FILES:,}")
    row("finding and planning, one process, s", lambda n: f"{n * finding[0] / PLANNED:,.0f}")
    row("Dask's scheduler at 1 ms a task, s", lambda n: f"{n * TASK:,.0f}")
    return "\n".join(rows)


def breaks_first(now: dict, size: float, finding: list[float], plain: float) -> str:
    """Say in which order things stop working, by the numbers."""
    cpu = now[LIGHT]["cpu"]
    workers = STORE * 1e3 / (size / cpu)
    planned = max(finding[1] - plain, 0.0) / PLANNED  # MB
    return (
        f"1. **The store.** A worker reads {size / cpu:.0f} MB/s with the light features, so that "
        f"{workers:,.0f} workers take all of {STORE:g} GB/s. More workers than that only wait.\n"
        f"2. **Names.** BIDS has a folder a subject, and the program looks through them in one "
        f"process: {finding[0]:.1f} s for {PLANNED:,} recordings on a local disk, "
        f"{finding[0] * NIGHTS[1] / PLANNED / 60:.0f} min for a million. An object store answers a "
        f"list of 1000 names at a time, hence at least {NIGHTS[1] * 3 // 1000:,} requests for the "
        "recordings and their sidecars. Splitting the dataset by subject, and running one part "
        "a job, is the way.\n"
        f"3. **The plan.** The parent holds {1e3 * planned:.1f} kB for each planned recording "
        f"({finding[1]:.0f} MB for {PLANNED:,}), {planned * NIGHTS[1] / 1e3:.1f} GB for a million, "
        "and Dask's scheduler a task for each beside it: batches of 100,000 nights keep both small."
        "\n"
        "4. **Files that are not local.** A reader needs a file with a name: a worker copies each "
        f"night to its disk first, {size:.0f} MB at once, and again where it is killed.\n"
        "5. **Locks.** One run at a time is kept by a lock file, which an object store does not "
        "have: results go to a local folder for each part, and are copied when it is complete."
    )


def sameness(threads: dict[str, list[str]], workers: list[str]) -> str:
    """Say whether results are the same bytes."""
    lines = []
    for features, files in threads.items():
        text = "the same bytes" if not files else f"other bytes in {', '.join(files)}"
        lines.append(f"- 1 and 2 threads, {features}: {text}.")
    text = "the same bytes" if not workers else f"other bytes in {', '.join(workers)}"
    lines.append(f"- 1 and 2 workers, four recordings, {MEMORY_FEATURES}: {text}.")
    return "\n".join(lines)
