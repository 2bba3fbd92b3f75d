"""Cases that pgbench measures: statements alone, without our Python."""

import os
import re
import subprocess
from pathlib import Path

from appointed.store.embedded import wheel_binaries
from appointed.store.pool import ROLE, SETTINGS
from bench.case import CLIENTS, Case, Sample
from bench.world import BRANCH, EXCLUSIVE, FEW, POOLED, PREPARED, PREPARED_ITEMS, QUEUE, RESOURCES, TENANT, World

WARM_UP_SECONDS = 1
"""Left out of every measurement: there each connection makes its plans."""

SLOTS = 10_000_000_000
"""Starts are drawn from so many slots that hardly one is drawn twice: a refusal without a key would end pgbench."""

_FIRST = re.compile(r"progress: ([0-9.]+) s, ([0-9.]+) tps")
_DONE = re.compile(r"number of transactions actually processed: (\d+)")
_TPS = re.compile(r"tps = ([0-9.]+) \(without initial connection time\)")
_LATENCY = re.compile(r"latency average = ([0-9.]+) ms")

INSERT = """
\\set n random(1, 1000000)
INSERT INTO bench.row (id, number) VALUES (gen_random_uuid(), :n);
"""

CLAIM = f"""
\\set r random({RESOURCES.start}, {RESOURCES.stop - 1})
\\set s random(1, {SLOTS})
\\set i random({PREPARED_ITEMS.start}, {PREPARED_ITEMS.stop - 1})
INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, units, mode)
VALUES ('{TENANT}', ('{PREPARED}' || :i::text)::uuid, gen_random_uuid(), ('{PREPARED}' || :i::text)::uuid,
        ('{EXCLUSIVE}' || :r::text)::uuid, to_timestamp(1900000200 + :s * 300::float8),
        to_timestamp(1900000500 + :s * 300::float8), 1, 'exclusive')
ON CONFLICT DO NOTHING;
"""

# A colon followed by a letter or a digit would be a variable of pgbench.
_HOLD = f"""
\\set r random(%(first)d, %(last)d)
\\set s random(%(from)d, %(to)d)
SELECT %(function)s('{TENANT}', now(), 'bench', 'hold', format(
    '{{"visit_id":"%%1$s","catalog_version": 2,"branch_id":"{BRANCH}","group_id": null,'
    '"state":"held","origin":"booking","expires_at": null,"reminder_at": null,'
    '"items":[{{"item_id":"%%1$s","service_id":"{QUEUE}","sequence": 1,'
    '"starts_at":"%%2$s","ends_at":"%%3$s"}}],'
    '"claims":[{{"claim_id":"%%1$s","item_id":"%%1$s","resource_id":"%(resource)s%%4$s",'
    '"starts_at":"%%2$s","ends_at":"%%3$s","units": 1}}],'
    '"locale":"en","party_size": 1,"contact_channel":"phone","contact_address":"+48000000000",'
    '"contact_alternate": null,"customer_info":["Firstname Lastname"],"custom_data": null,"remote": null}}',
    id, to_timestamp(1900000200 + :s * 300::float8), to_timestamp(1900000500 + :s * 300::float8), :r::text)::json,
    %(key)s)
FROM (SELECT gen_random_uuid() AS id OFFSET 0) AS new;
"""

ROWS = f"""
\\set r random({RESOURCES.start}, {RESOURCES.stop - 1})
\\set s random(1, {SLOTS})
WITH new AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, ('{EXCLUSIVE}' || :r::text)::uuid AS resource_id,
           to_timestamp(1900000200 + :s * 300::float8) AS starts_at,
           to_timestamp(1900000500 + :s * 300::float8) AS ends_at
), visits AS (
    INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)
    SELECT '{TENANT}', id, '{BRANCH}', 'held', 'booking', now(), 'en', 1, 1 FROM new
), items AS (
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
    SELECT '{TENANT}', id, id, 1, '{QUEUE}', starts_at, ends_at FROM new
), events AS (
    INSERT INTO event (tenant_id, epoch, xid, ordinal, visit_id, kind, at, actor, position, hash)
    SELECT '{TENANT}', 1, pg_current_xact_id(), 0, id, 'held', now(), 'bench', 0, '' FROM new
), outcomes AS (
    INSERT INTO idempotency (tenant_id, request, fingerprint, outcome, expires_at)
    SELECT '{TENANT}', id, id, json_build_object('visit', repeat('x', 600)), now() + interval '24 hours' FROM new
), versions AS (
    INSERT INTO resource_version AS v (tenant_id, resource_id, stripe, version)
    SELECT '{TENANT}', resource_id, pg_backend_pid() % 8, 1 FROM new
    ON CONFLICT (tenant_id, resource_id, stripe) DO UPDATE SET version = v.version + 1
)
INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, units, mode)
SELECT '{TENANT}', id, id, id, resource_id, starts_at, ends_at, 1, 'exclusive' FROM new ON CONFLICT DO NOTHING;
"""


class Scripts:
    """Runs scripts as the application's role, as its pool connects."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = wheel_binaries() / "pgbench"

    def run(self, world: World, script: str, seconds: float) -> Sample:
        """Measure a script. Raises RuntimeError where a statement fails."""
        path = self._folder / "script.sql"
        path.write_text(script)
        lasting = round(seconds) + WARM_UP_SECONDS
        options = [
            "-n",
            "-M",
            "prepared",
            "-c",
            f"{CLIENTS}",
            "-j",
            "1",
            "-T",
            f"{lasting}",
            "-P",
            f"{WARM_UP_SECONDS}",
        ]
        settings = {"role": ROLE, "appointed.tenant": TENANT, **SETTINGS}
        connect = " ".join(f"-c {name}={value}" for name, value in settings.items())
        done = subprocess.run(
            [self._program, *options, "-f", path, world.dsn],
            env={**os.environ, "PGOPTIONS": connect},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or "aborted" in done.stderr:
            raise RuntimeError(done.stderr)
        return _sample(done.stdout, done.stderr)


def _sample(summary: str, progress: str) -> Sample:
    first, count, tps, latency = (
        pattern.search(text)
        for pattern, text in ((_FIRST, progress), (_DONE, summary), (_TPS, summary), (_LATENCY, summary))
    )
    if first is None or count is None or tps is None or latency is None:
        raise RuntimeError(summary + progress)
    seconds, warming = float(first[1]), float(first[1]) * float(first[2])
    total = int(count[1])
    return Sample(rate=(total - warming) / (total / float(tps[1]) - seconds), counts={"mean_ms": float(latency[1])})


def hold(
    resources: range = RESOURCES, *, pooled: bool = False, key: bool = True, function: str = "visit_perform"
) -> str:
    """A script that calls the function that holds, or another of its arguments."""
    return _HOLD % {
        "function": function,
        "resource": POOLED if pooled else EXCLUSIVE,
        "first": resources.start,
        "last": resources.stop - 1,
        "from": 1 if key else SLOTS + 1,
        "to": SLOTS if key else 2 * SLOTS,
        "key": "gen_random_uuid(), gen_random_uuid()" if key else "NULL, NULL",
    }


def cases(scripts: Scripts, empty: World, old: World) -> list[Case]:
    """The cases in SQL. `C` is the one to which the targets refer."""

    def case(
        name: str, what: str, world: World, script: str, baseline: str | None = None, target: float | None = None
    ) -> Case:
        return Case(name, what, lambda seconds: scripts.run(world, script, seconds), baseline, target)

    nothing = hold(function="bench.perform_nothing")
    return [
        case("C", "pgbench: one-row INSERT", empty, INSERT),
        case("sql-claim", "one claim row through the constraint", empty, CLAIM, "C", 0.45),
        case("sql-rows", "the rows of sql-hold in one plain statement", empty, ROWS, "C"),
        case("sql-hold", "the whole function, with a key", empty, hold(), "C", 0.35),
        case("sql-hold-no-key", "the whole function, without a key", empty, hold(key=False), "C"),
        case("sql-hold-pool", "the whole function on pools, with a key", empty, hold(pooled=True), "C"),
        case("sql-nothing", "the script of sql-hold with an empty function", empty, nothing, "C"),
        case("sql-hold-few", f"sql-hold on {len(FEW)} resources", empty, hold(FEW), "C"),
        case("sql-hold-old", "sql-hold-few over 20,000 old claims each", old, hold(FEW), "sql-hold-few", 0.8),
    ]
