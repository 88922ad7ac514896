"""Prints how many cases came to which behaviour; fails if one is not as it should be."""

import collections
import json
import sys

GOOD = ("OK", "NON-STRICT", "INFORMATIONAL")

# The number of cases that there must be, 0 for any.
role, path, expected = sys.argv[1:]
try:
    with open(path) as file:
        agents = json.load(file)
except FileNotFoundError:
    sys.exit(f"{role}: no report was written")
cases = [item for agent in agents.values() for item in agent.items()]


def section(case):
    return "12 and 13" if case.split(".")[0] in ("12", "13") else "1 to 10"


def order(item):
    return [int(part) for part in item[0].split(".")]


failed = len(cases) != (int(expected) or len(cases) or 1)
if failed:
    print(f"{role}: {len(cases)} cases ran, {expected} were expected")
for part in ("1 to 10", "12 and 13"):
    results = sorted((item for item in cases if section(item[0]) == part), key=order)
    if not results:
        continue
    counts = collections.Counter(result["behavior"] for _, result in results)
    told = ", ".join(f"{count} {behavior}" for behavior, count in counts.most_common())
    print(f"{role}, sections {part}: {len(results)} cases, {told}")
    closes = collections.Counter(result["behaviorClose"] for _, result in results)
    told = ", ".join(f"{count} {behavior}" for behavior, count in closes.most_common())
    print(f"{role}, sections {part}: how they closed: {told}")
    for case, result in results:
        good = result["behavior"] in GOOD and result["behaviorClose"] in GOOD
        failed |= not good
        if result["behavior"] not in ("OK", "INFORMATIONAL") or not good:
            print(f"    {case}: {result['behavior']}, closed {result['behaviorClose']}")
sys.exit(failed)
