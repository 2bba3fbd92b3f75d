"""The environment, and what it may not hold."""

from pathlib import Path

import pytest

from appointed.settings import SETTINGS, SettingInvalid, read_settings

SECRET = "Tr0ub4dor"

GOOD_URLS = [
    f"postgresql://ann:{SECRET}@db.example:5432/appointed",
    "postgres://db.example/appointed",
    "postgresql://ann@/appointed?host=/var/run/postgresql&port=5433",
    f"postgresql://ann:{SECRET}%23%40%2F@[::1]:5432/appointed?sslmode=require",
]

BAD_URLS = [
    f"mysql://ann:{SECRET}@db.example/appointed",
    f"postgresql+asyncpg://ann:{SECRET}@db.example/appointed",
    f"ann:{SECRET}@db.example/appointed",
    f"postgresql://ann:{SECRET}@db.example:port/appointed",
    f"postgresql://ann:{SECRET}@db.example:99999/appointed",
    f"postgresql://ann:{SECRET}@db.example:0/appointed",
    f"postgresql://ann:{SECRET}@[::1/appointed",
    f"postgresql://ann:{SECRET}#1@db.example/appointed",
    f"host=db.example password={SECRET}",
    SECRET,
]


def test_without_an_environment_everything_has_a_default() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (settings.database_url, settings.demo, settings.pool_size) == (None, False, 16)
    assert settings.data_dir == Path("data").absolute()
    assert read_settings({setting.variable: "" for setting in SETTINGS}) == settings


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_database_of_ones_own(url: str) -> None:
    assert read_settings({"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_wrong_database_is_refused_without_its_password(url: str) -> None:
    """Neither the message nor what an uncaught one would print shows it."""
    with pytest.raises(SettingInvalid) as refused:
        read_settings({"DATABASE_URL": url})
    shown: BaseException | None = refused.value
    assert "DATABASE_URL" in str(shown)
    while shown is not None:
        assert SECRET not in repr(shown)
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("APPOINTED_PORT", "0"), ("APPOINTED_PORT", "65536"), ("APPOINTED_PORT", "http"), ("APPOINTED_PORT", "-1"),
        ("APPOINTED_POOL_SIZE", "0"), ("APPOINTED_POOL_SIZE", "many"), ("APPOINTED_DEMO", "perhaps"),
        ("APPOINTED_LOG_LEVEL", "loud"), ("APPOINTED_PROCESSES", "0"),
        ("APPOINTED_RATE_LIMITS", "on"), ("APPOINTED_RATE_LIMITS", "0/minute"), ("APPOINTED_RATE_LIMITS", "5/day"),
        ("APPOINTED_RATE_LIMITS", "5"), ("APPOINTED_RATE_LIMITS", "5.5/minute"), ("APPOINTED_RATE_LIMITS", "-5/second"),
        ("APPOINTED_DIALECT_HOSTS", "ombori"), ("APPOINTED_DIALECT_HOSTS", "=queues.example"),
        ("APPOINTED_DIALECT_HOSTS", "ombori="), ("APPOINTED_DIALECT_HOSTS", "ombori=:0"),
        ("APPOINTED_DIALECT_HOSTS", "ombori=queues.example:8081"), ("APPOINTED_DIALECT_HOSTS", "ombori=:8081,"),
        ("APPOINTED_DIALECT_HOSTS", "ombori=http://queues.example"), ("APPOINTED_DIALECT_HOSTS", "ombori=a..b"),
        ("APPOINTED_DIALECT_HOSTS", "ombori=a.example,qmatic=A.example"),
        ("APPOINTED_DIALECT_HOSTS", "ombori=:8081,qmatic=:8081"),
        ("APPOINTED_DIALECT_HOSTS", "ombori=8081"), ("APPOINTED_DIALECT_HOSTS", "ombori=:8081,ombori=:8081"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=f"{variable}='{value}'"):
        read_settings({variable: value})


@pytest.mark.parametrize(
    ("environment", "public_url"),
    [
        ({"APPOINTED_PORT": "9000"}, "http://127.0.0.1:9000"),
        ({"APPOINTED_HOST": "::1"}, "http://[::1]:8000"),
        ({"APPOINTED_PUBLIC_URL": "https://book.example/"}, "https://book.example"),
    ],
)
def test_where_clients_reach_it(environment: dict[str, str], public_url: str) -> None:
    assert read_settings(environment).public_url == public_url


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("off", "off"),
        ("Vendor", "vendor"),
        ("600/minute", (600, 60)),
        ("20/second", (20, 1)),
        ("9000/hour", (9000, 3600)),
    ],
)
def test_how_often_a_credential_may_ask(value: str, expected: object) -> None:
    assert read_settings({"APPOINTED_RATE_LIMITS": value}).rate_limits == expected


def test_places_of_dialects() -> None:
    value = "Ombori=Queues.Example.org, ombori=:8081,qmatic = b.example"
    settings = read_settings({"APPOINTED_DIALECT_HOSTS": value})
    assert settings.dialect_hosts == (("ombori", "queues.example.org"), ("ombori", 8081), ("qmatic", "b.example"))
    assert settings.ports == (8000, 8081)
    assert (read_settings({}).dialect_hosts, read_settings({}).ports) == ((), (8000,))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ombori=8081", "write :8081 for a port"),
        ("ombori=:8081,ombori=:8081", ":8081 is named twice for ombori"),
        ("ombori=a.example,Ombori=A.example", "a.example is named twice for ombori"),
        ("ombori=:8081,qmatic=:8081", ":8081 cannot be ombori's and qmatic's at once"),
    ],
)
def test_what_is_wrong_with_a_place_is_said(value: str, said: str) -> None:
    with pytest.raises(SettingInvalid, match=f": {said}"):
        read_settings({"APPOINTED_DIALECT_HOSTS": value})
    assert read_settings({"APPOINTED_DIALECT_HOSTS": "ombori=127.0.0.1"}).dialect_hosts == (("ombori", "127.0.0.1"),)


def test_a_dialect_cannot_have_the_port_of_everything_else() -> None:
    environment = {"APPOINTED_PORT": "8081", "APPOINTED_DIALECT_HOSTS": "qmatic=b.example,ombori=:8081"}
    with pytest.raises(SettingInvalid, match="ombori cannot have the port of APPOINTED_PORT, 8081"):
        read_settings(environment)
