"""
Say how many mutants the tests killed, module by module: the last step of `make mutants`.

Reads what `mutmut results --all true` prints; mutants that were not run do not count.
"""

import sys
from collections import Counter
from collections.abc import Iterable

__all__ = ["scores"]

KILLED = frozenset({"killed", "timeout", "segfault", "caught by type check"})
LEFT_OUT = frozenset({"not checked", "skipped", "check was interrupted by user"})


def scores(lines: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Killed and tried mutants by module."""
    killed, tried = Counter[str](), Counter[str]()
    for line in lines:
        mutant, separator, status = line.strip().rpartition(": ")
        if not separator or status in LEFT_OUT:
            continue
        module = mutant.partition(".x")[0]
        tried[module] += 1
        killed[module] += status in KILLED
    return {module: (killed[module], count) for module, count in sorted(tried.items())}


def main() -> None:
    """Print the table from standard input."""
    found = scores(sys.stdin)
    found["all"] = (sum(k for k, _ in found.values()), sum(n for _, n in found.values()))
    print("| module | killed | of | score |\n|---|---|---|---|")
    for module, (killed, tried) in found.items():
        print(f"| {module} | {killed} | {tried} | {100 * killed / max(tried, 1):.0f} % |")


if __name__ == "__main__":
    main()
