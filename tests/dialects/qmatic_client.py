"""A client of Qmatic's interface, and a town hall to speak of."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import httpx

from answers import check_answer
from appointed.core.catalog import (
    Branch,
    Catalog,
    PoolScope,
    Resource,
    Role,
    Schedule,
    Service,
    ServiceGroup,
    WeeklyHours,
)
from appointed.core.ids import BranchId, ServiceGroupId, ServiceId
from appointed.core.language import Text, Translation
from appointed.core.options import Options
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import Question, ResourceChoice, ScreeningQuestion
from appointed.dialects.qmatic.dialect import QMATIC
from appointed.store import catalog as store
from appointed.usecases.context import Context
from people import Person, exclusive_resource, pool_resource, set_clock

EXCHANGES = Path(__file__).parent / "qmatic/exchanges"
DOCUMENTED_ID = UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# A Tuesday in Brussels, half an hour before eight.
TUESDAY = datetime(2022, 3, 1, 6, 30, tzinfo=UTC)
OFFICE = Schedule(tuple(WeeklyHours(weekday, 8 * 60, 16 * 60) for weekday in range(5)))
SCOPE = "com.qmatic.saas.appointments/external.appointment."
KEYS_OF_A_ROW = ["branch", "service", "resourceSelection", "informationQuestions", "screeningQuestions"]


def named(name: str, **others: str) -> dict[str, Any]:
    """A name with translations, given as nl_NL="Naam"."""
    names = tuple(Translation(tag.replace("_", "-"), text) for tag, text in others.items())
    return {"name": name, "names": names}


@dataclass(frozen=True)
class Hall:
    """Two windows serve everybody; Els and Marc marry people. The annex, in Lisbon, has papers too."""

    hall: Branch
    annex: Branch
    windows: Resource
    annex_window: Resource
    els: Resource
    marc: Resource
    papers: Service
    annex_papers: Service
    wedding: Service
    groups: tuple[ServiceGroup, ...] = ()
    options: Options = field(default_factory=Options)
    more: tuple[Service, ...] = ()

    def catalog(self) -> Catalog:
        return Catalog(
            0,
            {each.id: each for each in (self.hall, self.annex)},
            {each.id: each for each in (self.papers, self.annex_papers, self.wedding, *self.more)},
            {each.id: each for each in (self.windows, self.annex_window, self.els, self.marc)},
            {each.id: each for each in self.groups},
            self.options,
        )

    def with_papers(self, **changes: Any) -> "Hall":
        """The same with other papers in the town hall."""
        return replace(self, papers=replace(self.papers, **changes))


def new_hall() -> Hall:
    """A town hall that is open on working days from eight to four."""
    hall = Branch(
        BranchId(DOCUMENTED_ID),
        time_zone="Europe/Brussels",
        opening_hours=OFFICE,
        address=Address("Grand-Place 1", "1000", "Brussels", "Belgium"),
        geo=GeoPoint(4.3517, 50.8467),
        **named("Town hall", nl_NL="Stadhuis", fr_FR="Hôtel de ville"),
    )
    annex = Branch(BranchId(uuid4()), "Annex", "Europe/Lisbon", OFFICE)
    windows = pool_resource(hall.id, 2, scope=PoolScope.OVERLAP, name="Windows")
    annex_window = pool_resource(annex.id, 1, scope=PoolScope.OVERLAP, name="Window")
    els, marc = (replace(exclusive_resource(hall.id), name=name) for name in ("Els", "Marc"))
    papers = new_papers(hall, windows)
    return Hall(
        hall=hall,
        annex=annex,
        windows=windows,
        annex_window=annex_window,
        els=els,
        marc=marc,
        papers=papers,
        annex_papers=replace(
            papers, id=ServiceId(uuid4()), branch_id=annex.id, family_id=papers.id, roles=(Role((annex_window.id,)),)
        ),
        wedding=Service(
            ServiceId(uuid4()),
            hall.id,
            "Wedding",
            HOUR,
            HOUR,
            (Role((els.id, marc.id)),),
            resource_choice=ResourceChoice.LISTED,
        ),
        options=Options(languages=("en-US", "en-GB", "fr-FR", "nl-NL", "de-DE", "it-IT", "es-ES")),
    )


def new_papers(hall: Branch, windows: Resource) -> Service:
    """An hour at a window, for three people at most."""
    return Service(
        ServiceId(DOCUMENTED_ID),
        hall.id,
        duration=HOUR,
        grid=HOUR,
        roles=(Role((windows.id,)),),
        party_limit=3,
        description=Text("For those who live here", (Translation("nl-NL", "Voor wie hier woont"),)),
        questions=(
            Question(
                Text("Which document?", (Translation("nl-NL", "Welk document?"),)),
                Text("The one that is to be renewed", (Translation("nl-NL", "Dat vernieuwd moet worden"),)),
            ),
        ),
        screening=(
            ScreeningQuestion(
                Text("Do you live here?", (Translation("nl-NL", "Woont u hier?"),)),
                Text("In the register"),
                Text("Ask where you live", (Translation("nl-NL", "Vraag het waar u woont"),)),
                yes_required=True,
            ),
        ),
        **named("Papers", nl_NL="Papieren", fr_FR="Papiers"),
    )


def new_group(name: str, *services: Service, index: int = 0, **others: str) -> ServiceGroup:
    """Services that are shown together."""
    return ServiceGroup(
        ServiceGroupId(uuid4()), service_ids=tuple(each.id for each in services), index=index, **named(name, **others)
    )


@dataclass(frozen=True)
class Qmatic:
    """Somebody with a token to a town hall. Token and tenant go along unless they are empty."""

    http: httpx.AsyncClient
    context: Context
    person: Person
    town: Hall
    token: str = ""
    tenant: str = ""
    base: str = "/qmatic/external/v1"

    async def open(self, town: Hall | None = None) -> "Qmatic":
        """Put the town hall, or another, into the catalogue."""
        opened = replace(self, town=town or self.town)
        async with self.context.pool.transaction(self.person.tenant) as tx:
            await store.put(tx, self.person.tenant, opened.town.catalog(), TUESDAY)
        return opened

    async def by(self, person: Person, scope: str = "") -> "Qmatic":
        """Somebody else at the same town hall, asking with a token of theirs."""
        token = await token_of(self.http, person, scope)
        return replace(self, person=person, token=token, tenant=str(person.tenant))

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a request beneath the base: bytes as they are, anything else as JSON, and None as no body."""
        given = {"X-Request-Id": "asked"}
        given |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given |= {"X-TENANT-ID": self.tenant} if self.tenant else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.http.request(method, self.base + path, content=content, headers=given)
        check_answer(QMATIC, method, (self.base + path).removeprefix(QMATIC.mount), answer)
        return answer

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.send("GET", path, **headers)

    async def services(self, **headers: str) -> Any:
        """The rows of all services, by branch and service."""
        rows = accepted(await self.get("/services", **headers))
        return {(row["branch"]["id"], row["service"]["id"]): row for row in rows}

    async def papers(self, **headers: str) -> Any:
        """The row of papers at the town hall."""
        return (await self.services(**headers))[str(self.town.hall.id), str(self.town.papers.family)]

    async def timeslots(self, service: Service | None = None, **query: object) -> httpx.Response:
        """The times of a service, those of papers without one."""
        service = service or self.town.papers
        asked = {"branchId": service.branch_id, "startDate": "2022-03-01", "endDate": "2022-03-01", **query}
        text = "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)
        return await self.get(f"/services/{service.family}/timeslots?{text}".replace("+", "%2B"))

    async def starts(self, service: Service | None = None, **query: object) -> list[str]:
        """When a service starts that day."""
        return [slot["startTime"] for slot in accepted(await self.timeslots(service, **query))]

    def wish(self, hour: int = 9, service: Service | None = None, **changes: object) -> dict[str, Any]:
        """A body that wants papers at an hour of Tuesday; without what is `...`."""
        service = service or self.town.papers
        body: dict[str, Any] = {
            "serviceId": str(service.family),
            "branchId": str(service.branch_id),
            "timeSlot": {"startTime": at(hour), "endTime": at(hour + 1)},
            "numberOfReservations": 1,
        }
        return without({**body, **changes})

    async def reserve(self, hour: int = 9, service: Service | None = None, **changes: object) -> httpx.Response:
        return await self.send("POST", "/reservations", self.wish(hour, service, **changes))

    async def reserved(self, hour: int = 9, service: Service | None = None, **changes: object) -> str:
        """The id of a new reservation."""
        return accepted(await self.reserve(hour, service, **changes), 201)["reservationId"]

    async def confirm(self, reservation: str, **changes: object) -> httpx.Response:
        return await self.send("PUT", f"/reservations/{reservation}", customer(**changes))

    async def appointed(self, hour: int = 9, service: Service | None = None, **changes: object) -> str:
        """The id of a new appointment; `changes` are about the customer."""
        reservation = await self.reserved(hour, service)
        return accepted(await self.confirm(reservation, **changes), 201)["appointmentId"]

    async def appointment(self, appointment: str) -> Any:
        return accepted(await self.get(f"/appointments/{appointment}"))

    async def search(self, reference: object = "ada0000001") -> httpx.Response:
        body = {"customer": {"personalIdentifier": reference}}
        return await self.send("POST", "/appointments/search", body)

    async def found(self, reference: object = "ada0000001") -> list[Any]:
        """The appointments of a customer."""
        return accepted(await self.search(reference))

    async def later(self, past: timedelta) -> None:
        """Put the clock so far past half past seven."""
        await set_clock(self.context, self.person, TUESDAY + past)

    async def rows(self, table: str) -> int:
        """How many rows the tenant has in a table."""
        async with self.context.pool.transaction(self.person.tenant) as tx:
            return await tx.fetchval(f"SELECT count(*) FROM {table}")


async def token_of(http: httpx.AsyncClient, person: Person, scope: str = "") -> str:
    """A token of somebody's; with `scope` one for no more than that."""
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    basic = base64.b64encode(f"{person.caller.credential}:{person.key}".encode()).decode()
    answer = await http.post("/qmatic/oauth2/token", data=form, headers={"Authorization": f"Basic {basic}"})
    return accepted(answer)["access_token"]


def at(hour: int, minute: int = 0, day: int = 1) -> str:
    """A time of March 2022 on the clock of Brussels, as slots are listed."""
    return f"2022-03-{day:02}T{hour:02}:{minute:02}:00+01:00"


def customer(**changes: object) -> dict[str, Any]:
    """The body of a confirmation; without what is `...`."""
    body: dict[str, Any] = {
        "personalIdentifier": "ada0000001",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "phoneNumber": "+32 2 279-22-11",
        "email": "ada@example.org",
        "dateOfBirth": "1985-12-10",
    }
    return without({**body, **changes})


def without(body: Mapping[str, object]) -> dict[str, Any]:
    """A body without the keys whose value is `...`."""
    return {key: value for key, value in body.items() if value is not ...}


def accepted(response: httpx.Response, status: int = 200) -> Any:
    """The body of a success."""
    assert response.status_code == status, response.text
    if status == 204:
        assert not response.content
        return None
    assert response.headers["content-type"] == "application/json"
    return response.json()


def refused(
    response: httpx.Response, status: int | None = None, code: str | None = None, field: str | None = None
) -> Any:
    """The problem of a refusal, whose shape is always the same."""
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    shape = {"type", "title", "status", "detail", "code", "requestId"}
    assert shape <= set(problem) <= shape | {"field", "facts"}
    assert problem["status"] == response.status_code
    assert problem["detail"]
    assert "{" not in problem["detail"]
    assert status in (None, response.status_code), response.text
    assert code in (None, problem["code"]), response.text
    assert field in (None, problem.get("field")), response.text
    return problem
