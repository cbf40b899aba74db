"""Takes pictures of the site and of the console report with Debian's Chromium, for the README and for looking at.

    python -m tools.screenshots --config build/example/sova.yaml --console run.ansi --out docs/images

Pages are those that `sova serve` gives of the example CI, one of every kind, light and dark, 1400 and 390 pixels wide;
`--site` takes them from a site on disk. `--console` is what a command wrote with colours (FORCE_COLOR=1).
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme
from rich.text import Text
from tests.browser.crawl import Found, crawl
from tests.serving import EXAMPLE_TIME, serving

WIDTHS = (1400, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TALLEST = 2400
NARROW = 700  # where sova.css stacks tables
CLIPPED = (
    "[...document.querySelectorAll('.scroll')].some(e => e.querySelector('.stack') && e.scrollWidth > e.clientWidth)"
)
LIGHT = TerminalTheme(
    (255, 255, 255),
    (29, 35, 41),
    [
        (29, 35, 41),
        (179, 38, 30),
        (27, 102, 53),
        (122, 90, 0),
        (11, 83, 148),
        (134, 34, 101),
        (10, 100, 85),
        (88, 98, 99),
    ],
)
CONSOLE_PAGE = """<!doctype html><meta charset="utf-8"><style>
{stylesheet}
body {{ margin: 0; padding: 14px 18px; width: max-content; color: {foreground}; background: {background}; }}
pre {{ margin: 0; font: 13px/1.35 "DejaVu Sans Mono", monospace; }}
a {{ color: inherit; text-decoration: none; }}
</style><body><pre>{code}</pre>"""


def pages(root: str) -> Iterator[tuple[str, str]]:
    """The pages worth a picture, by name: of every kind the longest, without filters where there is one."""
    longest: dict[str, Found] = {}
    for page in crawl(root, logs=False):
        if page.status == 200 and _worth(page) > _worth(longest.get(page.kind)):
            longest[page.kind] = page
    yield from ((kind, page.address) for kind, page in longest.items())


def _worth(page: Found | None) -> tuple[bool, int]:
    return ("?" not in page.address, len(page.html)) if page else (False, -1)


def shoot_pages(browser: Browser, root: str, out: Path) -> Iterator[Path]:
    """Pictures of the pages. Raises RuntimeError where a page is not as it should be."""
    found = list(pages(root))
    for scheme in SCHEMES:
        for width in WIDTHS:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for name, address in found:
                target = out / f"{name}-{scheme}-{width}.png"
                shoot_page(context, address, width, target)
                yield target
            context.close()


def shoot_page(context: BrowserContext, address: str, width: int, target: Path) -> None:
    """One picture of a whole page. Raises RuntimeError where it reports an error, cannot load a file or is too wide."""
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto(address, wait_until="networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        faults.append(f"{wide} pixels wide, the window has {width}")
    if width < NARROW and page.evaluate(CLIPPED):
        faults.append("a table that stacks on narrow screens is cut off at the right")
    if faults:
        raise RuntimeError(f"{address}: {'; '.join(faults)}")
    height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": height})
    page.screenshot(path=target)
    page.close()


def shoot_console(browser: Browser, text: str, out: Path) -> Iterator[Path]:
    """Pictures of what a command printed, on a light and on a dark terminal."""
    lines = [Text.from_ansi(line) for line in text.splitlines()]
    width = max((line.cell_len for line in lines), default=80)
    for scheme, theme in (("light", LIGHT), ("dark", DIMMED_MONOKAI)):
        console = Console(record=True, width=width, file=io.StringIO(), color_system="truecolor", force_terminal=True)
        for line in lines:
            console.print(line, highlight=False)
        page = browser.new_page(viewport={"width": 200, "height": 200})
        page.set_content(console.export_html(theme=theme, code_format=CONSOLE_PAGE))
        target = out / f"console-{scheme}.png"
        page.locator("body").screenshot(path=target)
        page.close()
        yield target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, help="configuration of the example, which is served and looked at")
    parser.add_argument("--site", type=Path, help="directory of a static site to look at")
    parser.add_argument("--console", type=Path, help="file with what a command printed in colour")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="where the PNG files go (docs/images)")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if not chromium:
        print("screenshots: chromium is not installed (apt-get install chromium)", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if options.config:
            with serving(options.config, *EXAMPLE_TIME) as root:
                for picture in shoot_pages(browser, root, options.out):
                    print(picture)
        if options.site:
            for picture in shoot_pages(browser, (options.site / "index.html").resolve().as_uri(), options.out):
                print(picture)
        if options.console:
            for picture in shoot_console(browser, options.console.read_text(encoding="utf-8"), options.out):
                print(picture)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
