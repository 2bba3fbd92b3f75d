"""What `appointed doctor` looks at, each thing on its own."""

import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import ClassVar

import msgspec

from appointed.app import dialects_alone
from appointed.cli.demo import demo_file
from appointed.core.errors import StoreUnavailable
from appointed.settings import DIALECT_HOSTS, SETTINGS, SettingInvalid, Settings, read_settings, unknown_settings
from appointed.store.pool import open_pool
from appointed.store.readiness import Schema, SchemaUnseenError, schema, unready
from appointed.store.signing import SigningKey
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.tokens import signing_keys

LITTLE_BYTES = 1_000_000_000
TOO_LITTLE_BYTES = 100_000_000
ANSWER_SECONDS = 3

_ADVICE = {
    "database_too_old": "use PostgreSQL 15 or newer",
    "role_not_set": "the role of DATABASE_URL has to be able to SET ROLE appointed_app",
    "role_is_superuser": "ALTER ROLE appointed_app NOSUPERUSER",
    "role_is_owner": "appointed_app may not own the tables: give them back to the role that migrates",
    "role_is_bypass": "ALTER ROLE appointed_app NOBYPASSRLS",
    "row_level_security_off": "somebody switched it off on a table: ALTER TABLE ... ENABLE ROW LEVEL SECURITY",
    "not_durable": "switch it on in postgresql.conf: an answer that said yes has to be on disk",
    "clocks_differ": "let both machines follow the same time server",
}


class Mark(StrEnum):
    """How a finding is to be taken."""

    FINE = "fine"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what to do about it, if anything."""

    what: str
    mark: Mark
    found: str
    advice: str = ""


class _Home(msgspec.Struct):
    name: str

    @property
    def is_ours(self) -> bool:
        return self.name == "Appointed"


class _Health(msgspec.Struct):
    status: str
    problems: list[str]
    is_ours: ClassVar[bool] = True


def look_at_settings(environment: Mapping[str, str]) -> list[Finding]:
    """Each value that makes no sense, and each variable that is none of ours."""
    findings: list[Finding] = []
    for setting in SETTINGS:
        try:
            setting.read(environment)
        except SettingInvalid as error:
            findings.append(Finding("settings", Mark.WRONG, str(error), f"{setting.help} See docs/settings.md."))
    for name, meant in unknown_settings(environment).items():
        advice = f"it does nothing; {meant} does" if meant else "it does nothing: unset it"
        findings.append(Finding("settings", Mark.LOOK, f"{name} is no setting", advice))
    if not any(finding.mark is Mark.WRONG for finding in findings):
        findings += _look_at_hosts(environment)
    if not findings:
        given = sum(1 for setting in SETTINGS if environment.get(setting.variable))
        findings.append(Finding("settings", Mark.FINE, f"{given} of {len(SETTINGS)} given, the others as they are"))
    return findings


def _look_at_hosts(environment: Mapping[str, str]) -> list[Finding]:
    """What is wrong with settings that are each right by themselves."""
    try:
        dialects_alone(read_settings(environment).dialect_hosts)
    except SettingInvalid as error:
        return [Finding("settings", Mark.WRONG, str(error), f"{DIALECT_HOSTS.help} See docs/settings.md.")]
    return []


async def look_at_database(dsn: str, shown: str) -> list[Finding]:
    """Whether it answers, and whether it can keep a promise; `shown` says which one it is, without its password."""
    try:
        found = await schema(dsn)
    except SchemaUnseenError as error:
        advice = "start it, or correct DATABASE_URL: host, port, name, role and password"
        return [Finding("database", Mark.WRONG, f"{shown} does not let us in: {error}", advice)]
    findings = [Finding("database", Mark.FINE, f"{shown}, PostgreSQL {found.server}"), _migrations(found)]
    if found.pending or found.unknown:
        return findings
    if found.barred:
        advice = f"GRANT {', '.join(found.barred)} TO the role of DATABASE_URL"
        return [*findings, Finding("role", Mark.WRONG, f"it may not take {', '.join(found.barred)}", advice)]
    return [*findings, *await _look_at_service(dsn)]


async def _look_at_service(dsn: str) -> list[Finding]:
    """What the server itself asks before it serves."""
    try:
        pool = await open_pool(dsn, 1)
        try:
            problems = await unready(pool, system_clock)
            keys = await signing_keys(Context(pool, system_clock))
        finally:
            await pool.close()
    except StoreUnavailable:
        return [Finding("database", Mark.WRONG, "it went away", "look at its log")]
    wrong = {problem.code: problem for problem in problems}
    findings = [
        Finding(_subject(code), Mark.WRONG, f"{code}: {problem.found}", _ADVICE[code])
        for code, problem in wrong.items()
    ]
    for subject, fine in (
        ("role", "appointed_app, bound by row-level security"),
        ("tables", "row-level security on every one"),
        ("durable", "fsync, full_page_writes and synchronous_commit are on"),
        ("clock", "server and database agree to a second"),
    ):
        if subject not in {_subject(code) for code in wrong}:
            findings.append(Finding(subject, Mark.FINE, fine))
    return [*findings, _signing(keys, system_clock())]


def _signing(keys: Sequence[SigningKey], now: datetime) -> Finding:
    """How old the key is that signs access tokens."""
    signing = [key for key in keys if key.signs_from <= now < key.signs_until]
    if not signing:
        return Finding("signing key", Mark.FINE, "there is none: the next access token makes one")
    hours = (now - signing[-1].signs_from) // timedelta(hours=1)
    age = f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours} h"
    return Finding("signing key", Mark.FINE, f"has signed access tokens for {age}; {len(keys)} are accepted")


def _subject(code: str) -> str:
    subjects = {"row_level_security_off": "tables", "not_durable": "durable", "clocks_differ": "clock"}
    return subjects.get(code, "database" if code == "database_too_old" else "role")


def _migrations(found: Schema) -> Finding:
    if found.unknown:
        told = f"it has {', '.join(found.unknown)}, which this release does not know"
        return Finding("migrations", Mark.WRONG, told, "run the release that made it, or a newer one")
    if found.changed:
        told = f"{', '.join(found.changed)} changed after it was applied"
        return Finding("migrations", Mark.WRONG, told, "run the release that made this database")
    if found.pending:
        told = f"{len(found.pending)} to come, from {found.pending[0]} on"
        return Finding("migrations", Mark.LOOK, told, "`appointed migrate`, or `appointed serve`, which does the same")
    return Finding("migrations", Mark.FINE, "up to date")


def look_at_disk(folder: Path) -> Finding:
    """The space that is left where the embedded database writes."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    mark = Mark.WRONG if free < TOO_LITTLE_BYTES else Mark.LOOK if free < LITTLE_BYTES else Mark.FINE
    advice = "" if mark is Mark.FINE else "make room: a database whose disk is full stops"
    return Finding("disk", mark, f"{free / 1e9:.1f} GB free at {there}", advice)


def look_at_ports(settings: Settings) -> list[Finding]:
    """Whether each port can be listened on, or who does already."""
    return [_look_at_port(settings, port) for port in settings.ports]


def _look_at_port(settings: Settings, port: int) -> Finding:
    where = f"{settings.host}:{port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, port))
        except OSError as error:
            if _is_ours(settings, port):
                return Finding("port", Mark.FINE, f"Appointed answers on {where}")
            variable = "APPOINTED_PORT" if port == settings.port else "APPOINTED_DIALECT_HOSTS"
            advice = f"end the other program, or set {variable} to another port"
            return Finding("port", Mark.WRONG, f"cannot listen on {where}: {error.strerror}", advice)
    return Finding("port", Mark.FINE, f"{where} is free")


def _is_ours(settings: Settings, port: int) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - looked for, not bound
    connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    # A dialect that has a port for itself has no page there, but is as well as the others.
    path, kind = ("/", _Home) if port == settings.port else ("/health/live", _Health)
    try:
        connection.request("GET", path, headers={"accept": "application/json"})
        return msgspec.json.decode(connection.getresponse().read(), type=kind).is_ours
    except (OSError, HTTPException, msgspec.DecodeError):
        return False
    finally:
        connection.close()


def look_at_demo(settings: Settings) -> Finding:
    """Whether the demo was loaded."""
    path = demo_file(settings.data_dir)
    if path.is_file():
        return Finding("demo", Mark.FINE, f"its keys are in {path}", "`appointed demo` shows them")
    return Finding("demo", Mark.FINE, "not loaded", "`appointed serve --demo` loads it")
