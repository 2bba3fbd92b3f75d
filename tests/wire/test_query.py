"""A query, and what is made of it once for all who ask alike."""

import pytest

from appointed.core.errors import FieldInvalid, FieldMissing
from appointed.wire.request import Headers, Request


def asked(query_string):
    return Request(None, "GET", "/", query_string, Headers([]), "r-1")


def test_parameters_are_found_whatever_their_case():
    query = asked(b"Date=2027-01-01&empty=").query
    assert (query.query_value("date"), query.query_value("DATE")) == ("2027-01-01", "2027-01-01")
    assert (query.query_value("empty"), query.query_value("other")) == (None, None)
    assert asked(b"Date=1").query_value("date") == query.required_query_value("date")[-1]
    with pytest.raises(FieldMissing):
        query.required_query_value("empty")


def test_what_is_made_of_equal_queries_is_made_once():
    calls = []

    def make(query):
        calls.append(query.query_value("a"))
        return [query.query_value("a")]

    first, again, other = (asked(text).query.made(make) for text in (b"a=made-1", b"a=made-1", b"a=made-2"))
    assert first is again
    assert (first, other, calls) == (["made-1"], ["made-2"], ["made-1", "made-2"])


def test_functions_do_not_get_each_others():
    def number(query):
        return 1

    def text(query):
        return "one"

    query = asked(b"a=apart").query
    assert [query.made(make) for make in (number, text, number)] == [1, "one", 1]


def test_what_it_raises_is_raised_each_time():
    def refuse(query):
        raise FieldInvalid(field="a", expected="boolean")

    for _ in range(2):
        with pytest.raises(FieldInvalid):
            asked(b"a=refused").query.made(refuse)
