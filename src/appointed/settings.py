"""The environment, read once into a frozen value."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

Value = TypeVar("Value")

RateLimits = Literal["off", "vendor"] | tuple[int, int]
"""None, each dialect's own, or so many requests within so many seconds for each of them."""

DialectHosts = tuple[tuple[str, str | int], ...]
"""Names of dialects, each with a host name in lower case or a port."""

_RATE = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour)")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class SettingInvalid(Exception):
    """A setting holds what it cannot hold."""


@dataclass(frozen=True, slots=True)
class Setting(Generic[Value]):
    """One environment variable. `help` says what it does; the value of a secret one is never shown."""

    variable: str
    default: str | None
    help: str
    parse: Callable[[str], Value]
    secret: bool = False

    def read(self, environment: Mapping[str, str]) -> Value | None:
        """The parsed value, of the default where the variable is unset or empty. Raises SettingInvalid."""
        text = environment.get(self.variable) or self.default
        if text is None:
            return None
        try:
            return self.parse(text)
        except ValueError as error:
            shown = self.variable if self.secret else f"{self.variable}={text!r}"
            raise SettingInvalid(f"{shown}: {error}") from None


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else 0
    if not 0 < port < 65536:
        raise ValueError("a port is a number from 1 to 65535")
    return port


def _count(text: str) -> int:
    count = int(text) if text.isdecimal() else 0
    if count < 1:
        raise ValueError("write a whole number from 1 on")
    return count


def _switch(text: str) -> bool:
    if text.lower() not in {"0", "1", "false", "true", "no", "yes", "off", "on"}:
        raise ValueError("write 1 or 0")
    return text.lower() in {"1", "true", "yes", "on"}


def _level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("write debug, info, warning or error")
    return text.upper()


def _metrics(text: str) -> str:
    if text.lower() not in {"off", "loopback", "on"}:
        raise ValueError("write off, loopback or on")
    return text.lower()


def _rate_limits(text: str) -> RateLimits:
    match text.lower():
        case "off" | "vendor" as word:
            return word
        case _ if found := _RATE.fullmatch(text.lower()):
            return int(found[1]), _SECONDS[found[2]]
        case _:
            raise ValueError("write off, vendor, or a rate such as 600/minute or 20/second")


def _dialect_hosts(text: str) -> DialectHosts:
    hosts: dict[str | int, str] = {}
    for entry in text.lower().split(","):
        name, _, place = (part.strip() for part in entry.partition("="))
        where = _port(place[1:]) if place.startswith(":") else place
        if place.isdecimal():
            raise ValueError(f"write :{place} for a port, {name}=:{place}")
        if not name or (isinstance(where, str) and not _HOST_NAME.fullmatch(where)):
            raise ValueError("write dialect=host.name or dialect=:port, with commas between several")
        if where in hosts:
            if hosts[where] == name:
                raise ValueError(f"{place} is named twice for {name}")
            raise ValueError(f"{place} cannot be {hosts[where]}'s and {name}'s at once")
        hosts[where] = name
    return tuple((name, where) for where, name in hosts.items())


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _http_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("has to begin with http:// or https://")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"postgresql", "postgres"} and parts.port != 0 and not parts.fragment
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("write postgresql://user:password@host:port/database, with special characters as %-escapes")
    return text


HOST = Setting("APPOINTED_HOST", "127.0.0.1", "Address to listen on.", str)
PORT = Setting("APPOINTED_PORT", "8000", "Port to listen on.", _port)
DATA_DIR = Setting(
    "APPOINTED_DATA_DIR", "data", "Folder of the embedded database and of demo.json; made where it is missing.", _path
)
DATABASE_URL: Setting[str] = Setting(
    "DATABASE_URL", None, "A PostgreSQL of your own (15 or newer) instead of the embedded one.", _url, secret=True
)
POOL_SIZE = Setting("APPOINTED_POOL_SIZE", "16", "Connections to the database, at most.", _count)
PUBLIC_URL: Setting[str] = Setting(
    "APPOINTED_PUBLIC_URL", None, "Where clients reach the server, if not at the host and port.", _http_url
)
DEMO = Setting("APPOINTED_DEMO", "0", "Load the demo at every start and print how to use it.", _switch)
LOG_LEVEL = Setting("APPOINTED_LOG_LEVEL", "info", "The least that is logged: debug, info, warning, error.", _level)
ACCESS_LOG = Setting("APPOINTED_ACCESS_LOG", "1", "Write a line for each request that is served.", _switch)
METRICS = Setting(
    "APPOINTED_METRICS",
    "loopback",
    "Who may read /metrics: off, loopback (this machine alone), on (everybody).",
    _metrics,
)
RATE_LIMITS = Setting(
    "APPOINTED_RATE_LIMITS",
    "off",
    "How often one credential may ask: off, vendor (as each vendor has it), or a rate such as 600/minute.",
    _rate_limits,
)
PROCESSES = Setting("APPOINTED_PROCESSES", "1", "How many processes serve together, and share a rate.", _count)
DIALECT_HOSTS: Setting[DialectHosts] = Setting(
    "APPOINTED_DIALECT_HOSTS",
    None,
    "Host names and ports at whose root a dialect answers alone: ombori=queues.example.org,ombori=:8081.",
    _dialect_hosts,
)
WORKER = Setting("APPOINTED_WORKER", "1", "Tidy up inside the server, as `appointed work` does apart.", _switch)

SETTINGS: tuple[Setting[Any], ...] = (
    HOST,
    PORT,
    DATA_DIR,
    DATABASE_URL,
    POOL_SIZE,
    PUBLIC_URL,
    DEMO,
    LOG_LEVEL,
    ACCESS_LOG,
    METRICS,
    RATE_LIMITS,
    PROCESSES,
    DIALECT_HOSTS,
    WORKER,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process."""

    host: str
    port: int
    data_dir: Path
    database_url: str | None
    pool_size: int
    public_url: str
    demo: bool
    log_level: str
    access_log: bool
    metrics: str
    rate_limits: RateLimits
    processes: int
    dialect_hosts: DialectHosts
    worker: bool

    @property
    def ports(self) -> tuple[int, ...]:
        """All that is listened on, the one for everything first."""
        return (self.port, *(where for _, where in self.dialect_hosts if isinstance(where, int)))


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment. Raises SettingInvalid for a value that makes no sense."""
    values: dict[str, Any] = {
        setting.variable.removeprefix("APPOINTED_").lower(): setting.read(environment) for setting in SETTINGS
    }
    if values["public_url"] is None:
        host = f"[{values['host']}]" if ":" in values["host"] else values["host"]
        values["public_url"] = f"http://{host}:{values['port']}"
    values["public_url"] = values["public_url"].rstrip("/")
    values["dialect_hosts"] = values["dialect_hosts"] or ()
    for name, where in values["dialect_hosts"]:
        if where == values["port"]:
            raise SettingInvalid(f"{DIALECT_HOSTS.variable}: {name} cannot have the port of {PORT.variable}, {where}")
    return Settings(**values)


def unknown_settings(environment: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Variables that look like settings and are none, each with the one that was probably meant."""
    known = [setting.variable for setting in SETTINGS]
    found = sorted(name for name in environment if name.startswith("APPOINTED_") and name not in known)
    return {name: next(iter(difflib.get_close_matches(name, known, 1)), None) for name in found}
