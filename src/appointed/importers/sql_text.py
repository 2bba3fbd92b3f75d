"""The text of a dump, read in chunks: words, names, strings. No more of it is kept than is being looked at."""

import re
from collections.abc import Callable, Iterable
from enum import Enum

from appointed.importers.imported import SourceInvalid

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[A-Za-z0-9_$\u0080-\uffff]+")
_NUMBER = re.compile(r"[-+0-9.eE]+")
_TO_NEWLINE = re.compile(r"[^\n]+")
_TO_STAR = re.compile(r"[^*]+")
_PLAIN = re.compile(r"[^'\"`;$\-/#\\(),]+")
_TAG = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$")
_LONGEST_TAG = 64
_UNQUOTED = {quote: re.compile(f"[^{quote}]+") for quote in "'\"`"}
_UNESCAPED = {quote: re.compile(rf"[^{quote}\\]+") for quote in "'\""}
_MYSQL = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_POSTGRESQL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_OCTAL = re.compile(r"[0-7]{1,3}")
_HEX = {"x": re.compile(r"[0-9A-Fa-f]{1,2}"), "u": re.compile(r"[0-9A-Fa-f]{4}"), "U": re.compile(r"[0-9A-Fa-f]{8}")}
_COPIED = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)


class Flavour(Enum):
    """Whose SQL it is: in MySQL's, a backslash in a plain string stands for what follows it."""

    MYSQL = "mysql"
    POSTGRESQL = "postgresql"


class SqlText:
    """A place in the text of a dump, which only goes forward. Raises SourceInvalid where the text breaks off."""

    def __init__(self, name: str, chunks: Iterable[str], flavour: Flavour) -> None:
        self.flavour = flavour
        self._name = name
        self._chunks = iter(chunks)
        self._text = ""
        self._at = 0
        self._before = ""
        self._rows = 1

    def peek(self, count: int = 1) -> str:
        """The next characters, fewer where the text ends."""
        self._have(count)
        return self._text[self._at : self._at + count]

    def take(self, count: int = 1) -> str:
        """The next characters."""
        found = self.peek(count)
        if len(found) < count:
            raise self.broken_off()
        self._at += count
        return found

    def accept(self, text: str) -> bool:
        """Go past the text if it comes next."""
        if self.peek(len(text)) != text:
            return False
        self._at += len(text)
        return True

    def while_(self, pattern: re.Pattern[str]) -> str:
        """All that comes next of characters that the pattern has; it is one class, repeated."""
        found: list[str] = []
        while self.peek():
            match = pattern.match(self._text, self._at)
            if match is None:
                break
            found.append(match[0])
            self._at = match.end()
            if self._at < len(self._text):
                break
        return "".join(found)

    def space(self) -> bool:
        """Go past blanks and comments. False at the end of the text."""
        while True:
            self.while_(_SPACE)
            if self.peek(2) == "/*":
                self.take(2)
                self._past_comment()
            elif self.peek(2) == "--" or (self.flavour is Flavour.MYSQL and self.peek() == "#"):
                self.while_(_TO_NEWLINE)
            else:
                return bool(self.peek())

    def word(self) -> str:
        """A word without quotes; nothing where there is none."""
        return self.while_(_WORD)

    def number(self) -> str:
        """The digits, signs and points of a number; nothing where there is none."""
        return self.while_(_NUMBER)

    def name(self) -> str:
        """A name, without what qualifies it; one without quotes is written small by PostgreSQL."""
        found = self._one_name()
        while self.space() and self.accept("."):
            self.space()
            found = self._one_name()
        return found

    def string(self, quote: str = "'", *, escapes: bool | None = None) -> str:
        """A string, its first quote included; `escapes` are the flavour's own unless they are told."""
        if escapes is None:
            escapes = self.flavour is Flavour.MYSQL
        self.take()
        found: list[str] = []
        plain = _UNESCAPED[quote] if escapes else _UNQUOTED[quote]
        while True:
            found.append(self.while_(plain))
            if self.take() == "\\":
                found.append(self._escaped())
            elif self.accept(quote):
                found.append(quote)
            else:
                return "".join(found)

    def newline(self) -> str:
        """The rest of this row of text; the newline is gone past."""
        found = self.while_(_TO_NEWLINE)
        if self.peek():
            self.take()
        return found

    def skip_statement(self) -> None:
        """Go past the end of the statement, whatever it is."""
        while self.skip_until(lambda mark: mark == ";") is None:
            pass

    def skip_until(self, ends: Callable[[str], bool]) -> str | None:
        """Go past one mark of punctuation, or all that it quotes. The mark if it `ends`."""
        self.while_(_PLAIN)
        mark = self.peek()
        if not mark:
            raise self.broken_off()
        if mark == "'" or (mark == '"' and self.flavour is Flavour.MYSQL):
            self.string(mark, escapes=True if self._last() in ("e", "E") else None)
        elif mark in '"`':
            self._quoted(mark)
        elif mark == "$" and self.flavour is Flavour.POSTGRESQL:
            self._past_dollars()
        elif mark in "-/#" and self._comes_comment():
            self.space()
        else:
            self.take()
            return mark if ends(mark) else None
        return None

    def broken_off(self) -> SourceInvalid:
        """Why one cannot go on: the text ends too early."""
        return SourceInvalid(f"{self._name} breaks off in the middle of a statement; was it copied whole?")

    def wrong(self, what: str) -> SourceInvalid:
        """Why one cannot go on, and where; at the end of the text, that there is no more of it."""
        if not self.peek():
            return self.broken_off()
        return SourceInvalid(f"{self._name}:{self._rows + self._text.count(chr(10), 0, self._at)}: {what}")

    def _have(self, count: int) -> None:
        missing = count - (len(self._text) - self._at)
        if missing <= 0:
            return
        self._before = self._last()
        self._rows += self._text.count("\n", 0, self._at)
        parts = [self._text[self._at :]]
        while missing > 0 and (chunk := next(self._chunks, None)) is not None:
            parts.append(chunk)
            missing -= len(chunk)
        self._text, self._at = "".join(parts), 0

    def _last(self) -> str:
        return self._text[self._at - 1] if self._at else self._before

    def _one_name(self) -> str:
        if self.peek() in ("`", '"'):
            return self._quoted(self.peek())
        found = self.word()
        return found.lower() if self.flavour is Flavour.POSTGRESQL else found

    def _quoted(self, quote: str) -> str:
        return self.string(quote, escapes=False)

    def _comes_comment(self) -> bool:
        two = self.peek(2)
        return two in ("--", "/*") or (two[0] == "#" and self.flavour is Flavour.MYSQL)

    def _past_comment(self) -> None:
        while True:
            self.while_(_TO_STAR)
            if self.take(2) == "*/":
                return
            self._at -= 1

    def _past_dollars(self) -> None:
        """A dollar begins a quotation unless it stands in a name."""
        tag = None if self._last().isalnum() else _TAG.match(self.peek(_LONGEST_TAG))
        if tag is None:
            self.take()
            return
        self.take(len(tag[0]))
        rest = re.compile(r"[^$]+")
        while not self.accept(tag[0]):
            self.while_(rest)
            if self.peek(len(tag[0])) != tag[0]:
                self.take()

    def _escaped(self) -> str:
        """What a backslash and what follows it stand for."""
        mark = self.peek()
        if self.flavour is Flavour.MYSQL:
            self.take()
            return _MYSQL.get(mark, mark)
        digits = _OCTAL.match(self.peek(3))
        if digits is not None:
            return chr(int(self.take(len(digits[0])), 8))
        self.take()
        pattern = _HEX.get(mark)
        found = None if pattern is None else pattern.match(self.peek(8))
        if found is not None:
            return chr(int(self.take(len(found[0])), 16))
        return _POSTGRESQL.get(mark, mark)


def copied(field: str) -> str | None:
    r"""A field of PostgreSQL's COPY as text, None for `\N`."""
    if field == r"\N":
        return None
    return _COPIED.sub(_copied_mark, field) if "\\" in field else field


def _copied_mark(match: re.Match[str]) -> str:
    mark = match[1]
    if mark[0] == "x" and len(mark) > 1:
        return chr(int(mark[1:], 16))
    if mark[0] in "01234567":
        return chr(int(mark, 8))
    return _POSTGRESQL.get(mark, mark)
