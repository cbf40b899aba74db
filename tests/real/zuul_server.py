"""A real Zuul with its own PostgreSQL and ZooKeeper, filled with builds."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.servers import StartError, call, directory, free, gone, needs, script, stopping

PORT = 29000
URL = f"http://127.0.0.1:{PORT}"
TENANT = "openstack"
_PORTS = {"PostgreSQL": 25432, "ZooKeeper": 22281, "zuul-web": PORT, "executor": 27900}
_PACKAGES = {
    "/usr/lib/postgresql/15/bin/initdb": "postgresql",
    "/usr/share/java/zookeeper.jar": "zookeeper",
    "java": "default-jre-headless",
    "openssl": "openssl",
    "git": "git",
    "ssh-keygen": "openssh-client",
    "curl": "curl",
}


@dataclass(frozen=True, slots=True)
class ZuulServer:
    """The running server. `sql` speaks to its database, past every API, which is what makes it a judge."""

    version: str
    url: str = URL
    tenant: str = TENANT

    def sql(self, statement: str) -> list[tuple[str, ...]]:
        """The rows of a statement, as text."""
        command = ["psql", "-qAtX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "25432"]
        done = subprocess.run(
            [*command, "-U", "postgres", "-d", "zuul", "-c", statement],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def uuids(self, where: str = "true") -> list[str]:
        """The uuids of all builds of the tenant in its database, newest entry first; twice what is there twice."""
        rows = self.sql(
            "select b.uuid from zuul_build b join zuul_buildset s on s.id = b.buildset_id "  # noqa: S608 - our own text
            f"where s.tenant = '{self.tenant}' and ({where}) order by b.id desc"
        )
        return [row[0] for row in rows]

    def add_builds(self, count: int) -> list[str]:
        """Enter new builds, as a Zuul at work does while somebody reads; gives their uuids."""
        columns = "buildset_id, job_name, result, start_time, end_time, voting, log_url, final, held, nodeset, ref_id"
        rows = self.sql(
            f"insert into zuul_build (uuid, {columns}) "  # noqa: S608 - no input comes from outside
            f"select md5(random()::text || id), {columns} from zuul_build where result is not null "
            f"order by id desc limit {count} returning uuid"
        )
        return [row[0] for row in rows]

    def push(self, seconds: float = 90) -> list[dict[str, object]]:
        """Push a commit; gives the builds that ran for it, with a real log each. Raises StartError if none ends."""
        before = set(self.uuids())
        call([script("run-zuul.sh"), "push"], 30)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rows = [row for row in self.newest(20) if row["uuid"] not in before]
            if len(rows) == 2 and all(row["result"] for row in rows):  # the jobs of the pipeline `post`
                return rows
            time.sleep(1)
        raise StartError(f"no builds of the pushed commit ended within {seconds:.0f} s")

    def newest(self, count: int) -> list[dict[str, object]]:
        """The newest builds as Zuul's API gives them."""
        rows = get_json(f"/api/tenant/{self.tenant}/builds?limit={count}")
        assert isinstance(rows, list)
        return rows


def get_json(path: str) -> object:
    with urllib.request.urlopen(f"{URL}{path}", timeout=30) as answer:  # noqa: S310 - a constant http URL
        return json.load(answer)


def _pids() -> list[int]:
    files = [
        *(directory() / "zuul/run").glob("*.pid"),
        directory() / "zk/zk.pid",
        directory() / "pg/data/postmaster.pid",
    ]
    return [int(path.read_text().split()[0]) for path in files if path.exists() and path.read_text().strip()]


@contextmanager
def zuul_server() -> Iterator[ZuulServer]:
    """Zuul with the builds of 400 changes, the newest of which ended some hours ago. Raises StartError."""
    run = script("run-zuul.sh")
    needs(_PACKAGES)
    free(list(_PORTS.values()))
    call([run, "setup"], 900)
    with stopping([run, "stop"]):
        try:
            call([run, "start"], 240)
            status = get_json(f"/api/tenant/{TENANT}/status")
            version = str(status.get("zuul_version")) if isinstance(status, dict) else "?"
            server = ZuulServer(f"Zuul {version}")
            server.sql("truncate zuul_buildset restart identity cascade")
            # before any job runs: Zuul's numbers rise with time, and what is filled in lies in the past
            call([run, "fill", "400"], 300)
            yield server
        finally:
            pids = _pids()
    left = gone(pids)
    assert not left, f"processes that were started are still there: {left} of {pids}"


@contextmanager
def executor() -> Iterator[Path]:
    """Zuul's executor, which runs jobs; gives the directory of their logs. Stopped together with Zuul."""
    needs({"bwrap": "bubblewrap"})
    call([script("run-zuul.sh"), "executor"], 300)
    yield directory() / "logs"
