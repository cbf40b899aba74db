"""What each page shows, as frozen values: asked of the store and summed up by `stats`. No HTML, no HTTP.

A module a page or two; each has the values and one function that makes them from a `Desk`.
"""
