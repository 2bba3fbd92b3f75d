"""Whose call it is, and in which language it is answered: statements D4.1 to D4.4, and both spellings of a path."""

from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import Scope
from appointed.core.options import Options
from people import new_colleague, new_owner
from qmatic_client import SCOPE, accepted, customer, refused

NAMES = {
    "en_US": "Papers",
    "en_UK": "Papers",
    "fr_FR": "Papiers",
    "nl_NL": "Papieren",
    "de_DE": "Papers",
    "it_IT": "Papers",
    "ES_es": "Papers",
}


@pytest.mark.statement("D4.1")
async def test_a_call_needs_a_token_that_has_the_scope(qmatic):
    refused(await replace(qmatic, token="").get("/services"), 401, "credential_missing")
    unknown = await replace(qmatic, token="nobody's").get("/services")
    refused(unknown, 401, "credential_unknown")
    assert unknown.headers["www-authenticate"] == "Bearer"
    only_cancels = await qmatic.by(qmatic.person, scope=f"{SCOPE}cancel")
    for method, path in (("GET", "/services"), ("GET", "/services/groups"), ("POST", "/reservations")):
        refused(await only_cancels.send(method, path, {}), 403, "scope_missing")
    assert await qmatic.rows("visit") == 0
    books = await qmatic.by(qmatic.person, scope=f"{SCOPE}book")
    accepted(await books.get("/services"))
    accepted(await books.reserve(), 201)


@pytest.mark.statement("D4.2")
async def test_a_call_names_the_tenant_of_its_token(qmatic, context):
    refused(await replace(qmatic, tenant="").get("/services"), 400, "field_missing", "X-TENANT-ID")
    refused(await replace(qmatic, tenant="town-hall").get("/services"), 400, "field_invalid", "X-TENANT-ID")
    other = await new_owner(context)
    foreign = await replace(qmatic, tenant=str(other.tenant)).get("/services")
    refused(foreign, 403, "tenant_foreign")
    assert (await replace(qmatic, tenant=str(uuid4())).get("/services")).content == foreign.content
    accepted(await replace(qmatic, tenant=qmatic.tenant.upper()).get("/services"))
    for body in (b"{", {}):
        unnamed = await replace(qmatic, tenant="").send("POST", "/reservations", body)
        refused(unnamed, 400, "field_missing", "X-TENANT-ID")
        other_one = replace(qmatic, tenant=str(other.tenant))
        refused(await other_one.send("POST", "/reservations", body), 403, "tenant_foreign")
        refused(await other_one.send("POST", "/reservations", body, Idempotency_Key="a b"), 403, "tenant_foreign")


async def test_without_the_scope_nobody_learns_whether_the_tenant_is_right(qmatic, context):
    reader = await new_colleague(context, qmatic.person.tenant, scopes=frozenset({Scope.READ}))
    reads = await qmatic.by(reader)
    for tenant in ("", qmatic.tenant, str(uuid4())):
        refused(await replace(reads, tenant=tenant).reserve(), 403, "scope_missing")


@pytest.mark.statement("D4.3")
@pytest.mark.parametrize("spelt", NAMES)
async def test_names_come_in_the_language_that_is_asked_for(qmatic, spelt):
    """Nothing is translated into German here, whose readers get the names as they are."""
    row = await qmatic.papers(Accept_Language=spelt)
    assert row["service"]["name"] == NAMES[spelt]
    assert row["branch"]["name"] == {"fr_FR": "Hôtel de ville", "nl_NL": "Stadhuis"}.get(spelt, "Town hall")
    answer = await qmatic.get("/services", Accept_Language=spelt)
    tag = {"en_UK": "en-GB", "ES_es": "es-ES"}.get(spelt, spelt.replace("_", "-"))
    assert answer.headers["content-language"] == tag


@pytest.mark.statement("D4.4")
@pytest.mark.parametrize("path", ["/services", "/services/groups", "/services/{service}"])
async def test_a_language_that_is_not_spoken_is_the_tenants_own_or_refused(qmatic, path):
    path = path.format(service=qmatic.town.papers.family)
    weighted = await qmatic.get(path, Accept_Language="nl-NL,nl;q=0.9,en;q=0.5")
    assert weighted.headers["content-language"] == "nl-NL"
    for lenient in ("pt_PT", "*", "", "nl-NL;q=0", ";q=1,,nl NL"):
        answer = await qmatic.get(path, **({"Accept_Language": lenient} if lenient else {}))
        accepted(answer)
        assert answer.headers["content-language"] == "en-US"
    strict = await qmatic.open(replace(qmatic.town, options=Options(("nl-NL", "fr-FR"), languages_strict=True)))
    for header in ({"Accept_Language": "pt_PT"}, {"Accept_Language": "en_US"}, {}):
        refused(await strict.get(path, **header), 400, "field_invalid", "Accept-Language")
    for header in ("fr_FR", "en, nl;q=0.1", "*"):
        accepted(await strict.get(path, Accept_Language=header))


async def test_the_dearest_language_wins_whatever_its_place(qmatic):
    for header in ("en;q=0.1, fr;q=0.8, nl;q=0.3", "de-DE;q=0, fr", "xx, fr-BE"):
        assert (await qmatic.papers(Accept_Language=header))["service"]["name"] == "Papiers"


async def test_what_is_longer_than_any_tag_is_passed_over(qmatic):
    longest = "nl" + "-abcdefgh" * 6 + "-abcdefg"
    for wanted, tag in ((longest, "nl-NL"), (longest + "h", "en-US")):
        answer = await qmatic.get("/services", Accept_Language=wanted)
        assert (len(wanted) > 64, answer.headers["content-language"]) == (tag == "en-US", tag)


@pytest.mark.statement("D4.50")
async def test_every_path_is_there_with_and_without_its_prefix(qmatic):
    bare = replace(qmatic, base="/qmatic")
    for path in ("/services", "/services/groups", f"/services/{qmatic.town.papers.family}"):
        assert (await bare.get(path)).content == (await qmatic.get(path)).content
    assert (await bare.timeslots()).content == (await qmatic.timeslots()).content
    reservation = await bare.reserved()
    appointment = accepted(await bare.confirm(reservation), 201)["appointmentId"]
    assert await qmatic.appointment(appointment) == await bare.appointment(appointment)
    changed = await bare.send("PUT", f"/Appointments/{appointment}/Customer", customer(firstName="Augusta"))
    accepted(changed, 204)
    accepted(await replace(qmatic, base="/qmatic/External/V1").get(f"/APPOINTMENTS/{appointment}"))
    accepted(await bare.send("DELETE", f"/appointments/{appointment}"), 204)


async def test_a_key_is_good_for_all_spellings_of_a_path(qmatic):
    wish = qmatic.wish()
    made = await qmatic.send("POST", "/reservations", wish, Idempotency_Key="a")
    reservation = accepted(made, 201)["reservationId"]
    for base, path in (
        ("/qmatic", "/reservations"),
        ("/qmatic/External/V1", "/RESERVATIONS"),
        ("/qmatic", "/r%65servations"),
    ):
        again = await replace(qmatic, base=base).send("POST", path, wish, Idempotency_Key="a")
        assert (again.status_code, again.content) == (201, made.content)
    assert await qmatic.rows("visit") == 1
    first = await qmatic.send("PUT", f"/reservations/{reservation}", customer(), Idempotency_Key="b")
    accepted(first, 201)
    path = f"/serviceCombination/Reservations/{reservation.upper()}"
    refused(await qmatic.send("PUT", path, customer(firstName="Augusta"), Idempotency_Key="b"), 409, "key_reused")
    other = await qmatic.reserved(10)
    accepted(await qmatic.send("PUT", f"/reservations/{other}", customer(), Idempotency_Key="b"), 201)
