"""Pages for people, from files of our own: what this is, the documents to read and try, what each problem means."""

import asyncio
import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from http import HTTPStatus
from importlib.metadata import distribution
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from markdown_it import MarkdownIt
from markdown_it.token import Token

from appointed.wire.asgi import Scope
from appointed.wire.decode import encode
from appointed.wire.request import Headers
from appointed.wire.route import Answer

HOME = "/"
DOCS = "/v1/docs"
PROBLEMS = "/v1/problems"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"cache-control", b"no-cache"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)

_HERE = Path(__file__).parent / "static"
_SWAGGER_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_OWN_FILES = ("docs.js", "pages.css")
_MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".png": "image/png"}
_CODE = re.compile(r"[a-z][a-z_]*")
_PAGE_OF_CODE = re.compile(r"(?:\./)?([a-z_]+)\.md(#.*)?")
_NOT_COMPRESSED = {".png"}

_TEXT = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document that is served: the dialect's name, what it is called, and where it is."""

    dialect: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    zipped: bytes | None
    media_type: str


def problems_folder() -> Path:
    """Where the pages about problems are: in the installed package, or in the sources that it is run from."""
    package = Path(__file__).parents[1]
    installed = package / "problems"
    return installed if installed.is_dir() else package.parents[1] / "docs" / "problems"


class Pages:
    """The pages by the first two segments of their paths; each answers None for what it does not have.

    `problems` is a folder with a page in Markdown for each code. Without `documents` a page has no links to others, as
    is right where there are none. Raises FileNotFoundError where a file of the pages is
    not installed.
    """

    def __init__(self, documents: Sequence[Document], problems: Path) -> None:
        self._documents = {document.dialect: document for document in documents}
        self._problems = problems
        self._paths = _paths()
        self._files = f"{DOCS}/{_mark()}"

    async def home(self, scope: Scope, rest: str) -> Answer | None:
        """What this is: a page for a browser, else the same as JSON."""
        del rest
        if "text/html" not in (Headers(scope["headers"]).get("accept") or ""):
            links = {document.dialect: document.path for document in self._documents.values()}
            told = {"name": "Appointed", "docs": DOCS, "problems": PROBLEMS, "health": "/health/ready"}
            return Answer(HTTPStatus.OK, encode({**told, "documents": links}), ((b"vary", b"accept"),))
        rows = [
            f"- [{document.title}]({DOCS}?dialect={document.dialect}) to read and try, "
            f"and [as OpenAPI]({document.path})"
            for document in self._documents.values()
        ]
        text = Template(_template("home.md")).substitute(documents="\n".join(rows))
        return self._text("Appointed", text, ((b"vary", b"accept"),))

    async def docs(self, scope: Scope, rest: str) -> Answer | None:
        """The page to read and try, and beneath it the files it is made of."""
        if rest:
            return await self.file(scope, rest)
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("dialect")
        document = self._documents.get(asked[0] if asked else next(iter(self._documents)))
        if document is None:
            return None
        page = Template(_template("docs.html")).substitute(
            title=escape(document.title),
            document=escape(document.path),
            files=self._files,
            links=self._links(document),
        )
        return Answer(HTTPStatus.OK, page.encode(), _PAGE_HEADERS)

    async def problem(self, scope: Scope, rest: str) -> Answer | None:
        """What one code means, or the list of all."""
        del scope
        code = rest[1:]
        if not rest:
            codes = sorted(page.stem for page in self._problems.glob("*.md") if _CODE.fullmatch(page.stem))
            return self._text("Problems", "# Problems\n\n" + "\n".join(f"- [`{each}`]({each}.md)" for each in codes))
        page = self._problems / f"{code}.md"
        if not _CODE.fullmatch(code) or not page.is_file():
            return None
        return self._text(code, page.read_text(encoding="utf-8"))

    async def file(self, scope: Scope, rest: str) -> Answer | None:
        """One of the files that pages are made of, beneath the path of the documents' page."""
        mark, _, name = rest[1:].partition("/")
        path = self._paths.get(name)
        if path is None or f"{DOCS}/{mark}" != self._files:
            return None
        file = await asyncio.to_thread(_read, path)
        headers = (
            (b"content-type", file.media_type.encode()),
            (b"cache-control", b"public, max-age=31536000, immutable"),
            (b"vary", b"accept-encoding"),
            (b"x-content-type-options", b"nosniff"),
        )
        if file.zipped is not None and "gzip" in (Headers(scope["headers"]).get("accept-encoding") or ""):
            return Answer(HTTPStatus.OK, file.zipped, (*headers, (b"content-encoding", b"gzip")))
        return Answer(HTTPStatus.OK, file.body, headers)

    def _text(self, title: str, markdown: str, more: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
        links = f'<a href="{HOME}">Home</a> {self._links(None)}' if self._documents else ""
        page = Template(_template("text.html")).substitute(
            title=escape(title), text=_html(markdown), files=self._files, links=links
        )
        return Answer(HTTPStatus.OK, page.encode(), (*_PAGE_HEADERS, *more))

    def _links(self, current: Document | None) -> str:
        links: list[str] = []
        for document in self._documents.values():
            here = ' aria-current="page"' if document is current else ""
            links.append(f'<a href="{DOCS}?dialect={document.dialect}"{here}>{escape(document.title)}</a>')
        return " ".join(links)


def _html(markdown: str) -> str:
    """Markdown as HTML. A link to another code's page leads there, one to any other file of the sources nowhere."""
    parts = _TEXT.parse(markdown)
    for part in parts:
        leads = True
        for child in part.children or ():
            if child.type == "link_open":
                leads = _lead(child)
            if child.type in ("link_open", "link_close") and not leads:
                child.tag = "em"
    return _TEXT.renderer.render(parts, _TEXT.options, {})


def _lead(link: Token) -> bool:
    """Let a link lead where that is from here; whether it leads anywhere."""
    target = str(link.attrGet("href") or "")
    if page := _PAGE_OF_CODE.fullmatch(target):
        link.attrSet("href", f"{PROBLEMS}/{page[1]}")
    elif not target.startswith(("/", "#", "https://")):
        link.attrs = {}
        return False
    return True


def _paths() -> Mapping[str, Path]:
    """Where each file stands. Raises FileNotFoundError."""
    swagger = Path(str(distribution("swagger_ui_py").locate_file("swagger_ui"))) / "static"
    paths = {name: swagger / name for name in _SWAGGER_FILES} | {name: _HERE / name for name in _OWN_FILES}
    for path in paths.values():
        path.stat()
    return paths


@cache
def _mark() -> str:
    """What changes with the contents of the files, so that they may be kept for ever."""
    digest = hashlib.sha256()
    for path in _paths().values():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _read(path: Path) -> _File:
    body = path.read_bytes()
    zipped = None if path.suffix in _NOT_COMPRESSED else gzip.compress(body, 6, mtime=0)
    return _File(body, zipped, _MEDIA_TYPES[path.suffix])


@cache
def _template(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
