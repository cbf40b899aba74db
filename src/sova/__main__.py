"""`python -m sova` is the command `sova`."""

from sova.cli import main

if __name__ == "__main__":
    main()
