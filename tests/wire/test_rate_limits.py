"""How often a credential may ask, without HTTP: exact whatever the times, and no larger than what still counts."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.wire.limits import Limiter, Rate, Standing, no_fields, ratelimit_fields

NOON = datetime(2027, 3, 28, 12, tzinfo=UTC)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def test_one_more_is_refused_until_the_first_is_a_span_old():
    limiter = Limiter(Rate(3, 60))
    told = [limiter.count("a", after(seconds)) for seconds in (0, 10, 10.5, 20, 59.999999, 60, 60)]
    assert [(each.refused, each.left, each.seconds) for each in told] == [
        (False, 2, 60),
        (False, 1, 50),
        (False, 0, 50),
        (True, 0, 40),
        (True, 0, 1),
        (False, 0, 10),
        (True, 0, 10),
    ]


def test_credentials_are_counted_apart():
    limiter = Limiter(Rate(1, 60))
    assert [limiter.count(who, NOON).refused for who in ("a", "b", "a", "b", "c")] == [False, False, True, True, False]


@given(
    st.integers(1, 4),
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3_000_000)), max_size=60),
)
def test_it_agrees_with_one_that_forgets_nothing(count, seconds, asked):
    """Of any span, however it lies, no more than `count` are let through; and nobody is refused who would fit."""
    limiter, let_through, now = Limiter(Rate(count, seconds)), defaultdict(list), NOON
    for who, microseconds in asked:
        now += timedelta(microseconds=microseconds)
        recent = [each for each in let_through[who] if now - each < timedelta(seconds=seconds)]
        standing = limiter.count(who, now)
        assert standing.refused == (len(recent) >= count)
        if not standing.refused:
            let_through[who].append(now)
            recent.append(now)
        assert standing.left == count - len(recent)
        waited = now + timedelta(seconds=standing.seconds) - recent[0]
        assert timedelta(seconds=seconds) <= waited < timedelta(seconds=seconds + 1)


def test_after_the_wait_that_it_tells_the_request_is_in_order():
    limiter = Limiter(Rate(2, 7))
    for seconds in (0.1, 3.7):
        limiter.count("a", after(seconds))
    wait = limiter.count("a", after(5.05)).seconds
    assert limiter.count("a", after(5.05 + wait - 1)).refused
    assert not limiter.count("a", after(5.05 + wait)).refused


@pytest.mark.parametrize("back", [1, 86_400])
def test_a_clock_that_is_set_back_neither_frees_nor_locks_out(back):
    limiter = Limiter(Rate(2, 60))
    limiter.count("a", after(0))
    limiter.count("a", after(30))
    assert limiter.count("a", after(30 - back)).seconds == 30
    assert limiter.count("a", after(30 - back + 29)).refused
    assert not limiter.count("a", after(30 - back + 30)).refused


def test_those_of_whom_nothing_counts_are_forgotten():
    limiter = Limiter(Rate(5, 60))
    for number in range(1000):
        limiter.count(number, after(number))
    assert len(limiter) == 60
    limiter.count("a", after(5000))
    assert len(limiter) == 1


def test_of_too_many_the_least_recently_heard_of_begin_again():
    limiter = Limiter(Rate(1, 60), most=3)
    for who in "abc":
        limiter.count(who, NOON)
    assert limiter.count("a", after(1)).refused
    limiter.count("d", after(2))
    assert len(limiter) == 3
    assert [limiter.count(who, after(3)).refused for who in "acdb"] == [True, True, True, False]


@pytest.mark.parametrize(("processes", "expected"), [(1, 100), (3, 33), (100, 1), (1000, 1)])
def test_a_rate_is_shared_out(processes, expected):
    assert Rate(100, 60).share(processes) == Rate(expected, 60)


@pytest.mark.parametrize(("count", "seconds"), [(0, 1), (1, 0), (-1, 60)])
def test_a_rate_of_nothing_is_a_mistake(count, seconds):
    with pytest.raises(ValueError, match="at least one request"):
        Rate(count, seconds)


def test_the_header_fields_of_the_draft():
    standing = Standing(Rate(100, 60), 99, 60, refused=False)
    assert ratelimit_fields(standing) == (
        (b"ratelimit-policy", b'"default";q=100;w=60'),
        (b"ratelimit", b'"default";r=99;t=60'),
    )
    assert no_fields(standing) == ()
