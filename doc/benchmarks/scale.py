"""Many recordings and one whole night: time and memory. Writes the page on scale.

    python doc/benchmarks/scale.py

With the defaults (200 recordings of 30 min, with one worker, with two, and by a bare loop) it
takes about half an hour on two free cores. A small trial:

    python doc/benchmarks/scale.py --recordings 8 --features spectral --hours 1 --page trial.md

``--peers PYTHON``, the Python of an environment as ``peers/run_peers.py`` asks for, runs the other
detectors of the benchmark of arousals on the same whole night.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
FIGURE = HERE.parent / "_static" / "scale_memory.png"
MINUTES = 30
DISTINCT = 4  # nights that are simulated; the rest are the same under other names
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PAGE = """# Scale

Made by `doc/benchmarks/scale.py`, of revision {revision}.

## Many recordings

{n} recordings of {minutes} min ({distinct} simulated ones under many names; {features}), each
worker in one thread, from the start of the command to its end:

| | on the clock, s | of the processor, s |
| --- | --- | --- |
| bare loop over the recordings, nothing written | {loop[wall]:.0f} | {loop[cpu]:.0f} |
| one worker | {one[wall]:.0f} | {one[cpu]:.0f} |
| two workers | {two[wall]:.0f} | {two[cpu]:.0f} |

Two workers are {speed_up:.2f} times as fast as one. Beside the bare loop, one worker takes
{overhead:+.1%} of time on the clock and {overhead_cpu:+.1%} of the processor: that is what finding,
checking, writing and locking cost.

```{{image}} ../_static/scale_memory.png
:alt: Memory of the parent process and its workers along a run
```

With two workers the parent has {parent_low:.0f} to {parent_high:.0f} MB once the first fifth of
the run is over, and the workers together at most {workers:.0f} MB. The parent keeps nothing of a
recording but whether it failed.

## One whole night

{hours:g} h, 6 channels, 256 Hz, read from EDF, all extractors, the pretrained encoder, as
`mne-arousal detect` runs it, on the clock:

| step | s |
| --- | --- |
{steps}

The last row is the most memory that the process had, in MB.
{peers}
What 10,000 nights and a million need is worked out on {{doc}}`night_cost`.
"""


def write_dataset(root, n_recordings):
    """Simulate a few half hours and give them the names of many subjects."""
    from mne_bids import BIDSPath, write_raw_bids

    from mne_arousal.datasets import simulate_psg

    for i in range(min(DISTINCT, n_recordings)):
        raw = simulate_psg(MINUTES * 60.0, random_state=i, verbose="error").raw
        path = BIDSPath(subject=f"{i:05d}", task="sleep", datatype="eeg", root=root)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write_raw_bids(raw, path, format="EDF", allow_preload=True, verbose="error")
    for i in range(DISTINCT, n_recordings):
        source = root / f"sub-{i % DISTINCT:05d}" / "eeg"
        target = root / f"sub-{i:05d}" / "eeg"
        target.mkdir(parents=True)
        for file in source.iterdir():
            name = file.name.replace(f"sub-{i % DISTINCT:05d}", f"sub-{i:05d}")
            os.link(file, target / name)


def resident(pid):
    """Memory that a process has, MB; 0 once it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
    except OSError:
        return 0.0


def children(pid):
    """Processes that a process started, and those that these started."""
    try:
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        found = [int(child) for task in tasks for child in task.read_text().split()]
    except OSError:
        return []
    return found + [grandchild for child in found for grandchild in children(child)]


def run_watched(command):
    """Run a command; return what it took and its memory along the way."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    trace = []
    while process.poll() is None:
        workers = [resident(child) for child in children(process.pid)]
        trace.append((time.perf_counter() - begin, resident(process.pid), sum(workers)))
        time.sleep(0.5)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return {"wall": time.perf_counter() - begin, "cpu": cpu, "trace": np.array(trace)}


def bare_loop(root, features):
    """Analyze all recordings one after the other and write nothing: the pure computation."""
    from mne_arousal import analyze_recording
    from mne_arousal.bids.dataset import find_recordings
    from mne_arousal.bids.settings import one_thread
    from mne_arousal.recording.reading import read_recording

    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for recording in find_recordings(root):
            raw, _ = read_recording(recording.bids_path())
            analyze_recording(raw, features=features, random_state=0, device="cpu", verbose="error")


def whole_night(hours):
    """Analyze one night with everything on and the pretrained encoder, and print its profile."""
    from mne_arousal import analyze_recording, make_arousal_pipeline
    from mne_arousal.pipeline import FEATURES

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "night.edf")
        if os.fork() == 0:  # so that the simulation's memory isn't counted
            raw, _ = simulate_night(hours)
            raw.export(path, physical_range=(-3200, 3200), verbose="error")
            os._exit(0)
        os.wait()
        pipeline = make_arousal_pipeline(
            features=FEATURES, device="cpu", random_state=0, verbose="error"
        )
        begin, before = time.perf_counter(), time.process_time()
        night = analyze_recording(path, pipeline=pipeline, verbose="error")
        wall, cpu = time.perf_counter() - begin, time.process_time() - before
    for name, seconds in night.seconds.items():
        print(f"{name}\t{seconds:.2f}")
    print(f"in all\t{wall:.2f}")
    print(f"in all, of the processor\t{cpu:.2f}")
    print(f"peak MB\t{peak_memory():.0f}")


def simulate_night(hours):
    """A night of 6 channels at 256 Hz, and its stages."""
    from mne_arousal.datasets import simulate_psg
    from mne_arousal.hypnogram import hypnogram_to_stages

    night = simulate_psg(hours * 3600.0, sfreq=256.0, random_state=1, verbose="error")
    stages = hypnogram_to_stages(night.hypnogram, n_epochs=int(hours * 120))
    return night.raw.pick(night.raw.ch_names[:6]), stages


def measure_peers(python, hours):
    """Seconds of the processor that other detectors take for the same night, by name."""
    sys.path.insert(0, str(HERE / "peers"))
    from export import export_recording

    with tempfile.TemporaryDirectory() as folder:
        export_recording(*simulate_night(hours), Path(folder), "night")
        command = [python, str(HERE / "peers" / "run_peers.py"), folder, folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        reports = sorted(Path(folder).glob("*/night.json"))
        return {r.parent.name: json.loads(r.read_text()).get("seconds") for r in reports}


def peers_table(peers, night):
    """Write what other detectors took beside this package."""
    if not peers:
        return ""
    rows = [
        f"| {name} | {'failed' if seconds is None else f'{seconds:.1f}'} |"
        for name, seconds in {"mne-arousal": night["in all, of the processor"], **peers}.items()
    ]
    head = [
        "",
        "Beside it, in the same run, seconds of the processor on the same night, in one thread",
    ]
    head += [
        "but for mne-arousal, which may use all cores. psgscoring's leave out the reading of the"
    ]
    head += ["file, and it and Luna are given the hypnogram ({doc}`peers`):", "", "| | s |"]
    return "\n".join([*head, "| --- | ---: |", *rows, ""])


def peak_memory():
    """Most memory that this process had, MB; ``ru_maxrss`` would count what its parent had."""
    status = Path("/proc/self/status").read_text()
    return 1.024e-3 * int(status.partition("VmHWM:")[2].split()[0])


def measure_whole_night(hours):
    """Run `whole_night` in a process of its own and read what it prints."""
    command = [sys.executable, __file__, "--whole-night", str(hours)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = (line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 1)
    return {name: float(value) for name, value in rows}


def measure_finding(n_recordings):
    """Time to find many recordings and to plan a run on them."""
    code = (
        "import sys, time; from pathlib import Path; from mne_arousal import annotate_bids;"
        "t = time.perf_counter();"
        "annotate_bids(sys.argv[1], dry_run=True, verbose='error');"
        "status = Path('/proc/self/status').read_text();"
        "memory = status.partition('VmHWM:')[2].split()[0];"
        "print(time.perf_counter() - t, 1.024e-3 * int(memory))"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.10"}')
        for i in range(n_recordings):
            place = Path(folder, f"sub-{i:05d}", "eeg")
            place.mkdir(parents=True)
            (place / f"sub-{i:05d}_task-sleep_eeg.edf").touch()
        command = [sys.executable, "-c", code, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(value) for value in done.stdout.split()]


def plot_memory(trace):
    """Draw the memory of the parent and of the workers along a run."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    axes.plot(trace[:, 0] / 60, trace[:, 1], label="parent", color="C3")
    axes.plot(trace[:, 0] / 60, trace[:, 2], label="its workers together", color="C0", lw=0.8)
    axes.set(xlabel="Time (min)", ylabel="Memory (MB)", ylim=(0, None))
    axes.legend(frameon=False)
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=120)


def measure_dataset(n_recordings, features):
    """Run a dataset with one worker, with two and by a bare loop."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "study")
        write_dataset(root, n_recordings)
        runs = {}
        for jobs in (1, 2):
            command = [sys.executable, "-m", "mne_arousal", "detect", str(root), "--device", "cpu"]
            command += ["--features", ",".join(features), "--jobs", str(jobs), "--verbose", "error"]
            output = Path(folder, f"jobs{jobs}")
            runs[jobs] = run_watched([*command, "--output", str(output)])
            print(f"{jobs} jobs: {runs[jobs]['wall']:.0f} s", flush=True)
        loop = [sys.executable, __file__, "--bare-loop", str(root), "--features", *features]
        runs["loop"] = run_watched(loop)
        files = [path for path in output.rglob("*") if path.is_file()]
        runs["bytes"] = sum(path.stat().st_size for path in files) / n_recordings
        shutil.rmtree(root)
    return runs


def revision():
    """Short name of the revision of this repository."""
    command = ["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def write_page(page, runs, night, n_recordings, features, hours, peers):
    """Write the figures and what follows from them."""
    trace = runs[2]["trace"]
    parent = trace[:, 1]
    settled = parent[len(parent) // 5 :]
    text = PAGE.format(
        revision=revision(),
        n=n_recordings,
        minutes=MINUTES,
        distinct=min(DISTINCT, n_recordings),
        features=", ".join(features),
        loop=runs["loop"],
        one=runs[1],
        two=runs[2],
        speed_up=runs[1]["wall"] / runs[2]["wall"],
        overhead=runs[1]["wall"] / runs["loop"]["wall"] - 1,
        overhead_cpu=runs[1]["cpu"] / runs["loop"]["cpu"] - 1,
        parent_low=settled.min(),
        parent_high=settled.max(),
        workers=trace[:, 2].max(),
        hours=hours,
        steps="\n".join(f"| {name} | {value:g} |" for name, value in night.items()),
        peers=peers_table(peers, night),
    )
    page.write_text(text, encoding="utf-8")


def main():
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=200)
    parser.add_argument("--features", nargs="+", default=["spectral", "dmd", "encoder"])
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--page", type=Path, default=HERE / "scale.md")
    parser.add_argument("--peers", metavar="PYTHON", help="run the other detectors with it")
    parser.add_argument("--bare-loop", metavar="ROOT", help=argparse.SUPPRESS)
    parser.add_argument("--whole-night", type=float, metavar="HOURS", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bare_loop:
        bare_loop(arguments.bare_loop, tuple(arguments.features))
        return
    if arguments.whole_night:
        whole_night(arguments.whole_night)
        return
    peers = measure_peers(arguments.peers, arguments.hours) if arguments.peers else {}
    night = measure_whole_night(arguments.hours)
    print(night, peers, flush=True)
    runs = measure_dataset(arguments.recordings, tuple(arguments.features))
    plot_memory(runs[2]["trace"])
    write_page(
        arguments.page,
        runs,
        night,
        arguments.recordings,
        arguments.features,
        arguments.hours,
        peers,
    )


if __name__ == "__main__":
    main()
