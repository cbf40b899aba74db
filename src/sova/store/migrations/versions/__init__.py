"""One module a revision. A revision is never changed after a release; a new one follows it."""
