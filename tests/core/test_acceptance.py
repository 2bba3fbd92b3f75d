"""What a service asks of those who come."""

from dataclasses import replace

import pytest

from appointed.core.acceptance import accept
from appointed.core.errors import ContactMissing, PartyTooLarge
from appointed.core.visit import Contact, Details
from people import new_branch, new_service

PHONE = Contact("phone", "+48000")
EMAIL = Contact("email", "a@example.com")


@pytest.mark.parametrize(
    ("required", "contact", "accepted"),
    [
        (None, None, True),
        (None, PHONE, True),
        ("phone", PHONE, True),
        ("phone", EMAIL, False),
        ("phone", None, False),
        ("email", EMAIL, True),
        ("email", PHONE, False),
    ],
)
def test_the_contact_is_of_the_channel_that_is_required(required, contact, accepted):
    service = new_service(new_branch(), required_contact=required)
    details = Details("en", contact=contact)
    if accepted:
        assert accept(service, details) == details
    else:
        with pytest.raises(ContactMissing) as refused:
            accept(service, details)
        assert refused.value.channel == required


@pytest.mark.parametrize(("limit", "size", "accepted"), [(None, 1000, True), (3, 3, True), (3, 4, False)])
def test_the_party_is_within_the_limit(limit, size, accepted):
    service = new_service(new_branch(), party_limit=limit)
    details = Details("en", party_size=size)
    if accepted:
        assert accept(service, details) == details
    else:
        with pytest.raises(PartyTooLarge) as refused:
            accept(service, details)
        assert refused.value.limit == limit


def test_who_names_no_locale_gets_the_services():
    service = new_service(new_branch(), locale="ar")
    assert accept(service, Details("")) == replace(Details(""), locale="ar")
    assert accept(service, Details("sv")).locale == "sv"
