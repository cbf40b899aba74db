"""The example CI: ten days of an invented project's builds, made from small seeds, the same on every machine."""
