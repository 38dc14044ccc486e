"""Write the page of the benchmark of arousals from the results that are kept::

python doc/benchmarks/arousals/page.py CACHE --half report --output doc/benchmarks/arousals.md
"""

from __future__ import annotations

import argparse
from pathlib import Path

import sections
import sections_night
import sections_probability
import sections_real
from recordings import PEOPLE, REPORTED_BEFORE, SEEDS
from results import load_own, load_peers
from run import MAIN, METHODS
from targets import in_short

INTRO = """# Arousals: the whole benchmark

Made by `doc/benchmarks/arousals/run.py`, half "{half}", features {features}: simulated nights of
seeds {seeds} of each kind, implants in the deep sleep of {people} ({named})
and in the {part} half of the Sleep-EDF night SC4001, and untouched sleep. {said}
This package is given the signals; the other detectors are given the true hypnogram as well. Where
several nights are pooled, their events are counted together. Seconds are CPU time of one thread.

- **Simulated sleepers** are nights of 4 h of `simulate_psg`, those of kinds named `patient-` of
  3 h: patients whose heart and breath answer most arousals and also rise without. Kinds that end in
  `30min` are the lightest half hour of a night. They show whether a method finds what was put in,
  not how well it does on people.
- **Implants** are pieces of 3 to 15 s of a person's own quiet wake in that person's own sleep, half
  of them abrupt, half rising over 0.5 or 1 s, of 1, 1.5 or 2 times the amplitude above 3 Hz of the
  sleep before; `implants.py` says how they are made and why. Real sleep has arousals of its own, so
  other events are not all false there.
- **Untouched** sleep has no marks. In deep sleep nearly all that is found is false.

"""

SAID = {
    "choose": "On this half settings may be chosen, so its figures are not to be quoted.",
    "report": "Settings are chosen on the other half alone.\n{seeds}\n"
    "The people and that half of SC4001 have been reported on before. Agreement with other\n"
    "detectors is over the whole nights of SC4001 and ucddb022. The first half of the one and all\n"
    "of the other served for choosing, the cues for nights without a heart and for brief sleep\n"
    "among what was chosen. The new seed was run once before the last changes (what strong scores\n"
    "count for without a heart, how much brief sleep takes, the tails of intervals), which rest\n"
    "on implants and on coverage.\n"
    "What was tried on the choosing half stands in {{doc}}`arousals_ledger`. The\n"
    "strength of simulated patients was set by what an earlier version of this detector found\n"
    "in them, so that their absolute figures say little; differences between detectors say more.",
}

OUTRO = """
## What these figures do not say

No expert marked arousals in any of these recordings. The simulator is this package's own, so other
detectors meet it unprepared. The people of the deep sleep were investigated for sleep apnea, one
EEG channel each, of unknown unit. SC4001 has a chin EMG of 1 Hz, and was looked at while the method
was built.
"""


def write_page(cache: Path, half: str, output: Path) -> None:
    """Write the page.

    Parameters
    ----------
    cache : Path
        Folder of `run.py`.
    half : str
        ``"choose"`` or ``"report"``.
    output : Path
        Markdown file to write.
    """
    own = load_own(cache, MAIN, half)
    peers = load_peers(cache, own)
    ablation = load_ablation(cache, half, own)
    seeds = sorted({int(r["source"]) for r in own.values() if r["part"] == "simulated"})
    text = INTRO.format(
        half=half,
        features=" or ".join(sorted({", ".join(r["features"]) for r in own.values()})),
        seeds=", ".join(map(str, seeds)),
        people=f"{len(PEOPLE[half])} people",
        said=SAID[half].format(seeds=history_of_seeds(seeds)),
        named=", ".join(PEOPLE[half]),
        part="first" if half == "choose" else "second",
    )
    body = [
        sections.kinds(own),
        sections.beside_others(own, peers),
        sections_probability.reliability(own, peers),
        sections.calibration(own),
        sections.onsets(own, peers),
        sections_real.implants(own, peers),
        sections_real.untouched(own, peers),
        sections_night.ucddb_night(own, peers),
        sections.ablation(ablation),
        sections.robustness(own),
    ]
    if (output.parent / "peers.md").exists():
        text += "How the other detectors were run is told in {doc}`peers`.\n\n"
    kept = [r for method in (own, *ablation.values()) for r in method.values()]
    if len({r.get("code") for r in kept}) > 1:
        text += "**Results of different states of the code are mixed in this page.**\n\n"
    text += in_short(own, peers) + "\n".join(part for part in body if part) + OUTRO
    output.write_text(text)


def history_of_seeds(seeds: list[int]) -> str:
    """Tell which seeds have been reported on before."""
    reported = "has been reported on before, with an earlier version of this detector"
    return "\n".join(
        f"Seed {seed} {reported if seed in REPORTED_BEFORE else 'had no part in any choice'}."
        for seed in seeds
    )


def load_ablation(cache: Path, half: str, own: dict) -> dict[str, dict]:
    """Load the results of each method but the main one, which may stand for one of them."""
    found = {m: load_own(cache, m, half) for m in METHODS if m != MAIN}
    names = found["fast"]
    for method, (features, options) in METHODS.items():
        main = {n: own[n] for n in names if n in own and own[n]["features"] == list(features)}
        if method != MAIN and not options and len(main) == len(names):
            found[method] = main
    return {MAIN: {n: own[n] for n in names if n in own}} | found


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--half", default="report", choices=tuple(SEEDS))
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    write_page(arguments.cache, arguments.half, arguments.output)


if __name__ == "__main__":
    main()
