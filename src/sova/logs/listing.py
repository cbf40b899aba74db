"""Directory listings of web servers (Apache, nginx, Python, Zuul's object stores) and Zuul's manifest, as entries."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["Listed", "parse_listing", "parse_manifest"]

_TITLE = re.compile(r"\s*(?:index of|directory listing for)\b", re.IGNORECASE)
_DATES = (
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b(?!:)"), "%Y-%m-%d %H:%M"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "%Y-%m-%d %H:%M:%S"),
    (re.compile(r"\b\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d\b(?!:)"), "%d-%b-%Y %H:%M"),
    (re.compile(r"\b\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\b"), "%d-%b-%Y %H:%M:%S"),
    (re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\b"), "%a %b %d %H:%M:%S %Y"),
)
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)([KMGT]?)\s*$|\s*(\d+(?:\.\d+)?)([KMGT]?)\s+")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_DEEPEST = 100  # directories within directories of a manifest


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a listing. `name` is relative to the directory, a directory's too without `/` at its end.

    `size` in bytes is rounded where the server rounds; `mtime` is aware.
    """

    name: str
    is_dir: bool = False
    size: int | None = None
    mtime: dt.datetime | None = None


def parse_listing(body: bytes, url: str, timezone: dt.tzinfo = dt.UTC) -> tuple[Listed, ...] | None:
    """The entries of the directory at `url`, or None when the page is no listing.

    `timezone` is the server's, for dates without a zone. Only links to what lies directly in the directory count.
    """
    start = body[:200].lstrip().lower()
    if start.startswith(b"["):
        return _from_json(body)
    if start.startswith(b"<?xml") and b"<list>" in body[:400]:
        return _from_xml(body)
    page = LexborHTMLParser(body)
    if not _is_listing(page):
        return None
    base = urlsplit(url)
    found: dict[str, Listed] = {}
    for link in page.css("a[href]"):
        name = _name(link.attributes.get("href") or "", url, base)
        if name:
            date, size = _details(_text_beside(link), timezone)
            plain = name.rstrip("/")
            found.setdefault(plain, Listed(plain, name.endswith("/"), size, date))
    return tuple(found.values())


def _is_listing(page: LexborHTMLParser) -> bool:
    if any(_TITLE.match(node.text()) for node in page.css("title, h1")):
        return True
    heads = [node.text(strip=True).lower() for node in page.css("th")]
    return "name" in heads and "last modified" in heads


def _name(href: str, url: str, base: SplitResult) -> str:
    """The name that a link has in the directory, with `/` for a directory; "" for a link to anywhere else."""
    try:
        target = urlsplit(urljoin(url, href.strip()))
    except ValueError:
        return ""
    if (target.scheme, target.netloc) != (base.scheme, base.netloc) or target.query or href.startswith("#"):
        return ""
    here, there = unquote(base.path.rpartition("/")[0] + "/"), unquote(target.path)
    name = there[len(here) :] if there.startswith(here) else ""
    plain = name.removesuffix("/")
    return "" if plain in ("", ".", "..") or "/" in plain or "\0" in plain else name


def _text_beside(link: LexborNode) -> str:
    """The text of the row after the link: of its table cells, or of its line in a <pre>."""
    cell = link.parent
    if cell is not None and cell.tag == "td":
        texts = []
        while (cell := cell.next) is not None:
            if cell.tag == "td":
                texts.append(cell.text(strip=True))
        return "  ".join(texts)
    after = link.next
    return (after.text(deep=False) or "").split("\n")[0] if after is not None and after.tag == "-text" else ""


def _details(text: str, timezone: dt.tzinfo) -> tuple[dt.datetime | None, int | None]:
    text = text.replace("\xa0", " ")
    for pattern, form in _DATES:
        if found := pattern.search(text):
            return _date(found[0], form, timezone), _size(text[found.end() :])
    return None, _size(text)


def _date(text: str, form: str, timezone: dt.tzinfo) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, form).replace(tzinfo=timezone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _size(text: str) -> int | None:
    found = _SIZE.match(text)
    if not found:
        return None
    number, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
    return int(float(number) * _UNITS[unit])


def _from_json(body: bytes) -> tuple[Listed, ...] | None:
    """nginx (`autoindex_format json`) and Swift (`format=json`)."""
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = []
    for row in rows:
        if not isinstance(row, dict) or not ("name" in row or "subdir" in row):
            return None
        name = str(row.get("subdir") or row.get("name"))
        if "/" in name.removesuffix("/") or name in ("", ".", "..") or row.get("type") == "other":
            continue
        is_dir = "subdir" in row or row.get("type") == "directory" or name.endswith("/")
        size = row.get("size", row.get("bytes"))
        found.append(Listed(name.rstrip("/"), is_dir, size if isinstance(size, int) else None, _json_date(row)))
    return tuple(found)


def _json_date(row: dict[str, object]) -> dt.datetime | None:
    text = row.get("mtime") or row.get("last_modified")
    try:
        date = parsedate_to_datetime(str(text)) if "mtime" in row else dt.datetime.fromisoformat(str(text))
        return date.astimezone(dt.UTC) if date.tzinfo else date.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None


def _from_xml(body: bytes) -> tuple[Listed, ...]:
    """nginx (`autoindex_format xml`)."""
    found = []
    for node in LexborHTMLParser(body).css("list > file, list > directory"):
        name, size, mtime = node.text(), node.attributes.get("size") or "", node.attributes.get("mtime") or ""
        if name and "/" not in name and name not in (".", ".."):
            date = _date(mtime, "%Y-%m-%dT%H:%M:%SZ", dt.UTC)
            found.append(Listed(name, node.tag == "directory", int(size) if size.isdecimal() else None, date))
    return tuple(found)


def parse_manifest(body: bytes) -> tuple[Listed, ...] | None:
    """Every file of a `zuul-manifest.json`, names with their directories; None when it is no manifest."""
    try:
        tree = json.loads(body)["tree"]
        return tuple(_walk(tree, "", _DEEPEST)) if isinstance(tree, list) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _walk(rows: Iterable[object], above: str, levels: int) -> Iterator[Listed]:
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("name"), str) or row["name"] in ("", ".", ".."):
            continue
        path = f"{above}{row['name']}"
        children = row.get("children")
        if isinstance(children, list):
            yield from _walk(children, f"{path}/", levels - 1) if levels else ()
        elif "/" not in row["name"]:
            size, date = row.get("size"), row.get("last_modified")
            mtime = dt.datetime.fromtimestamp(date, dt.UTC) if isinstance(date, int) and 0 <= date < 2**40 else None
            yield Listed(path, False, size if isinstance(size, int) else None, mtime)
