"""What the engine has to find, said as plainly as possible: every line, one after the other, with `re` alone."""

import re

ANSI = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[()*+][0-9A-Z]|[=>78@-Z\\^_a-z])")
TIME = rb"\[?(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: \d\d[OE][ +]| \| | )"
PREFIX = re.compile(rb"((?:\xef\xbb\xbf)?(?:" + TIME + rb")?)((?:(?<=[ +])[\w.-]{1,100} \| )?)")
ANCHOR = re.compile(r"(?<![\[\\])\^|\\A")


def search(regex: str, line: bytes, message: bool) -> re.Match[bytes] | None:
    found = PREFIX.match(line) if message and ANCHOR.search(regex) else None
    pattern = re.compile(re.sub(r"[^\x00-\x7f]", r"(?:\g<0>)", regex).encode())
    ends = [found.end(2), found.end(1), 0] if found else [0]
    return next((match for end in ends if (match := pattern.search(line[end:]))), None)


def hits(  # every line of `data` that is one, as its number and the match; a literal is given as an escaped regex
    regex: str, data: bytes, *, message: bool, exclude: tuple[str, ...], not_followed_by: str, size: int, overlap: int
) -> list[tuple[int, re.Match[bytes]]]:
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    rows = [[row[at : at + size] for at in range(0, max(1, len(row) - overlap), size - overlap)] for row in lines]
    if message:
        rows = [[ANSI.sub(b"", part) for part in parts] for parts in rows]
        rows = [[*parts[:-1], parts[-1].removesuffix(b"\r")] for parts in rows]
    found = [next((match for part in parts if (match := search(regex, part, message))), None) for parts in rows]
    bad = [any(text.encode() in part for part in parts for text in exclude) for parts in rows]
    ends = [bool(not_followed_by) and any(search(not_followed_by, part, message) for part in row) for row in rows]
    table = zip(range(1, len(rows) + 1), found, bad, [*ends[1:], False], strict=False)
    return [(number, match) for number, match, excluded, followed in table if match and not excluded and not followed]
