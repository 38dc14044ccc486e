"""What one night costs, then and now: processor, memory, threads. Writes the page on its cost.

    python doc/benchmarks/night_cost.py

simulates a night as in the table below, runs ``mne-arousal detect`` on it from this tree and from
the revision that ``--then`` names, and takes a quarter of an hour on two free cores. Times are of
the processor, of the command and its children, from the start of the program to its end; where
other programs run beside it they come out longer, for both versions alike.

``--peers PYTHON``, the Python of an environment as ``peers/run_peers.py`` asks for, runs other
detectors on the same night; without it the page has none. A small trial::

    python doc/benchmarks/night_cost.py --hours 1 --lengths 0.2 1 --page trial.md
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from night_cost_page import (
    EVERYTHING,
    LIGHT,
    MEMORY_FEATURES,
    PAGE,
    PLANNED,
    STORE,
    breaks_first,
    cost_table,
    memory_table,
    paper_table,
    sameness,
    short_table,
)
from scale import children, measure_finding, measure_peers, resident

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIGURE = HERE.parent / "_static" / "night_memory.png"
THEN = "9161ee7"  # the last revision before reading, windows and imports were made light
RATE, N_CHANNELS = 256.0, 8
LENGTHS = (1 / 6, 0.5, 2, 8, 24, 72)  # h


def make_night(path: Path, hours: float) -> None:
    """Simulate 3 EEG, 2 EOG, chin, ECG and airflow at 256 Hz and write them as EDF."""
    from mne_arousal.datasets import simulate_psg

    options = {"sfreq": RATE, "n_eeg": 3, "random_state": 1, "verbose": "error"}
    raw = simulate_psg(hours * 3600.0, **options).raw
    raw.pick(raw.ch_names[:N_CHANNELS])
    raw.export(path, physical_range="channelwise", verbose="error")


def repeat_records(source: Path, target: Path, hours: float) -> None:
    """Write the data records of an EDF file again and again, until it lasts long enough."""
    with source.open("rb") as file, target.open("wb") as out:
        fixed = file.read(256)
        start, n, duration = int(fixed[184:192]), int(fixed[236:244]), float(fixed[244:252])
        signals = file.read(start - 256)
        record = (source.stat().st_size - start) // n
        left = wanted = round(hours * 3600 / duration)
        out.write(fixed[:236] + f"{wanted:<8d}".encode() + fixed[244:] + signals)
        while left:
            file.seek(start)
            some = min(left, n)
            for at in range(0, some, 1000):
                out.write(file.read(min(1000, some - at) * record))
            left -= some


def export_tree(revision: str, folder: Path) -> Path:
    """Write the files of a revision of this repository to a folder."""
    folder.mkdir()
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", revision], capture_output=True, check=True
    )
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def run_detect(tree: Path, source: Path, output: Path, *options: str, threads: int = 1) -> dict:
    """Run ``mne-arousal detect`` of a tree; return its time and memory, children included."""
    command = [sys.executable, "-m", "mne_arousal", "detect", str(source), "--output", str(output)]
    command += ["--seed", "0", "--device", "cpu", "--verbose", "error", *options]
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=tree, stdout=subprocess.DEVNULL)
    most: list[float] = [0.0]
    watch = threading.Thread(target=_watch, args=(process.pid, most))
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return {
        "wall": time.perf_counter() - begin,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": most[0],
    }


def _watch(pid: int, most: list[float]) -> None:
    """Note the most memory that a process, and it and its children together, have had, MB."""
    while (own := resident(pid)) > 0:  # `ru_maxrss` would count what its parent had
        together = own + sum(resident(child) for child in children(pid))
        most[0] = max(most[0], together, _highest(pid))
        time.sleep(0.1)


def _highest(pid: int) -> float:
    """Most memory that a process has had, MB; 0 once it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return 1.024e-3 * int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        return 0.0


def best_of(n: int, *arguments, **options) -> dict:
    """Run something several times; other programs only ever add to the smallest."""
    runs = [run_detect(*arguments, "--overwrite", **options) for _ in range(n)]
    return {key: min(run[key] for run in runs) for key in runs[0]}


def differing_files(one: Path, other: Path) -> list[str]:
    """Names of files that differ, or that one of two folders lacks; times are left out."""
    names = {p.relative_to(f) for f in (one, other) for p in f.rglob("*") if p.is_file()}
    names = {n for n in names if "timing" not in n.name and n.parts[0] != ".mne-arousal"}
    return sorted(
        str(name)
        for name in names
        if not (one / name).exists()
        or not (other / name).exists()
        or not filecmp.cmp(one / name, other / name, shallow=False)
    )


def check_threads(night: Path, folder: Path, features: str) -> list[str]:
    """Files that two threads write differently."""
    for threads in (1, 2):
        output = folder / f"threads{threads}{len(features)}"
        run_detect(ROOT, night, output, "--features", features, threads=threads)
    return differing_files(*(folder / f"threads{i}{len(features)}" for i in (1, 2)))


def check_workers(folder: Path, features: str) -> tuple[list[str], float]:
    """Files that two workers write differently, and bytes that half an hour's results take."""
    from scale import MINUTES, write_dataset

    root, n = folder / "study", 4
    write_dataset(root, n)
    for workers in (1, 2):
        options = ("--features", features, "--jobs", str(workers))
        run_detect(ROOT, root, folder / f"workers{workers}", *options)
    files = [p for p in (folder / "workers1").rglob("*") if p.is_file()]
    size = sum(p.stat().st_size for p in files) / n * 30 / MINUTES
    return differing_files(folder / "workers1", folder / "workers2"), size


def plot_memory(memory: dict[str, dict[str, float]]) -> None:
    """Draw peak memory over the length of the recording."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for (name, peaks), color in zip(memory.items(), ("C3", "C0"), strict=False):
        axes.plot(
            [float(hours) for hours in peaks], list(peaks.values()), "o-", label=name, color=color
        )
    axes.set(xscale="log", xlabel="Length of the recording (h)", ylabel="Peak memory (MB)")
    axes.set(ylim=(0, None), xticks=list(LENGTHS))
    axes.set_xticklabels(f"{hours:.2g}" for hours in LENGTHS)
    axes.legend(frameon=False)
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=120)
    plt.close(figure)


def measure(arguments, folder: Path) -> dict:
    """Run everything; return what the page is made of."""
    night, short = folder / "night.edf", folder / "short.edf"
    make_night(night, arguments.hours)
    repeat_records(night, short, 0.5)
    trees = {"then": export_tree(arguments.then, folder / "then"), "now": ROOT}
    costs: dict = {}
    for source, name in ((night, "night"), (short, "short")):
        for features in (LIGHT, EVERYTHING):
            for version, tree in trees.items():
                output = folder / f"{version}-{name}-{len(features)}"
                found = best_of(arguments.repeats, tree, source, output, "--features", features)
                costs.setdefault(f"{version} {name}", {})[features] = found
                print(version, name, features, found, flush=True)
    memory: dict[str, dict[str, float]] = {"then": {}, "now": {}}
    for hours in arguments.lengths:
        repeat_records(night, folder / "long.edf", hours)
        for version, tree in trees.items():
            if version == "then" and hours > arguments.longest_then:
                continue
            options = ("--features", MEMORY_FEATURES, "--overwrite")
            found = run_detect(tree, folder / "long.edf", folder / f"long-{version}", *options)
            memory[version][str(hours)] = found["peak"]
            print(version, hours, found, flush=True)
    threads = {f: check_threads(night, folder, f) for f in (LIGHT, EVERYTHING)}
    workers, result = check_workers(folder, MEMORY_FEATURES)
    size = night.stat().st_size / 1e6
    return {
        "costs": costs,
        "memory": memory,
        "threads": threads,
        "workers": workers,
        "result": result,
        "size": size,
    }


def write_page(arguments, found: dict, peers: dict, load: float) -> None:
    """Write the page."""
    costs, size = found["costs"], found["size"]
    now, scale = costs["now night"], 8 / arguments.hours
    night = {f: {k: v * scale if k == "cpu" else v for k, v in x.items()} for f, x in now.items()}
    finding, plain = measure_finding(PLANNED), measure_finding(1)[1]
    arguments.page.write_text(
        PAGE.format(
            cores=os.cpu_count(),
            load=f"load {load:.0f} at the start, so that times are longer than on free cores"
            if load > 1
            else "nothing beside it",
            then=arguments.then,
            repeats=arguments.repeats,
            hours=arguments.hours,
            size=size,
            costs=cost_table(costs["then night"], now, peers),
            no_peers="\nThe others ran after these, on another simulated night of the same length "
            "and rate ({doc}`scale`).\n"
            if peers
            else "\nOther detectors were not run here; {doc}`scale` has them.\n",
            shorts=short_table(costs["then short"], costs["now short"]),
            memory_features=MEMORY_FEATURES,
            memory=memory_table(found["memory"]),
            sameness=sameness(found["threads"], found["workers"]),
            store=STORE,
            paper=paper_table(night, size * scale, found["result"], finding),
            breaks=breaks_first(night, size * scale, finding, plain),
        ),
        encoding="utf-8",
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--lengths", type=float, nargs="+", default=list(LENGTHS))
    parser.add_argument("--longest-then", type=float, default=8.0, help="h, for the old version")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--then", default=THEN, metavar="REVISION")
    parser.add_argument("--page", type=Path, default=HERE / "night_cost.md")
    parser.add_argument("--peers", metavar="PYTHON", help="run the other detectors with it")
    parser.add_argument("--found", type=Path, help="JSON to keep what was measured, or to read it")
    arguments = parser.parse_args()
    if arguments.found is not None and arguments.found.exists():
        found = json.loads(arguments.found.read_text())
    else:
        found = {"load": os.getloadavg()[0]}
        with tempfile.TemporaryDirectory() as folder:
            found |= measure(arguments, Path(folder))
        found["peers"] = measure_peers(arguments.peers, arguments.hours) if arguments.peers else {}
    if arguments.found is not None:
        arguments.found.write_text(json.dumps(found))
    plot_memory(found["memory"])
    write_page(arguments, found, found["peers"], found["load"])


if __name__ == "__main__":
    main()
