"""Which of several languages a reader gets."""

import pytest

from appointed.core.language import Text, Translation, choose, said, text_in

NAMES = (Translation("nl-NL", "Paspoort"), Translation("fr", "Passeport"))


@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [
        ((), ("en",), None),
        (("en",), (), None),
        (("nl-NL",), ("en", "nl-NL"), "nl-NL"),
        (("NL-nl",), ("nl-NL",), "nl-NL"),
        (("nl-nl",), ("NL-NL",), "NL-NL"),
        (("nl",), ("en", "nl-NL", "nl-BE"), "nl-NL"),
        (("nl-BE",), ("nl-NL", "nl"), "nl"),
        (("nl-BE",), ("en", "nl-NL"), "nl-NL"),
        (("zh-Hant-TW",), ("zh", "zh-Hant"), "zh-Hant"),
        (("de-CH-x-ours",), ("de-CH-x", "de", "de-CH"), "de-CH"),
        (("de",), ("den", "en"), None),
        (("sv", "fr-BE"), ("en", "fr"), "fr"),
        (("nl-BE", "fr"), ("fr", "nl"), "nl"),
        (("*",), ("en",), None),
        (("nl",), ("nl", "NL"), "nl"),
    ],
)
def test_the_nearest_is_chosen(wanted, offered, chosen) -> None:
    assert choose(wanted, offered) == chosen


@pytest.mark.parametrize(
    ("language", "name"),
    [("nl", "Paspoort"), ("nl-BE", "Paspoort"), ("FR-ca", "Passeport"), ("sv", "Passport"), (None, "Passport")],
)
def test_a_name_is_said_in_the_nearest_language_or_as_it_stands(language, name) -> None:
    assert said("Passport", NAMES, language) == name
    assert text_in(Text("Passport", NAMES), language) == name


def test_without_translations_a_name_is_itself() -> None:
    assert said("Passport", (), "nl") == text_in(Text("Passport"), "nl") == "Passport"
