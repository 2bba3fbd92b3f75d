"""Accept-Language in every spelling of Qmatic's document, among them en_UK and ES_es."""

import re

from appointed.core.errors import FieldInvalid
from appointed.core.language import choose
from appointed.core.options import Options
from appointed.wire.request import Request
from appointed.wire.route import Parameter, Where

HEADER = "Accept-Language"
ANY = "*"

ACCEPT_LANGUAGE = Parameter(
    HEADER,
    Where.HEADER,
    "The language of names: a tag such as nl_NL or nl-NL, or a list of them with weights. Where none of them is spoken "
    "here, or none is sent, it is the tenant's own, or a refusal where the tenant is strict.",
)

# What the document means by these.
_SPELT = {"en-uk": "en-GB"}
_WANTED = re.compile(r"(\*|[a-z]{2,8}(?:[-_][a-z0-9]{1,8})*)(?:;q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?", re.IGNORECASE)
_MOST_WANTED, _LONGEST = 50, 64


def wanted_languages(request: Request) -> tuple[str, ...]:
    """The languages that the header asks for as BCP 47 tags, the dearest first; what is none is passed over, and so is
    what is longer than any."""
    header = request.headers.get(HEADER) or ""
    weighted: list[tuple[float, str]] = []
    for text in header.split(",", _MOST_WANTED)[:_MOST_WANTED]:
        if found := _WANTED.fullmatch("".join(text.split())):
            weight = float(found[2] or 1)
            if weight and len(found[1]) <= _LONGEST:
                tag = found[1].replace("_", "-")
                weighted.append((weight, _SPELT.get(tag.lower(), tag)))
    return tuple(tag for _, tag in sorted(weighted, key=lambda each: -each[0]))


def language_of(request: Request, options: Options, *, lenient: bool = False) -> str | None:
    """The language that names are read in; None where the tenant has said nothing of languages and nobody asks.

    Raises FieldInvalid where a strict tenant speaks none of those that were asked for, unless this call is `lenient`.
    """
    wanted = wanted_languages(request)
    chosen = choose(wanted, options.languages)
    if chosen is None and options.languages_strict and not lenient and ANY not in wanted:
        raise FieldInvalid(field=HEADER, expected="offered_language")
    if chosen is not None:
        return chosen
    return options.languages[0] if options.languages else next((tag for tag in wanted if tag != ANY), None)


def told_language(request: Request) -> str:
    """The language that the customer seems to read, or nothing where none was told."""
    return next((tag for tag in wanted_languages(request) if tag != ANY), "")
