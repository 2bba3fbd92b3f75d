"""What `APPOINTED_RATE_LIMITS` and `APPOINTED_PROCESSES` come to in the whole application."""

from contextlib import asynccontextmanager
from uuid import uuid4  # noqa: TID251 - tests make identities too

import httpx
import pytest

from appointed.app import Edge, make_server
from appointed.settings import SettingInvalid

HOUR = 3600


@asynccontextmanager
async def reached(context, edge):
    app = httpx.ASGITransport(make_server(context, edge=edge))
    async with httpx.AsyncClient(transport=app, base_url="http://appointed.test") as client:
        yield client


def native(client, person):
    return client.get("/v1/me", headers={"Authorization": f"Bearer {person.key}"})


def ombori(client, person):
    path = f"/ombori/regions/eu/queues/v1/organizations/{person.tenant}/queues/{uuid4()}/positions/{uuid4()}"
    return client.get(path, headers={"ApiKey": person.key})


async def test_one_rate_for_all_is_kept_across_dialects(context, alice, charlie):
    async with reached(context, Edge((3, HOUR))) as client:
        answers = [await ask(client, alice) for ask in (native, ombori, native, ombori, native)]
        assert [answer.status_code for answer in answers] == [200, 404, 200, 429, 429]
        assert answers[3].json()["error"]["code"] == answers[4].json()["code"] == "too_many_requests"
        assert all(0 < int(answer.headers["retry-after"]) <= HOUR for answer in answers[3:])
        assert answers[4].json()["facts"] == {"retry_after_seconds": int(answers[4].headers["retry-after"])}
        assert (await native(client, charlie)).headers["ratelimit"] == f'"default";r=2;t={HOUR}'


async def test_each_of_several_processes_takes_its_share(context, alice):
    async with reached(context, Edge((7, HOUR), processes=3)) as client:
        answers = [await native(client, alice) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert {answer.headers["ratelimit-policy"] for answer in answers} == {f'"default";q=2;w={HOUR}'}


@pytest.mark.parametrize("limits", ["off", "vendor"])
async def test_our_own_api_has_no_number_of_its_own(context, alice, limits):
    async with reached(context, Edge(limits)) as client:
        for _ in range(5):
            answer = await native(client, alice)
            assert (answer.status_code, "ratelimit" in answer.headers) == (200, False)


def test_a_place_for_a_dialect_that_there_is_not(context):
    with pytest.raises(SettingInvalid, match="cubicle is no dialect"):
        make_server(context, edge=Edge(dialect_hosts=(("cubicle", 8081),)))
