"""The smaller values of a catalogue, from their shapes to the core's and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from appointed.catalog_file.findings import Finding, Path
from appointed.catalog_file.shape import (
    AddressShape,
    DaysShape,
    GeoShape,
    OptionsShape,
    QuestionShape,
    QuestionTextShape,
    Said,
    ScreeningShape,
    ServiceShape,
    TextShape,
)
from appointed.core.catalog import Days
from appointed.core.language import Text, Translation
from appointed.core.options import Options
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import Question, ScreeningQuestion


def to_names(names: Mapping[str, str]) -> tuple[Translation, ...]:
    """Names in other languages."""
    return tuple(Translation(language, text) for language, text in names.items())


def names_shape(names: Sequence[Translation]) -> dict[str, str]:
    """Names by language."""
    return {name.language: name.text for name in names}


def to_text(said: Said) -> Text:
    """What is said."""
    return Text(said) if isinstance(said, str) else Text(said.text, to_names(said.translations))


def to_text_or_none(said: Said | None) -> Text | None:
    """What is said, if anything is."""
    return None if said is None else to_text(said)


def text_shape(text: Text) -> Said:
    """What is said: a plain text where it is said in one language."""
    return TextShape(text=text.text, translations=names_shape(text.translations)) if text.translations else text.text


def text_shape_or_none(text: Text | None) -> Said | None:
    """The same, if anything is said."""
    return None if text is None else text_shape(text)


def to_questions(shapes: Iterable[QuestionShape]) -> tuple[Question, ...]:
    """What the customer is asked."""
    return tuple(
        Question(to_text(shape.text), to_text_or_none(shape.clarification), shape.required) for shape in shapes
    )


def question_shapes(questions: Iterable[Question]) -> list[QuestionShape]:
    """What the customer is asked."""
    return [
        QuestionShape(
            text=_question_text_shape(each.text),
            clarification=text_shape_or_none(each.clarification),
            required=each.required,
        )
        for each in questions
    ]


def _question_text_shape(text: Text) -> str | QuestionTextShape:
    if not text.translations:
        return text.text
    return QuestionTextShape(text=text.text, translations=names_shape(text.translations))


def to_screening(shapes: Iterable[ScreeningShape]) -> tuple[ScreeningQuestion, ...]:
    """What customers ask themselves."""
    return tuple(
        ScreeningQuestion(
            to_text(shape.text),
            to_text_or_none(shape.clarification),
            to_text_or_none(shape.denial),
            shape.yes_required,
        )
        for shape in shapes
    )


def screening_shapes(screening: Iterable[ScreeningQuestion]) -> list[ScreeningShape]:
    """What customers ask themselves."""
    return [
        ScreeningShape(
            text=text_shape(each.text),
            clarification=text_shape_or_none(each.clarification),
            denial=text_shape_or_none(each.denial),
            yes_required=each.yes_required,
        )
        for each in screening
    ]


def to_address(shape: str | AddressShape | None) -> Address | None:
    """An address, if there is one. One text is its street."""
    if shape is None or isinstance(shape, str):
        return None if shape is None else Address(shape)
    return Address(shape.street, shape.postal_code, shape.city, shape.country)


def address_shape(address: Address | None) -> str | AddressShape | None:
    """An address: one text where there is no more than the street."""
    if address is None or address == Address(address.street):
        return None if address is None else address.street
    return AddressShape(
        street=address.street, postal_code=address.postal_code, city=address.city, country=address.country
    )


def to_geo(shape: GeoShape | None) -> GeoPoint | None:
    """A point on the map, if there is one."""
    return None if shape is None else GeoPoint(shape.longitude, shape.latitude)


def geo_shape(geo: GeoPoint | None) -> GeoShape | None:
    """A point on the map, if there is one."""
    return None if geo is None else GeoShape(longitude=geo.longitude, latitude=geo.latitude)


def to_days(days: int | DaysShape | None) -> Days | None:
    """So many days, if they are limited."""
    if days is None:
        return None
    return Days(days) if isinstance(days, int) else Days(days.days, days.business)


def days_shape(days: Days | None) -> int | DaysShape | None:
    """So many days: a number where all days count."""
    if days is None:
        return None
    return DaysShape(days=days.count, business=True) if days.business else days.count


def to_options(shape: OptionsShape, findings: list[Finding], path: Path = ()) -> Options:
    """The tenant's options. What cannot be is noted, with its path beneath this one."""
    known = [language.lower() for language in shape.languages]
    for index, language in enumerate(known):
        if language in known[:index]:
            problem = f"lists the language {shape.languages[index]} twice"
            findings.append(Finding((*path, "languages", index), "other_value", problem))
    if shape.languages_strict and not known:
        # Every reader would be refused, whatever they ask for.
        problem = "are strict, and list no language that anybody could read"
        findings.append(Finding((*path, "languages"), "some_language", problem))
    return Options(tuple(shape.languages), shape.languages_strict, shape.hyphens_in_references, shape.combinations)


def options_shape(options: Options) -> OptionsShape:
    """The tenant's options."""
    return OptionsShape(
        languages=list(options.languages),
        languages_strict=options.languages_strict,
        hyphens_in_references=options.hyphens_in_references,
        combinations=options.combinations,
    )


def texts(shape: ServiceShape) -> Iterator[tuple[Path, str]]:
    """Everything that a service says to people but its names, and where it stands."""
    yield from _texts(("description",), shape.description)
    for section, listed in (("questions", shape.questions), ("screening", shape.screening)):
        for index, question in enumerate(listed):
            yield from _texts((section, index, "text"), question.text)
            yield from _texts((section, index, "clarification"), question.clarification)
            if isinstance(question, ScreeningShape):
                yield from _texts((section, index, "denial"), question.denial)


def _texts(path: Path, said: Said | None) -> Iterator[tuple[Path, str]]:
    if isinstance(said, TextShape):
        yield (*path, "text"), said.text
        for language, text in said.translations.items():
            yield (*path, "translations", language), text
    elif said is not None:
        yield path, said
