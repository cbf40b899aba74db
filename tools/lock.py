"""Write requirements/*.txt from pyproject.toml: exact versions with hashes, for every Python and platform at once.

uv resolves universally (environment markers in one file); plain pip installs what it wrote.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "run": ["pyproject.toml"],
    "build": ["--group", "pyproject.toml:build"],
    "dev": ["--group", "pyproject.toml:dev", "--constraint", "requirements/run.txt"],
}
"""Lock name: what it is made of."""


def main() -> None:
    for name, inputs in LOCKS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--quiet", "--no-emit-index-url", "--no-emit-find-links", "--upgrade"]
        command += ["--custom-compile-command", "make lock", "--output-file", f"requirements/{name}.txt", *inputs]
        subprocess.run(command, cwd=ROOT, check=True)
        print(f"wrote requirements/{name}.txt")


if __name__ == "__main__":
    main()
