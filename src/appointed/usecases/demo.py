"""The demo: customers that look real, on clocks of their own, as new at each start."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from appointed.catalog_file.text import read
from appointed.catalog_file.values import derived_tenant
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.difference import Kind, things
from appointed.core.ids import CredentialId, TenantId
from appointed.store import tenants
from appointed.store.tenants import Tenant
from appointed.usecases import catalog
from appointed.usecases.context import Context


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """One customer of the demo: what it offers, and the instant at which its clock stands.

    `name` is that of the dialect whose customer it looks like. `ids` are what its clients call what they ask for.
    """

    name: str
    tenant: Tenant
    credential: CredentialId
    catalog: Catalog
    clock: datetime
    ids: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class _Stand:
    """What a catalogue's file does not say. `words` are the vendor's, each for the kind and slug of a thing.

    Where clients name their credential, `credential_word` is what they call its id.
    """

    clock: datetime
    credential: UUID
    words: Mapping[str, tuple[Kind, str]]
    tenant_word: str = "tenant"
    credential_word: str = ""


STANDS: Mapping[str, _Stand] = {
    "ombori": _Stand(
        datetime(2020, 11, 30, 8, tzinfo=UTC),
        UUID("c7d1e8a2-0b6f-4f3d-8e19-5b2a7c4d9e04"),
        {"queue": (Kind.SERVICE, "advice"), "branch": (Kind.BRANCH, "market-square")},
        "organization",
    ),
    "cubu": _Stand(
        datetime(2023, 7, 10, 5, tzinfo=UTC),
        UUID("8d0b5f1e-3c52-4be1-9a0d-5c1c1c7d6e05"),
        {"service": (Kind.SERVICE, "passport"), "branch": (Kind.BRANCH, "tel-aviv")},
    ),
    "zenoti": _Stand(
        datetime(2020, 6, 15, 13, tzinfo=UTC),
        UUID("1f6f7c0a-97f5-4c63-8a0e-2b9d4e8f7a06"),
        {"service": (Kind.SERVICE, "massage"), "branch": (Kind.BRANCH, "harbour")},
    ),
    "qmatic": _Stand(
        datetime(2022, 3, 1, 7, tzinfo=UTC),
        UUID("5b9a3d2c-6e41-4f7b-b1c8-7d0e9f1a2b07"),
        {"service": (Kind.SERVICE, "identity-card"), "branch": (Kind.BRANCH, "town-hall")},
        credential_word="client_id",
    ),
}
"""What there is of the demo, by the name of its file."""


def demo_tenant(name: str, text: str) -> DemoTenant:
    """The customer that a file of the demo describes. Raises FileInvalid."""
    document, stand = read(text), STANDS[name]
    named = document.file.tenant
    if named is msgspec.UNSET:
        raise ValueError(f"the demo {name} names no tenant")
    tenant_id = derived_tenant(named.slug) if named.id is None else TenantId(named.id)
    offered = document.catalog(tenant_id)
    ids: dict[str, UUID] = {
        word: next(thing.id for thing in things(offered, kind).values() if thing.slug == slug)
        for word, (kind, slug) in stand.words.items()
    }
    if stand.credential_word:
        ids[stand.credential_word] = stand.credential
    return DemoTenant(
        name=name,
        tenant=Tenant(tenant_id, named.name, sandbox=True, slug=named.slug),
        credential=CredentialId(stand.credential),
        catalog=offered,
        clock=stand.clock,
        ids={stand.tenant_word: tenant_id, **ids},
    )


async def load_demo(context: Context, demos: Sequence[DemoTenant], keys: Mapping[str, str]) -> dict[str, str]:
    """Load every tenant of the demo without visits and with its clock set back, and answer the key of each by name.

    A key in `keys` is kept, for clients that have it already; where there is none a new one is made.
    """
    now = context.clock()
    answer: dict[str, str] = {}
    for demo in demos:
        key = keys.get(demo.name) or secrets.token_urlsafe(32)
        actor = f"{demo.name} demo"
        async with context.pool.transaction(demo.tenant.id) as tx:
            await tenants.add_tenant(tx, demo.tenant, now)
            await tenants.reset_sandbox(tx, demo.tenant.id, demo.clock)
            await tenants.add_credential(tx, demo.tenant.id, demo.credential, key, actor, frozenset(Scope), now)
        caller = Caller(demo.tenant.id, demo.credential, actor, frozenset(Scope), sandbox=True)
        await catalog.apply(context, caller, demo.catalog)
        answer[demo.name] = key
    return answer
