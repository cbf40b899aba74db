"""Count exceptions to the checks (`type: ignore`, `noqa`, `pragma: no cover`, `Any`); each must say why on its line.

A directive counts with its reason when words follow it, such as `# noqa: S310 - only loopback`.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKED = ("src", "tests", "bench", "fuzz", "examples", "tools")
DIRECTIVES = {
    "type: ignore": re.compile(r"# type: ignore(?:\[[\w, -]+\])?(?P<reason>.*)"),
    "noqa": re.compile(r"# noqa(?:: [A-Z]+\d+(?:, ?[A-Z]+\d+)*)?(?P<reason>.*)"),
    "pragma: no cover": re.compile(r"# pragma: no cover(?P<reason>.*)"),
}


def findings(path: Path) -> Iterator[tuple[str, int, str]]:
    """Each exception in a file: its kind, its line, and the reason on that line ("" where there is none)."""
    lines = path.read_text(encoding="utf-8").splitlines()
    source = io.StringIO("\n".join(lines) + "\n")
    for token in tokenize.generate_tokens(source.readline):
        if token.type == tokenize.COMMENT:
            for kind, pattern in DIRECTIVES.items():
                if found := pattern.search(token.string):
                    yield kind, token.start[0], found["reason"].strip(" #-:")
        elif token.type == tokenize.NAME and token.string == "Any" and "import" not in token.line:
            comment = lines[token.start[0] - 1].partition("#")[2]
            yield "Any", token.start[0], comment.strip()


def main() -> int:
    counts = dict.fromkeys([*DIRECTIVES, "Any"], 0)
    bare = []
    for directory in CHECKED:
        for path in sorted((ROOT / directory).rglob("*.py")):
            for kind, line, reason in findings(path):
                counts[kind] += 1
                if not reason:
                    bare.append(f"{path.relative_to(ROOT)}:{line}: {kind} without a reason on its line")
    print(", ".join(f"{kind}: {count}" for kind, count in counts.items()))
    print("\n".join(bare) or "each with its reason on the line")
    return 1 if bare else 0


if __name__ == "__main__":
    sys.exit(main())
