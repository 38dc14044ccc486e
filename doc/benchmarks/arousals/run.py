"""Detect arousals in the benchmark's recordings, keep what was found, write the page.

One command makes all figures of the half that is reported; detectors of others are run beside it by
``doc/benchmarks/peers`` into ``CACHE/peers`` and are scored where they are found::

    python doc/benchmarks/arousals/run.py CACHE --half report --output doc/benchmarks/arousals.md

Filtered signals and features are kept under ``CACHE/tables``, results under ``CACHE/results``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from recordings import PARTS, RATES, SEEDS, half_of, names, untouched_kind, untouched_place
from robustness import changed_names
from tables import Prepared, detect, prepare, state_of_code
from threadpoolctl import threadpool_limits
from ucddb_night import NIGHT, breathing_events

from mne_arousal import analyze_recording
from mne_arousal.arousals.evidence import COMPONENTS
from mne_arousal.pipeline import DEFAULT_FEATURES, FEATURES

MAIN = "mne-arousal"
_BODY = ("spectral", "body")
METHODS = {
    MAIN: (DEFAULT_FEATURES, {}),
    "fast": (_BODY, {"components": ("fast",)}),
    "emg": (_BODY, {"components": ("fast", "emg")}),
    "no anchor": (_BODY, {"components": ("fast", "emg", "heart", "breath")}),
    "no heart": (_BODY, {"components": ("fast", "anchor", "emg", "breath")}),
    "no breath": (_BODY, {"components": ("fast", "anchor", "emg", "heart")}),
    "no body": (("spectral",), {}),
    "states": (_BODY, {"components": COMPONENTS}),
}
ASKED = (1.0, 2.0, 5.0)  # false alarms per hour; the second is the default
ABLATION = (
    "medium",
    "hard",
    "apnea",
    "patient-apnea",
    "patient-fluctuating",
    "patient-dense30min",
)
ABLATION_RATE = RATES[1]  # implants per hour


def run_one(name: str, method: str, cache: Path, features=None) -> dict:
    """Detect the arousals of one recording by one method and keep the result.

    Parameters
    ----------
    name : str
        Recording.
    method : str
        One of `METHODS`.
    cache : Path
        Folder of tables and results.
    features : tuple of str | None
        Extractors, in place of the method's.

    Returns
    -------
    result : dict
        As kept in ``cache/results/METHOD/NAME.json``.
    """
    import torch

    torch.set_num_threads(1)
    with threadpool_limits(1):
        return _run_one(name, method, cache, features)


def _run_one(name, method, cache, features) -> dict:
    usual, options = METHODS[method]
    prepared = prepare(name, cache / "tables", features or usual)
    start = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        night = detect(prepared, **options)
    seconds = sum(prepared.seconds.values()) + time.process_time() - start
    result = describe(prepared, method) | {
        "found": events(night.arousals),
        "features": list(prepared.features),
        "found_hours": night.sleep_hours,
        "seconds": seconds,
        "steps": night.seconds,
        "warnings": sorted({str(w.message) for w in caught}),
        "clusters": [int(c) for c in night.stages["cluster"]],
        "wake_clusters": [int(c) for c in night.wake_clusters],
    }
    if method == MAIN and result["part"] == "simulated":
        result["evidence"] = evidence_by_second(night)
    if result["part"] != "changed":
        rest = night.candidates
        unlikely = rest[~rest["reason"].isin(["awakening", "too short", "no stable sleep before"])]
        ranked = pd.concat([night.arousals, unlikely], ignore_index=True)
        longer = rest.query("reason == 'awakening'")
        # all that could be an arousal, and awakenings, by their probability
        result["candidates"] = events(ranked.assign(score=ranked["probability"]))
        result["longer"] = events(longer.assign(score=longer["probability"]))
    if result["part"] == "simulated" and method == MAIN:
        result["asked"] = {
            str(asked): events(_again(prepared, night, asked).arousals) for asked in ASKED
        }
    keep(result, cache / "results" / method / f"{name}.json")
    return result


def describe(prepared: Prepared, method: str) -> dict:
    """Return the head of a result: the recording and its truth."""
    part, *middle, source = prepared.name.split("-")
    kind = "-".join(middle)
    if part == "implants":
        kind, source = f"{'SC4001' if 'SC4001' in kind else 'deep sleep'} {source}/h", kind
    elif part == "untouched":
        kind = untouched_kind(source)
    elif part == "changed":
        _, source, kind = prepared.name.split("-", 2)
        kind = kind.replace("_", " ")
    true = prepared.arousals
    alike = prepared.lookalikes
    return {
        "name": prepared.name,
        "part": part,
        "kind": kind,
        "source": source,
        "half": half_of(source),
        "method": method,
        "code": state_of_code(),
        "recorded_hours": prepared.raw.n_times / prepared.raw.info["sfreq"] / 3600,
        "sleep_hours": float(np.sum(prepared.stages > 0)) * 30 / 3600,
        "stages": [int(s) for s in prepared.stages],
        "true": None
        if true is None
        else {
            "onset": list(true.onset),
            "duration": list(true.duration),
            **{
                key: [extra[key] for extra in true.extras]
                for key in ("ramp", "strength", "emg", "ratio", "kind", "heart", "breath", "leg")
                if all(key in extra for extra in true.extras)
            },
        },
        "lookalikes": None
        if alike is None
        else {
            "onset": list(alike.onset),
            "duration": list(alike.duration),
            "description": list(alike.description),
        },
        "candidates": None,
        **origin(part, source),
    }


def origin(part: str, source: str) -> dict:
    """Return what is known of real sleep beside arousals: its breathing, or where it is from."""
    if part == "implants":
        name, start = untouched_place(source)
        return {"untouched": name, "untouched_start": start}
    if source == NIGHT:
        return {"breathing": breathing_events().to_dict("list")}
    return {}


def evidence_by_second(night) -> list[float]:
    """Return the evidence of each second: of the window around its middle."""
    evidence = night.evidence["evidence"]
    center = evidence.index.get_level_values("onset").to_numpy(float) + 1.0
    seconds = np.arange(int(night.duration)) + 0.5
    return [round(float(x), 3) for x in np.interp(seconds, center, evidence.to_numpy(float))]


def events(arousals) -> dict:
    """Return a table of arousals as lists."""
    columns = ["onset", "duration", "onset_low", "onset_high", "score", "probability"]
    return {c: [float(x) for x in arousals[c]] for c in columns if c in arousals}


def _again(prepared: Prepared, night, false_alarms_per_hour: float):
    """Detect with a rate of false alarms as the only limit, and what is fitted already."""
    night.pipeline[-1].set_params(false_alarms_per_hour=false_alarms_per_hour)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return analyze_recording(prepared.raw, pipeline=night.pipeline, verbose="error")


def keep(result: dict, path: Path) -> None:
    """Write a result, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    temporary.write_text(json.dumps(result, default=lambda number: number.item()))
    os.replace(temporary, path)


def jobs(half: str, parts, n_seeds: int, ablation: bool, features) -> list[tuple[str, str]]:
    """List what to run: pairs of recording and method; `features` are those of the main one."""
    todo = [(n, MAIN) for part in PARTS if part in parts for n in names(half, part, None, n_seeds)]
    if "changed" in parts:
        todo += [(n, MAIN) for n in changed_names(half, 1)]
    if ablation:
        chosen = names(half, "simulated", ABLATION, min(n_seeds, 2))
        chosen += [n for n in names(half, "implants") if n.endswith(f"-{ABLATION_RATE}")]
        for method, of_method in METHODS.items():
            # what the main method runs anyhow is not run again, where it runs all of them
            same = of_method == (features, {}) and {"simulated", "implants"} <= set(parts)
            if method != MAIN and not same:
                todo += [(n, method) for n in chosen]
    # the longest first, so that no process is left alone at the end; methods of one recording in
    # a row would make its tables twice at once
    return sorted(todo, key=lambda job: (job[1] != MAIN, not job[0].startswith("simulated-512Hz")))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--half", default="choose", choices=tuple(SEEDS))
    parser.add_argument("--parts", nargs="+", default=[*PARTS, "changed"])
    parser.add_argument("--seeds", type=int, default=2, help="of each kind of simulated sleeper")
    parser.add_argument("--features", nargs="+", choices=FEATURES, help="in place of the default")
    parser.add_argument("--no-ablation", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, help="page to write")
    arguments = parser.parse_args()
    features = tuple(arguments.features or DEFAULT_FEATURES)
    start = time.perf_counter()
    todo = jobs(
        arguments.half, arguments.parts, arguments.seeds, not arguments.no_ablation, features
    )
    Parallel(arguments.jobs, batch_size=1, verbose=1)(
        delayed(run_one)(name, method, arguments.cache, features if method == MAIN else None)
        for name, method in todo
    )
    print(f"{len(todo)} runs in {(time.perf_counter() - start) / 60:.1f} min")
    if arguments.output:
        from page import write_page

        write_page(arguments.cache, arguments.half, arguments.output)


if __name__ == "__main__":
    main()
