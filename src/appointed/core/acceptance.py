"""What a service asks of those who come."""

from dataclasses import replace

from appointed.core.catalog import Service
from appointed.core.errors import ContactMissing, PartyTooLarge, RemoteNotOffered
from appointed.core.visit import Details


def accept(service: Service, details: Details) -> Details:
    """The details as the service takes them, its own locale in place of none. Raises ContactMissing, PartyTooLarge,
    RemoteNotOffered."""
    channel = service.required_contact
    if channel is not None and (details.contact is None or details.contact.channel != channel):
        raise ContactMissing(channel=channel)
    if service.party_limit is not None and details.party_size > service.party_limit:
        raise PartyTooLarge(limit=service.party_limit)
    if details.remote and not service.remote_allowed:
        raise RemoteNotOffered
    return details if details.locale else replace(details, locale=service.locale)
