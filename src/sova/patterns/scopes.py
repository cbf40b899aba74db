"""Where a pattern holds: by job, branch, pipeline, project and time of the build."""

from __future__ import annotations

from fnmatch import fnmatchcase

from sova.model import Build, Scope

__all__ = ["holds_for"]


def holds_for(scope: Scope, build: Build) -> bool:
    """Whether a build lies in a scope. `since` and `until` belong to it; a build without a time lies in every one."""
    named = (
        (scope.jobs, build.job_name),
        (scope.branches, build.change.branch),
        (scope.pipelines, build.pipeline),
        (scope.projects, build.change.project),
    )
    if not all(not globs or any(fnmatchcase(name, glob) for glob in globs) for globs, name in named):
        return False
    if build.time is None:
        return True
    return (scope.since is None or scope.since <= build.time) and (scope.until is None or build.time <= scope.until)
