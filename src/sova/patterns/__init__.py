"""Failure signatures: loading them, and finding them in logs."""
