"""Addresses at which people are reached, checked for their form alone."""

import re

from email_validator import EmailNotValidError, validate_email

from appointed.core.errors import FieldInvalid

# The form of ITU-T E.164. Numbering plans are left alone: a number that no plan knows today may be dialled tomorrow.
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


def is_phone(text: str) -> bool:
    """Whether the text is a number in E.164."""
    return _E164.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether the text is an e-mail address as RFC 5322 has them in practice; nothing is looked up."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def phone(text: str, field: str) -> str:
    """The text, if it is a number in E.164. Raises FieldInvalid."""
    if not is_phone(text):
        raise FieldInvalid(field=field, expected="e164")
    return text


def email(text: str, field: str) -> str:
    """The text, if it is an e-mail address. Raises FieldInvalid."""
    if not is_email(text):
        raise FieldInvalid(field=field, expected="email")
    return text
