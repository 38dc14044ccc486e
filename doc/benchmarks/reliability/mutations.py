"""Damaged files of every format that is read: what comes of them.

    python doc/benchmarks/reliability/mutations.py --files 2000 --analyzed 100
    python doc/benchmarks/reliability/mutations.py --formats EDF FIF

Each format is damaged as tests/damage/edits.py has it, by one to four edits drawn from the seed
(name of the format and number), and read by a process that may use 20 s and 3 GB more than it has.
Counts are kept in mutations.json beside this script, which a later call for other formats adds to;
the section of doc/benchmarks/reliability.md is made of them.
"""

import argparse
import collections
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from page import replace_section, table  # noqa: E402

from tests.damage.formats import FORMATS  # noqa: E402
from tests.damage.worker import outcomes  # noqa: E402

COUNTS = Path(__file__).with_name("mutations.json")
WRONG = ("crashed", "hung", "memory")
ABOUT = """Every file is damaged by one to four edits that are drawn from its number: bits
flipped, runs of bytes set, inserted, left out, repeated, exchanged or cut off, numbers in text and
binary counts replaced by others, lines left out, repeated or moved. It is read as the program reads
it (a recording: found in its dataset, opened with its sidecar files, the roles of its channels
told, loaded, filtered and resampled; a sidecar file: opened with its recording; a hypnogram: as
stages, as arousals and as annotations; a result: for a page, an evaluation and the next run), in a
process that may take 20 s and 3 GB on top of what it had. Of those that were read, the first ones
go the whole way (analyzed: features `spectral`, stages and arousals; a derivative is mended by the
next run to the same bytes). "Refused" is the documented error in one sentence: `RecordingError`,
and `ValueError` for an encoder. "Sealed again" are files whose description was damaged and whose
checksum was then made to fit. Made by `doc/benchmarks/reliability/mutations.py`."""


def run_format(name, n_files, n_analyzed):
    """Damage one format and count what comes of it."""
    counts, wrong = collections.Counter(), []
    slowest = peak = 0.0
    begin = time.perf_counter()
    for found in outcomes(FORMATS[name], range(n_files), n_analyzed):
        counts[found["outcome"]] += 1
        slowest = max(slowest, found["seconds"])
        peak = max(peak, found["megabytes"])
        if found["outcome"] in WRONG:
            wrong.append(f"{found['seed']}: {found['outcome']}")
            print(name, found["seed"], found["outcome"], found["text"][-1500:], flush=True)
    print(f"{name}: {dict(counts)}, {time.perf_counter() - begin:.0f} s", flush=True)
    return {"counts": dict(counts), "slowest": slowest, "peak": peak, "wrong": wrong}


def write_page(results):
    """Write the section."""
    lines, total = [ABOUT, ""], collections.Counter()
    heads = ("format", "files", "analyzed", "read", "refused", "crashed", "hung", "over 3 GB")
    for group in dict.fromkeys(fmt.group for fmt in FORMATS.values()):
        rows = []
        for name, fmt in FORMATS.items():
            if fmt.group != group or name not in results:
                continue
            counts = results[name]["counts"]
            total.update(counts)
            kinds = ("analyzed", "read", "refused", *WRONG)
            cells = [counts.get(kind, 0) for kind in kinds]
            more = (f"{results[name]['slowest']:.1f}", f"{results[name]['peak']:.0f}")
            rows.append((name, sum(counts.values()), *cells, *more))
        if rows:
            lines += [f"### {group[0].upper()}{group[1:]}", ""]
            lines += [*table((*heads, "slowest, s", "most memory, MB"), rows), ""]
    done = total["analyzed"] + total["read"]
    lines.insert(1, (
        f"\n**{sum(total.values())} files: {done} read, {total['analyzed']} of them analyzed; "
        f"{total['refused']} refused; {total['crashed']} crashed, {total['hung']} hung, "
        f"{total['memory']} over 3 GB.**"
    ))  # fmt: skip
    replace_section("Damaged files", lines)


def main():
    """Run the formats that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--analyzed", type=int, default=100)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--groups", nargs="*")
    arguments = parser.parse_args()
    for name in arguments.formats:
        if arguments.groups and FORMATS[name].group not in arguments.groups:
            continue
        found = run_format(name, arguments.files, arguments.analyzed)
        results = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
        results[name] = found
        COUNTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
        write_page(results)


if __name__ == "__main__":
    main()
