"""What Gerrit and Zuul answered: the recordings that Sova reads in place of the two servers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence

from examples.ci.plan import TENANT, ZUUL, Account, Change, Plan, Run, hex_of
from examples.ci.tree import MANIFEST, has_manifest

__all__ = ["gerrit_answer", "zuul_answer", "zuul_row"]

_ZUUL = Account("Zuul", "zuul@example.org", "zuul")
_STARLIGHT = Account("Starlight CI", "ci@starlight.example.net", "starlight-ci")
_FLAT_UNTIL = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
"""Before that day this Zuul was an older one, whose rows have the fields of the change beside the others."""

Row = dict[str, object]


def zuul_answer(plan: Plan, logs: str) -> str:
    """What `/api/tenant/TENANT/builds` gave, newest first; `logs` is the root of the log server with a slash."""
    rows = [
        zuul_row(run, number, logs)
        for number, run in enumerate(sorted(plan.runs, key=lambda run: run.start), 41_200)
        if "zuul" in run.sources
    ]
    return json.dumps(rows[::-1], ensure_ascii=False, indent=1)


def zuul_row(run: Run, number: int, logs: str) -> Row:
    """One build as Zuul's REST API tells it; flat in the older version, with the change in `ref` in the newer."""
    log_url = logs + run.path if run.console else None
    common: Row = {
        "uuid": run.uuid,
        "job_name": run.job.name,
        "result": run.result or None,
        "held": False,
        "start_time": _time(run.start) if _ran(run) else None,
        "end_time": _time(run.end) if run.end else None,
        "duration": float(run.duration) if _ran(run) and run.end else None,
        "voting": run.job.voting,
        "log_url": log_url,
        "nodeset": run.job.nodeset,
        "error_detail": _detail(run) or None,
        "final": run.result != "RETRY",
        "artifacts": _artifacts(run, log_url),
        "provides": [],
        "pipeline": run.pipeline,
        "event_id": hex_of(f"event {_buildset(run)}", 32),
        "buildset": {"uuid": hex_of(f"buildset {_buildset(run)}", 32)},
    }
    if run.start < _FLAT_UNTIL:
        return common | _ref(run)
    return {"_id": number} | common | {"ref": _ref(run) | {"oldrev": None}, "event_timestamp": _time(run.start)}


def _ref(run: Run) -> Row:
    change = run.change
    return {
        "project": run.project,
        "branch": run.branch,
        "change": change.number if change else None,
        "patchset": str(run.patchset) if change else None,
        "ref": change.ref(run.patchset) if change else f"refs/heads/{run.branch}",
        "newrev": None if change or run.pipeline == "periodic" else hex_of(run.name, 40),
        "ref_url": change.url if change else f"https://review.example.org/plugins/gitiles/{run.project}",
    }


def _artifacts(run: Run, log_url: str | None) -> list[Row]:
    if not log_url or not has_manifest(run):
        return []
    return [{"name": "Zuul Manifest", "url": log_url + MANIFEST, "metadata": {"type": "zuul_manifest"}}]


def _ran(run: Run) -> bool:
    return run.result not in ("NODE_FAILURE", "SKIPPED", "MERGE_CONFLICT")


def _detail(run: Run) -> str:
    """The `error_detail` of builds that have one."""
    return {
        "NODE_FAILURE": "Node request 300-0021345678 failed",
        "SKIPPED": "Skipped due to failed job beacon-build-container-image",
        "MERGE_CONFLICT": "Unable to merge change onto branch main",
    }.get(run.result, "")


def _buildset(run: Run) -> str:
    change = (
        f"{run.change.number},{run.patchset}" if run.change else f"{run.branch} {run.start:%Y-%m-%d} {run.job.name}"
    )
    return f"{run.project} {change} {run.pipeline}"


def _time(time: dt.datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}"


def gerrit_answer(plan: Plan, logs: str) -> str:
    """What `gerrit query --format=JSON --comments --patch-sets --current-patch-set --commit-message` printed."""
    rows = [_change_row(change, list(_messages(change, plan, logs)), plan) for change in plan.changes]
    rows.sort(key=lambda row: str(row["lastUpdated"]), reverse=True)
    stats = {"type": "stats", "rowCount": len(rows), "runTimeMilliseconds": 84, "moreChanges": False}
    return "".join(_line(row) for row in (*rows, stats))


def _line(row: Row) -> str:
    """One line in Gerrit's way: Unicode as it is, but what could be markup escaped."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&'=":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text + "\n"


def _person(account: Account) -> Row:
    return {"name": account.name, "email": account.email, "username": account.username}


def _change_row(change: Change, messages: Sequence[Row], plan: Plan) -> Row:
    last = max((run.patchset for run in plan.runs if run.change is change), default=1)
    patchsets = [_patchset(change, number) for number in range(1, last + 1)]
    row: Row = {
        "project": change.project,
        "branch": change.branch,
        "id": change.change_id,
        "number": change.number,
        "subject": change.subject,
        "owner": _person(change.owner),
        "url": change.url,
        "commitMessage": change.commit_message,
        "createdOn": int(change.created.timestamp()),
        "lastUpdated": messages[-1]["timestamp"],
        "open": change.merged is None,
        "status": "MERGED" if change.merged else "NEW",
        "comments": list(messages),
        "currentPatchSet": patchsets[-1],
        "patchSets": patchsets,
    }
    return row | ({"topic": change.topic} if change.topic else {})


def _patchset(change: Change, number: int) -> Row:
    return {
        "number": number,
        "revision": hex_of(f"{change.number},{number}", 40),
        "parents": [hex_of(f"parent of {change.number},{number}", 40)],
        "ref": change.ref(number),
        "uploader": _person(change.owner),
        "createdOn": int(change.created.timestamp()) + 86_400 * (number - 1),
        "author": _person(change.owner),
        "kind": "REWORK",
        "sizeInsertions": 41,
        "sizeDeletions": -7,
    }


def _messages(change: Change, plan: Plan, logs: str) -> Iterator[Row]:
    """All messages on a change in the order of time: of Gerrit itself, of people, of the CI systems."""
    people = {account.username: account for account in (other.owner for other in plan.changes)}
    found = [_message(change.created, change.owner, "Uploaded patch set 1.")]
    for said in change.comments:
        text = f"Patch Set {said.patchset}:\n\n{said.text}"
        found += [_message(said.time, people[said.username], text)]
    found += _reports(change, plan, logs)
    if change.merged:
        found.append(_message(change.merged, _ZUUL, "Change has been successfully merged by Zuul"))
    yield from sorted(found, key=lambda row: int(str(row["timestamp"])))


def _message(time: dt.datetime, account: Account, text: str) -> Row:
    return {"timestamp": int(time.timestamp()), "reviewer": _person(account), "message": text}


def _reports(change: Change, plan: Plan, logs: str) -> Iterator[Row]:
    """A start and a result message for each buildset of each CI system."""
    sets: dict[tuple[int, str, str], list[Run]] = {}
    for run in plan.runs:
        for source in {"gerrit", "gerrit-direct"}.intersection(run.sources):
            if run.change and run.change.number == change.number:
                sets.setdefault((run.patchset, run.pipeline, source), []).append(run)
    for (patchset, pipeline, source), runs in sets.items():
        account = _STARLIGHT if source == "gerrit-direct" else _ZUUL
        start = min(run.start for run in runs) - dt.timedelta(seconds=50)
        end = max(run.end or run.start for run in runs) + dt.timedelta(seconds=40)
        yield _message(start, account, f"Patch Set {patchset}:\n\nStarting {pipeline} jobs.\n{ZUUL}/t/{TENANT}/status")
        yield _message(end, account, _report(patchset, pipeline, runs, logs))


def _report(patchset: int, pipeline: str, runs: Iterable[Run], logs: str) -> str:
    runs = sorted(runs, key=lambda run: run.job.name)
    failed = any(run.job.voting and run.result not in ("SUCCESS", "SKIPPED") for run in runs)
    vote = {"check": "Verified-1", "gate": "Verified-2"}[pipeline] if failed else "Verified+1"
    first = f"Build {'failed' if failed else 'succeeded'} ({pipeline} pipeline)."
    if failed:
        first += (
            "  For information on how to proceed, see\nhttps://ci.example.org/docs/developers.html#automated-testing"
        )
    return "\n".join((f"Patch Set {patchset}: {vote}", "", first, "", *(_result_line(run, logs) for run in runs)))


def _result_line(run: Run, logs: str) -> str:
    """One line in the form of Zuul's reporters."""
    url = logs + run.path if "gerrit-direct" in run.sources else f"{ZUUL}/t/{TENANT}/build/{run.uuid}"
    detail = f" {_detail(run)}" if _detail(run) else ""
    took = f" in {_took(run.duration)}" if _ran(run) else ""
    return f"- {run.job.name} {url} : {run.result}{detail}{took}{'' if run.job.voting else ' (non-voting)'}"


def _took(seconds: int) -> str:
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours}h {minutes:02d}m {rest:02d}s"
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
