"""The pages for people: all of it from this server, nothing of it left to chance."""

import gzip
import json
import re
import tomllib
from pathlib import Path

import httpx
import pytest

from appointed.app import Edge, Watching, make_pages, make_server
from appointed.dialects import DIALECTS
from appointed.settings import METRICS
from appointed.usecases.context import Context
from appointed.wire.pages import PROBLEMS, Document, Pages, problems_folder

ROOT = Path(__file__).parents[2]
REFERENCE = re.compile(r'(?:src|href)="([^"]*)"')
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<inline>[^<]*)</script>")
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def problems(tmp_path):
    (tmp_path / "slot_taken.md").write_text(
        "# slot_taken\n\nSee [the other](hold_lapsed.md#why), [rules](../availability.md), [us](https://us.example/),"
        ' [bad](javascript:alert(1)) and <script>alert("x")</script>.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n'
    )
    (tmp_path / "hold_lapsed.md").write_text("# hold_lapsed\n")
    (tmp_path / "README.md").write_text("# not a code\n")
    return tmp_path


@pytest.fixture
def pages(problems):
    return Pages([Document("one", "The <one>", "/one/openapi.json"), Document("two", "Two", "/openapi.json")], problems)


def scope(query=b"", *headers):
    return {"type": "http", "method": "GET", "query_string": query, "headers": list(headers)}


@pytest.mark.parametrize("path", ["/", "/v1/docs", "/v1/docs?dialect=ombori", "/v1/problems"])
async def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(
    client: httpx.AsyncClient, path: str
) -> None:
    page = await client.get(path, headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert [script["inline"].strip() for script in SCRIPT.finditer(page.text) if script["inline"].strip()] == []
    assert not re.search(r"\son\w+=|style=", page.text)
    for target in REFERENCE.findall(page.text):
        assert target.startswith("/"), target
        found = await client.get(target, headers=HTML)
        assert found.status_code == 200, target
        if "/docs/" in target:
            assert "immutable" in found.headers["cache-control"]


async def test_the_files_come_packed_to_those_who_unpack(client: httpx.AsyncClient) -> None:
    (script,) = re.findall(r'src="(/v1/docs/[^"]*bundle.js)"', (await client.get("/v1/docs")).text)
    plain = await client.get(script, headers={"Accept-Encoding": "identity"})
    async with client.stream("GET", script, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 3
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    other = script.replace(script.split("/")[3], "000000000000")
    for path in (other, script + "/x", script.replace("swagger-ui-bundle.js", "..%2f..%2fcore.py"), "/v1/docs/"):
        assert (await client.get(path)).status_code == 404, path


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_every_dialect_has_its_document_to_read(client: httpx.AsyncClient, dialect) -> None:
    page = await client.get("/v1/docs", params={"dialect": dialect.name})
    (document,) = re.findall(r'data-document="([^"]*)"', page.text)
    assert (await client.get(document)).json()["info"]["title"] == dialect.title
    assert (await client.get("/v1/docs?dialect=nobody")).status_code == 404


async def test_home_says_what_it_is_to_each_in_its_way(client: httpx.AsyncClient) -> None:
    told = await client.get("/")
    assert told.headers["content-type"] == "application/json"
    assert told.json()["name"] == "Appointed"
    assert set(told.json()["documents"]) == {dialect.name for dialect in DIALECTS}
    for path in (told.json()["docs"], told.json()["health"], *told.json()["documents"].values()):
        assert (await client.get(path)).status_code == 200
    page = await client.get("/", headers=HTML)
    assert (told.headers["vary"], page.headers["vary"]) == ("accept", "accept")
    assert "<h1>Appointed</h1>" in page.text


async def test_a_problem_as_a_page(pages: Pages) -> None:
    text = (await pages.problem(scope(), "/slot_taken")).body.decode()
    assert f'<a href="{PROBLEMS}/hold_lapsed">the other</a>' in text
    assert '<a href="https://us.example/">us</a>' in text
    assert "<em>rules</em>" in text
    assert "javascript:" not in re.sub(r"\[bad\]\(.*?\)", "", text)
    assert "<script>alert" not in text
    assert "<td>2</td>" in text
    listed = (await pages.problem(scope(), "")).body.decode()
    assert re.findall(rf'href="{PROBLEMS}/(\w+)"', listed) == ["hold_lapsed", "slot_taken"]
    for rest in ("/README", "/nothing", "/", "/../slot_taken", "/slot_taken/", "/slot_taken.md", "/%2e%2e"):
        assert await pages.problem(scope(), rest) is None, rest


async def test_where_a_dialect_is_alone_its_problems_lead_to_pages_that_lead_nowhere_else(context: Context) -> None:
    edge = Edge(dialect_hosts=(("qmatic", "appointments.example"),))
    app = httpx.ASGITransport(make_server(context, edge=edge))
    async with httpx.AsyncClient(transport=app, base_url="http://appointments.example") as client:
        refused = await client.get("/services")
        assert refused.status_code == 401
        found = [refused.json()["type"]]
        for path in found:
            page = await client.get(path, headers=HTML)
            assert page.status_code == 200, path
            found += [each for each in REFERENCE.findall(page.text) if each not in found and each.startswith("/")]
        assert any(path.endswith("/pages.css") for path in found)
        assert (await client.get("/v1/problems/nothing")).json()["type"] == "/v1/problems/path_unknown"
        for path in ("/", "/v1/docs", "/v1/docs?dialect=qmatic", "/metrics"):
            assert (await client.get(path)).status_code == 404, path


async def test_what_a_document_is_called_is_text(pages: Pages) -> None:
    for answer in (await pages.docs(scope(), ""), await pages.home(scope(b"", (b"accept", b"text/html")), "")):
        assert "<one>" not in answer.body.decode()
        assert "The &lt;one&gt;" in answer.body.decode()
    assert await pages.docs(scope(b"dialect=" + b"&dialect=" * 2000), "") is not None


def test_the_pages_are_in_an_installed_package_too() -> None:
    """The wheel has them where they are looked for."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"docs/problems": "appointed/problems"}
    assert problems_folder() == ROOT / "docs/problems"
    assert (ROOT / "src/appointed/wire/static/docs.html").is_file()
    assert set(make_pages()) == {"/", "/v1/docs", "/v1/problems"}


@pytest.mark.parametrize(
    ("metrics", "peer", "status"),
    [
        ("loopback", "127.0.0.1", 200),
        ("loopback", "192.0.2.7", 404),
        ("on", "192.0.2.7", 200),
        ("off", "127.0.0.1", 404),
    ],
)
async def test_who_may_read_the_metrics(context: Context, metrics: str, peer: str, status: int) -> None:
    METRICS.parse(metrics)
    server = make_server(context, Watching(metrics=metrics, database_alive=lambda: True))
    transport = httpx.ASGITransport(server, client=(peer, 7))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        await client.get("/v1/me")
        answer = await client.get("/metrics")
        nothing = await client.get("/metrics/beneath")
    assert (answer.status_code, nothing.status_code) == (status, 404)
    if status == 404:
        assert json.loads(answer.content)["code"] == "path_unknown"
        return
    text = answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'appointed_requests_total{dialect="native",route="read_me",status="4xx"} 1.0',
        "appointed_database_up 1.0",
        "appointed_embedded_database_alive 1.0",
        'appointed_pool_connections{state="limit"} 16.0',
        "appointed_events_held_back_seconds",
        'appointed_kept{what="rosters"}',
    ):
        assert line in text, line
    named = set(re.findall(r"# TYPE (\w+)", text))
    documented = set(re.findall(r"^\| `(appointed_\w+)`", (ROOT / "docs/operations.md").read_text(), re.MULTILINE))
    assert named == documented
