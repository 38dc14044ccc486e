"""Recordings and hypnograms as laboratories have them: what goes wrong, and what is done about it.

Makes a small input for each case, runs the program on it, compares with what is right, and writes
the table to doc/benchmarks/cases.md. Exits with 1 if a case is wrong.

Run: python doc/benchmarks/cases.py
"""

import sys
from pathlib import Path

import mne
from recording_cases import channels, hypnograms, signals, times
from recording_cases.table import CASES, clean, f1, night

MODULES = (signals, channels, hypnograms, times)
HEAD = """# Recordings as they are

Files of laboratories hold gaps, dead leads, odd names and other people's hypnograms.
`doc/benchmarks/cases.py` makes a small input of each kind, runs the program on it, and compares
with the right answer. The night is simulated: 40 min with {n_truth} arousals, of which an analysis
of the clean recording finds F1 {clean:.2f}. For real recordings see
[how much of them is called invalid](validity.md).

{n_right} of {n_cases} cases are right.
"""


def page(rows) -> str:
    """Write the table of cases, one section a kind."""
    lines = [
        HEAD.format(
            n_truth=len(night().arousals),
            clean=f1(clean()),
            n_right=sum(right for _, right, _ in rows),
            n_cases=len(rows),
        )
    ]
    kind = ""
    for case, right, seen in rows:
        if case.kind != kind:
            kind = case.kind
            lines.append(f"\n## {kind}\n")
            lines.append("| input | right | what is done | seen |")
            lines.append("| --- | --- | --- | --- |")
        mark = "" if right else "**wrong**: "
        cells = (case.title, case.right, case.done, mark + seen)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run all cases and write the page."""
    mne.set_log_level("error")
    rows = []
    kinds = [module.KIND for module in MODULES]
    for case in sorted(CASES, key=lambda case: kinds.index(case.kind)):
        right, seen = case.run()
        print(f"{'ok' if right else 'WRONG':6}{case.title}: {seen}", flush=True)
        rows.append((case, right, seen))
    Path(__file__).with_suffix(".md").write_text(page(rows), encoding="utf-8")
    return int(not all(right for _, right, _ in rows))


if __name__ == "__main__":
    sys.exit(main())
