#!/usr/bin/env python3
"""Tells how a ctest run ended. Usage: summarise_tests.py RESULTS.xml; exits 1 unless all passed.

Prints the skipped tests by reason, then one line. A ctest entry that runs pytest counts as the
tests that pytest ran.
"""
import re
import sys
import xml.etree.ElementTree
from collections import Counter
from pathlib import Path

PYTEST_COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)")
PYTEST_SUMMARY = re.compile(r"^=*\s*\d+ (?:passed|failed|error|skipped).* in [\d.]+s.*$", re.M)
PYTEST_SKIP = re.compile(r"^SKIPPED \[(\d+)\] \S+ (.+)$", re.M)
# GoogleTest prints where and why: "FILE:LINE: Skipped", the reason on the next line.
GTEST_SKIP = re.compile(r": Skipped\n(.+)")
PLAIN_SKIP = re.compile(r"^SKIPPED: (.+)$", re.M)


def count_pytest(output, reasons):
    """Returns (ran, failed) of a pytest run and adds what it skipped, or None if it is none."""
    summary = PYTEST_SUMMARY.search(output)
    if not summary:
        return None
    counts = Counter({what: int(n) for n, what in PYTEST_COUNT.findall(summary[0])})
    named = PYTEST_SKIP.findall(output)
    for n, why in named or [(counts["skipped"], "pytest did not say why")]:
        reasons[why] += int(n)
    return counts.total() - counts["skipped"], counts["failed"] + counts["error"]


def why_skipped(case, output):
    """Returns the reason that a skipped ctest entry printed, or the one that ctest gives."""
    printed = GTEST_SKIP.search(output) or PLAIN_SKIP.search(output)
    if printed:
        return printed[1].strip()
    skipped = case.find("skipped")
    return skipped.get("message") if skipped is not None else "no reason given"


def summarise(results):
    """Returns (lines to print, whether all passed) for the JUnit file of a ctest run."""
    ran, failed, names, reasons = 0, 0, [], Counter()
    for case in xml.etree.ElementTree.parse(results).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        broken = case.get("status") == "fail"
        if case.get("status") in ("notrun", "disabled"):
            reasons[why_skipped(case, output)] += 1
            continue
        entry_ran, entry_failed = count_pytest(output, reasons) or (1, int(broken))
        ran += entry_ran
        failed += max(entry_failed, int(broken))
        names += [case.get("name")] if broken else []
    reasons += Counter()  # drops zeros
    lines = [f"Skipped {n}: {why}" for why, n in reasons.most_common()]
    if failed or ran == 0:
        listed = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        return lines + [f"FAILED: {failed} of {ran} tests ({listed})" if ran else
                        "FAILED: no test ran"], False
    if len(reasons) == 1:
        return [f"All tests passed: {ran} run, {reasons.total()} skipped ({[*reasons][0]})"], True
    skipped = f", {reasons.total()} skipped (reasons above)" if reasons else ""
    return lines + [f"All tests passed: {ran} run{skipped}"], True


if __name__ == "__main__":
    if not Path(sys.argv[1]).is_file():
        print("FAILED: the tests did not run; the reason is above")
        sys.exit(1)
    summary, passed = summarise(sys.argv[1])
    print("\n".join(summary))
    sys.exit(0 if passed else 1)
