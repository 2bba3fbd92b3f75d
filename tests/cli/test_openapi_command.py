"""`appointed openapi` and `appointed --version`."""

import json
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from appointed.dialects import DIALECTS
from commands import run


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_it_is_what_the_server_answers(tmp_path: Path, client: httpx.AsyncClient, dialect) -> None:
    printed = run(tmp_path, "openapi", "--dialect", dialect.name, "--json")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert json.loads(printed.stdout) == (await client.get(f"{dialect.mount}/openapi.json")).json()


def test_all_of_them_in_a_file(tmp_path: Path) -> None:
    written = run(tmp_path, "openapi", "--dialect", "all", "--output", str(tmp_path / "all.json"))
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    documents = json.loads((tmp_path / "all.json").read_text())
    assert set(documents) == {dialect.name for dialect in DIALECTS}
    for name, document in documents.items():
        assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == [], name
    del documents["native"]["info"]["version"]
    assert not OPENAPI_31_VALIDATOR.is_valid(documents["native"])


def test_what_cannot_be_done(tmp_path: Path) -> None:
    unknown = run(tmp_path, "openapi", "--dialect", "nobody")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "native, ombori, qmatic, all" in unknown.stderr
    nowhere = run(tmp_path, "openapi", "--output", str(tmp_path / "missing" / "all.json"))
    assert (nowhere.returncode, nowhere.stdout) == (3, "")
    assert "Traceback" not in nowhere.stderr


def test_the_version(tmp_path: Path) -> None:
    told = run(tmp_path, "--version")
    assert (told.returncode, told.stdout) == (0, f"appointed {version('appointed')}\n")
