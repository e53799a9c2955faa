"""
Say which mutants lived and how many died, module by module: the last step of `make mutants`.

Reads what `mutmut results --all true` prints; mutants that were not run do not count. To see one that
lived: `mutmut show NAME`.
"""

import sys
from collections import Counter
from collections.abc import Iterable

__all__ = ["lived", "scores"]

KILLED = frozenset({"killed", "timeout", "segfault", "caught by type check"})
LEFT_OUT = frozenset({"not checked", "skipped", "check was interrupted by user"})


def _tried(lines: Iterable[str]) -> list[tuple[str, str]]:
    parts = [line.strip().rpartition(": ") for line in lines]
    return [(mutant, status) for mutant, _, status in parts if mutant and status not in LEFT_OUT]


def lived(lines: Iterable[str]) -> list[str]:
    """The mutants that no test noticed."""
    return [f"{mutant}: {status}" for mutant, status in _tried(lines) if status not in KILLED]


def scores(lines: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Killed and tried mutants by module."""
    killed, tried = Counter[str](), Counter[str]()
    for mutant, status in _tried(lines):
        module = mutant.partition(".x")[0]
        tried[module] += 1
        killed[module] += status in KILLED
    return {module: (killed[module], count) for module, count in sorted(tried.items())}


def main() -> None:
    """Print both from standard input."""
    lines = list(sys.stdin)
    print(*lived(lines), sep="\n")
    found = scores(lines)
    found["all"] = (sum(k for k, _ in found.values()), sum(n for _, n in found.values()))
    print("| module | killed | of | score |\n|---|---|---|---|")
    for module, (killed, tried) in found.items():
        print(f"| {module} | {killed} | {tried} | {100 * killed / max(tried, 1):.0f} % |")


if __name__ == "__main__":
    main()
