"""Long random tests; run one with `python -m fuzz.NAME --seconds 60`."""
