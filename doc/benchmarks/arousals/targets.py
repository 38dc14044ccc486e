"""What the detector is to reach, and whether the results say that it does."""

from __future__ import annotations

import numpy as np
from recordings import WHOLE_NIGHTS
from scores import agreement, recall_at, score_result
from sections import ASKED, FACTOR, OURS, new_seeds, of, pooled, seeds_of, shared_names
from sections_probability import CUT_GAP, calibration_error, cut_gaps, implanted, judged
from sections_real import in_sleep, with_awakenings
from sleepers import KINDS

UNET = "psgscoring, U-Net v2"
LUNA = "Luna AROUSALS"
CLEAR_MEDIAN = 150.0  # ms
COVERED = (0.85, 0.95)
LEAST_F1 = 0.80  # in every kind
LEAST_RECALL = 0.94  # of implants
CALIBRATION = {"simulated": 0.05, "implants": 0.08}  # expected calibration error
AGREEMENT, AGREEMENT_WITH_AWAKENINGS = 0.65, 0.80


def in_short(own: dict, peers: dict) -> str:
    """List the targets, each with what was measured."""
    lines = [
        *_highest_f1(own, peers),
        *_new_seeds(own, peers),
        *_worst_kind(own),
        *_probability(own, peers),
        *_false_alarms(own),
        *_implants(own, peers),
        *_deep_sleep(own),
        *_real_night(own, peers),
        *_onsets(own, peers),
    ]
    if not lines:
        return ""
    rows = [f"| {target} | {measured} | {verdict} |" for target, measured, verdict in lines]
    head = ["## In short", "", "| target | measured | |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n\n"


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def _highest_f1(own, peers):
    for title, results in peers.items():
        shared = shared_names({OURS: own, title: results}, "simulated")
        above, n, gap = 0, 0, []
        for kind in KINDS:
            names = [name for name in shared if own[name]["kind"] == kind]
            if not names:
                continue
            ours, theirs = (pooled([r[x] for x in names])["F1"] for r in (own, results))
            above += ours > theirs
            n += 1
            gap.append((ours - theirs, kind))
        if n:
            least, kind = min(gap)
            measured = f"in {above} of {n} kinds; least difference {least:+.2f} (`{kind}`)"
            yield f"F1 above {title}", measured, _verdict(above == n)


def _new_seeds(own, peers):
    """The same on the seeds alone that nothing has been reported on, where there are others too."""
    new = new_seeds(own)
    if 0 < len(new) < len(seeds_of(own)):
        nights = {n: r for n, r in own.items() if r["source"] in new}
        for target, measured, verdict in (*_highest_f1(nights, peers), *_worst_kind(nights)):
            yield f"{target}, seed {', '.join(new)} alone", measured, verdict


def _worst_kind(own):
    scores = {
        kind: pooled(of(own, part="simulated", kind=kind))["F1"]
        for kind in KINDS
        if of(own, part="simulated", kind=kind)
    }
    if scores:
        worst = min(scores, key=scores.get)
        measured = f"{scores[worst]:.2f} (`{worst}`)"
        yield (
            f"F1 in the worst kind ≥ {LEAST_F1:.2f}",
            measured,
            _verdict(scores[worst] >= LEAST_F1),
        )


def _probability(own, peers):
    simulated = of(own, part="simulated")
    if simulated:
        error = calibration_error(*judged(simulated))
        target = f"calibration error of the probability, simulated ≤ {CALIBRATION['simulated']}"
        yield target, f"{error:.3f}", _verdict(error <= CALIBRATION["simulated"])
    for title, results, natural in list(implanted(own, peers))[:2]:  # of all places together
        if not results:
            continue
        error = calibration_error(*judged(results, natural))
        target = f"calibration error of the probability, {title} ≤ {CALIBRATION['implants']}"
        yield target, f"{error:.3f}", _verdict(error <= CALIBRATION["implants"])
    gaps = {kind: best - at for kind, (at, best, _) in cut_gaps(own).items()}
    if gaps:
        worst = max(gaps, key=gaps.get)
        held = sum(gap <= CUT_GAP for gap in gaps.values())
        measured = (
            f"in {held} of {len(gaps)} kinds; largest difference {gaps[worst]:.3f} (`{worst}`)"
        )
        yield f"F1 at 0.5 within {CUT_GAP} of the best cut", measured, _verdict(held == len(gaps))


def _deep_sleep(own):
    deep = [r for r in of(own, part="untouched") if r["source"] not in WHOLE_NIGHTS]
    if deep:
        rate = sum(len(in_sleep(r)) for r in deep) / sum(r["sleep_hours"] for r in deep)
        target = f"events in untouched deep sleep ≤ {ASKED:g} an hour"
        yield target, f"{rate:.1f}", _verdict(rate <= ASKED)


def _false_alarms(own):
    factors = []
    for kind in KINDS:
        results = [r for r in of(own, part="simulated", kind=kind) if "asked" in r]
        if not results:
            continue
        asked = sorted(results[0]["asked"], key=float)
        middle = asked[len(asked) // 2]
        false = sum(score_result(r | {"found": r["asked"][middle]})["others"] for r in results)
        factors.append((false / sum(r["found_hours"] for r in results) / float(middle), kind))
    if factors:
        held = sum(1 / FACTOR <= f <= FACTOR for f, _ in factors)
        (low, low_kind), (high, high_kind) = min(factors), max(factors)
        measured = (
            f"in {held} of {len(factors)} kinds; from {low:.2f} (`{low_kind}`) to {high:.2f} "
            f"(`{high_kind}`)"
        )
        target = f"found false alarms within a factor of {FACTOR} of asked"
        yield target, measured, _verdict(held == len(factors))


def _implants(own, peers):
    if of(own, part="implants"):
        s = pooled(of(own, part="implants"))
        measured = f"{s['recall']:.3f} at {s['others/h']:.1f} others / h"
        yield (
            f"recall on implants ≥ {LEAST_RECALL}",
            measured,
            _verdict(s["recall"] >= LEAST_RECALL),
        )
    results = peers.get(UNET, {})
    shared = shared_names({OURS: own, UNET: results}, "implants")
    for place in ("SC4001", "deep sleep"):
        names = [n for n in shared if own[n]["kind"].startswith(place)]
        if not names:
            continue
        theirs = pooled([results[n] for n in names])
        ours = pooled([own[n] for n in names])
        level = recall_at([own[n] for n in names], theirs["others/h"])
        measured = (
            f"{ours['recall']:.2f} at {ours['others/h']:.1f} / h against {theirs['recall']:.2f} at "
            f"{theirs['others/h']:.1f}; at as many others {level:.2f}"
        )
        target = f"recall on implants, {place}, above {UNET} at no more other events"
        yield target, measured, _verdict(level > theirs["recall"])


def _real_night(own, peers):
    night = {OURS: own, **peers}
    found = {t: r["untouched-SC4001"] for t, r in night.items() if "untouched-SC4001" in r}
    if not {OURS, UNET, LUNA} <= set(found) or any(found[t].get("error") for t in (UNET, LUNA)):
        return
    reference = in_sleep(found[UNET])
    alone, luna = (agreement(in_sleep(found[t], "candidates"), reference) for t in (OURS, LUNA))
    ours = agreement(with_awakenings(found[OURS]), reference)
    for title, value, least in (
        ("arousals alone", alone, AGREEMENT),
        ("with awakenings", ours, AGREEMENT_WITH_AWAKENINGS),
    ):
        target = f"agreement with {UNET} on SC4001, {title} ≥ {least:.2f}"
        yield target, f"{value:.2f}", _verdict(value >= least)
    yield (
        f"agreement with {UNET} on SC4001, at equal counts, at least Luna's",
        f"{ours:.2f} against {luna:.2f}, with events over 15 s; {alone:.2f} without them",
        _verdict(ours >= luna),
    )


def _onsets(own, peers):
    for part in ("simulated", "implants"):
        s = pooled(of(own, part=part))
        if "n" not in s:
            continue
        yield (
            f"abrupt onsets of power ratio ≥ 4, {part}: median ≤ {CLEAR_MEDIAN:.0f} ms",
            f"{s['clear median']:.0f} ms of {s['clear n']}",
            _verdict(s["clear median"] <= CLEAR_MEDIAN),
        )
        for group in ("abrupt", "ramped"):
            covered = s.get(f"{group} covered", np.nan)
            yield (
                f"90 % intervals cover 85 to 95 %, {group}, {part}",
                f"{covered:.0%} of {s[f'{group} n']}",
                _verdict(COVERED[0] <= covered <= COVERED[1]),
            )
        medians = {}
        for title, results in peers.items():
            scores = pooled(of(results, part=part))
            if "median" in scores:
                medians[title] = scores["median"]
        if medians:
            best = min(medians, key=medians.get)
            yield (
                f"onset median below every other detector's, {part}",
                f"{s['median']:.0f} ms against {medians[best]:.0f} ms ({best})",
                _verdict(s["median"] < medians[best]),
            )
