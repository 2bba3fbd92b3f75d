"""Who may ask, and where."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import uvicorn

from ombori_client import DOCUMENTED_REQUEST, Ombori, accepted, refused
from people import new_queue

NOBODYS = "11111111-2222-4333-8444-555555555555"


@asynccontextmanager
async def on_a_socket(app, path):
    """Serve the application on a Unix socket, since only bytes on a wire have spellings."""
    config = uvicorn.Config(app, uds=str(path), log_level="critical", lifespan="off", http="httptools", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@pytest.mark.statement("D0.38")
async def test_without_a_key_nothing_is_reserved(ombori):
    refused(await ombori.with_key("").reserve(), 401, "credential_missing")
    refused(await ombori.send("POST", "/reservations", DOCUMENTED_REQUEST, ApiKey=""), 401, "credential_missing")
    assert (await ombori.rows())["visit"] == 0


@pytest.mark.statement("D0.39")
@pytest.mark.parametrize("wrong", ["XYZ", "x" * 5000, "é"], ids=["short", "long", "latin"])
async def test_with_a_wrong_key_nothing_is_reserved(ombori, wrong):
    header = wrong.encode("latin-1")
    response = await ombori.http.post(
        ombori.path + "/reservations", content=DOCUMENTED_REQUEST, headers={b"ApiKey": header}
    )
    refused(response, 401, "credential_unknown")
    refused(await ombori.with_key(ombori.person.key.swapcase()).reserve(), 401, "credential_unknown")
    assert (await ombori.rows())["visit"] == 0


@pytest.mark.statement("D0.40")
@pytest.mark.parametrize("name", ["ApiKey", "apikey", "APIKEY", "aPIkEY"])
async def test_the_name_of_the_header_has_any_case(ombori, server, tmp_path_factory, name):
    path = tmp_path_factory.mktemp("s") / "socket"
    head = (
        f"POST {ombori.path}/reservations HTTP/1.1\r\nHost: here\r\n{name}: {ombori.person.key}\r\n"
        f"Content-Length: {len(DOCUMENTED_REQUEST)}\r\nConnection: close\r\n\r\n"
    )
    async with on_a_socket(server, path):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(head.encode() + DOCUMENTED_REQUEST)
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 201 ")


@pytest.mark.statement("D0.41")
async def test_another_organizations_key_reserves_nothing(ombori, open_queue, charlie, client, context):
    """Even where both have a queue of one id."""
    own = Ombori(client, context, charlie, await new_queue(context, charlie, id=ombori.queue.id))
    refused(await ombori.with_key(charlie.key).reserve(), 404, "service_not_found")
    alices = (await open_queue()).queue
    refused(await Ombori(client, context, charlie, alices).reserve(), 404, "service_not_found")
    assert not any((await ombori.rows()).values())
    assert not any((await own.rows()).values())
    accepted(await own.reserve(), 201)


@pytest.mark.statement("D0.42")
@pytest.mark.parametrize(
    "queue",
    [NOBODYS, "17", "not-a-guid", "%20", "%00", "64aa8a7fa61644e8806a165e08d91192", "a" * 4000],
    ids=lambda queue: queue[:36],
)
async def test_an_unknown_or_malformed_queue_is_not_found(ombori, queue):
    path = ombori.path.rpartition("/")[0]
    headers = {"ApiKey": ombori.person.key}
    refused(await ombori.http.post(f"{path}/{queue}/reservations", content=DOCUMENTED_REQUEST, headers=headers), 404)
    refused(await ombori.http.get(f"{path}/{queue}/timeslots", headers=headers), 404)
    assert (await ombori.rows())["visit"] == 0


@pytest.mark.statement("D0.43")
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8", ""]
)
async def test_the_body_is_read_as_json_whatever_its_type_says(ombori, kind):
    for body, problem in (
        (b"{", "not_json"), (b"{'a': 1}", "not_json"), (b"", "empty"), (b" \n", "empty"), (b"[]", "not_object"),
    ):  # fmt: skip
        error = refused(await ombori.reserve(body, Content_Type=kind), 400, "malformed_body")
        assert error["details"] == {"problem": problem}
    assert (await ombori.rows())["visit"] == 0
    accepted(await ombori.reserve(Content_Type=kind), 201)


@pytest.mark.statement("D0.44")
async def test_the_collection_cannot_be_read(ombori):
    response = await ombori.send("GET", "/reservations")
    refused(response, 405, "method_unknown")
    assert response.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("region", ["mars", "EU", ""])
async def test_a_region_that_the_vendor_lacks_is_not_found(ombori, region):
    path = ombori.path.replace("/eu/", f"/{region}/")
    headers = {"ApiKey": ombori.person.key}
    refused(
        await ombori.http.post(f"{path}/reservations", content=DOCUMENTED_REQUEST, headers=headers), 404, "path_unknown"
    )
