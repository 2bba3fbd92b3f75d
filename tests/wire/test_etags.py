"""Versions and tags in headers."""

import pytest

from appointed.core.errors import FieldInvalid
from appointed.usecases.context import Context
from appointed.wire.etags import digest_tag, expected_versions, unless_known, version_tag
from appointed.wire.request import Headers, Request
from appointed.wire.route import Answer

ANSWER = Answer(200, b"{}")


def asked(context: Context, **headers: str) -> Request:
    pairs = [(name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request(context, "GET", "/", b"", Headers(pairs), "asked")


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"7"', {7}),
        ('"7", "8"', {7, 8}),
        (',"7" , ,"0"', {7, 0}),
        ("*", None),
        (" * ", None),
        ('W/"7"', set()),
        ('"07"', set()),
        ('"x", "7"', {7}),
        ('"' + "9" * 40 + '"', set()),
    ],
)
def test_the_versions_that_are_expected(context, header, versions):
    assert expected_versions(asked(context, If_Match=header)) == versions


def test_without_the_header_any_version_is(context):
    assert expected_versions(asked(context)) is None


@pytest.mark.parametrize("header", ["", "7", '"7', '"a" "b"', '"7";', "W/7", ",", '"\u00e9"', '"1",' * 101])
def test_what_is_no_list_of_tags_is_refused(context, header):
    with pytest.raises(FieldInvalid) as caught:
        expected_versions(asked(context, If_Match=header))
    assert caught.value.facts() == {"field": "If-Match", "expected": "entity_tag"}


@pytest.mark.parametrize("header", ['"7"', 'W/"7"', '"6", "7"', "*"])
def test_who_has_the_answer_gets_its_tag_alone(context, header):
    answer = unless_known(asked(context, If_None_Match=header), version_tag(7), ANSWER)
    assert (answer.status, answer.body, answer.headers) == (304, None, ((b"etag", b'"7"'),))


def test_who_has_another_gets_this_one(context):
    for headers in ({}, {"If_None_Match": '"8"'}):
        answer = unless_known(asked(context, **headers), version_tag(7), ANSWER)
        assert (answer.status, answer.body, answer.headers) == (200, b"{}", ((b"etag", b'"7"'),))


def test_a_digest_tells_bytes_apart():
    assert digest_tag(b"a") == digest_tag(b"a") != digest_tag(b"b")
