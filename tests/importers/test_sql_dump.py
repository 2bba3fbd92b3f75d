"""Dumps are read to the letter: strings, escapes, comments, and what is no dump is refused with a sentence."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appointed.importers.imported import Source, SourceInvalid
from appointed.importers.sql_dump import read_rows
from appointed.importers.sql_text import Flavour

MYSQL, POSTGRESQL = Flavour.MYSQL, Flavour.POSTGRESQL
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def rows(flavour: Flavour, text: str, chunk: int = 1 << 16) -> list[tuple[str | None, ...]]:
    """The values of the rows of table t."""
    chunks = (text[at : at + chunk] for at in range(0, len(text), chunk))
    found = read_rows(Source("x.sql", chunks), flavour, lambda name: name == "t")
    return [tuple(row.values()) for _, row in found]


def of_mysql(value: str | None) -> str:
    """As mysqldump writes it."""
    if value is None:
        return "NULL"
    for plain, written in (("\\", "\\\\"), ("'", "\\'"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\x1a", "\\Z")):
        value = value.replace(plain, written)
    return f"'{value}'"


def of_copy(value: str | None) -> str:
    """As COPY writes it."""
    if value is None:
        return "\\N"
    pairs = (("\\", "\\\\"), ("\b", "\\b"), ("\f", "\\f"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\v", "\\v"))
    for plain, written in pairs:
        value = value.replace(plain, written)
    return value


def of_insert(value: str | None) -> str:
    """As pg_dump --inserts writes it."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.tuples(st.none() | TEXTS, st.none() | TEXTS), min_size=1, max_size=4), chunk=st.integers(1, 9)
)
def test_what_a_dump_writes_is_what_is_read(values, chunk):
    tuples = ",".join(f"({of_mysql(a)},{of_mysql(b)})" for a, b in values)
    assert rows(MYSQL, f"INSERT INTO `t` (`a`,`b`) VALUES {tuples};\n", chunk) == values
    inserts = "".join(f'INSERT INTO public."t" (a, b) VALUES ({of_insert(a)}, {of_insert(b)});\n' for a, b in values)
    assert rows(POSTGRESQL, inserts, chunk) == values
    copied = "".join(f"{of_copy(a)}\t{of_copy(b)}\n" for a, b in values)
    assert rows(POSTGRESQL, f"COPY public.t (a, b) FROM stdin;\n{copied}\\.\n", chunk) == values


@pytest.mark.parametrize(
    ("flavour", "written", "meant"),
    [
        (MYSQL, r"'a\'b''c\\'", r"a'b'c" + "\\"),
        (MYSQL, r"'\%\_\q\t\0\b'", "\\%\\_q\t\0\b"),
        (MYSQL, '"it\'s \\"so\\""', 'it\'s "so"'),
        (MYSQL, "_binary 'x'", "x"),
        (MYSQL, "_utf8mb4 0x4142", "0x4142"),
        (MYSQL, "0x4142", "0x4142"),
        (MYSQL, "-1.5e3", "-1.5e3"),
        (MYSQL, "NULL", None),
        (MYSQL, "'/* no */ -- comment ; )'", "/* no */ -- comment ; )"),
        (POSTGRESQL, r"'a\'", "a\\"),
        (POSTGRESQL, r"'a\n''b'", "a\\n'b"),
        (POSTGRESQL, r"E'a\n\'\\\x41\101\u00e9'", "a\n'\\AAé"),
        (POSTGRESQL, "'{1,2}'::integer[]", "{1,2}"),
        (POSTGRESQL, "'x'::public.\"Kind\"", "x"),
        (POSTGRESQL, "'12:00'::time without time zone", "12:00"),
        (POSTGRESQL, "'x'::character varying(12)", "x"),
        (POSTGRESQL, "true", "true"),
    ],
)
def test_a_value_is_read_to_the_letter(flavour, written, meant):
    for chunk in (1, 3, 100):
        assert rows(flavour, f"INSERT INTO t (a, b) VALUES ({written}, 7);", chunk) == [(meant, "7")]


@pytest.mark.parametrize(
    ("field", "meant"),
    [(r"\N", None), (r"\\N", r"\N"), (r"a\tb", "a\tb"), (r"\x41\101\q", "AAq"), (r"\\\\n", r"\\n"), ("", "")],
)
def test_a_field_of_a_copy_is_read_to_the_letter(field, meant):
    assert rows(POSTGRESQL, f"COPY t (a, b) FROM stdin;\n{field}\t7\n\\.\n") == [(meant, "7")]


def test_columns_are_those_of_the_table_where_a_row_names_none():
    made = "CREATE TABLE IF NOT EXISTS `t` (\n `a` decimal(10,2) DEFAULT '1,2)', `b` enum('x','y;') COMMENT 'it''s',\n"
    keys = " PRIMARY KEY (`a`,`b`), UNIQUE KEY `k` (`b`), CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `u` (`a`)\n);\n"
    assert rows(MYSQL, f"{made}{keys}INSERT IGNORE INTO t VALUES (1,2),(3,4);REPLACE INTO t VALUES (5,6);") == [
        ("1", "2"),
        ("3", "4"),
        ("5", "6"),
    ]


NOISE = {
    MYSQL: [
        "-- it's a comment; 'open\n",
        '# so is this; "open\n',
        "/* and 'this; */",
        "/*!50003 CREATE TRIGGER x; */;\n",
        "INSERT INTO other VALUES ('a;b\\'c', \"(\");\n",
        "SET @a = 'x;y', b = `;`;\n",
        "DELIMITER ;;\nCREATE TRIGGER y BEGIN SET a = 1; INSERT INTO t VALUES ('no'); END ;;\nDELIMITER ;\n",
    ],
    POSTGRESQL: [
        "-- it's a comment; 'open\n",
        "/* and 'this; */",
        '\\connect "it\'s"\n',
        "CREATE FUNCTION f() AS $$ it's; open $$ LANGUAGE sql;\n",
        "CREATE FUNCTION g() AS $b_1$ it's; $$ open $b_1$;\n",
        "INSERT INTO other VALUES ('a;b\\', E'\\'c;');\n",
        "COPY other (a) FROM stdin;\nit's; 'open\n-- $$\n\\.\n",
        'CREATE INDEX a$b ON other USING btree (";");\n',
    ],
}


@pytest.mark.parametrize("flavour", NOISE)
def test_what_is_not_wanted_is_gone_past(flavour):
    for one, other in product(NOISE[flavour], repeat=2):
        text = f"SET a = 1;\n{one}INSERT INTO t (a, b) VALUES (1, 2);\n{other}INSERT INTO t (a, b) VALUES (3, 4);"
        assert rows(flavour, text, 5) == [("1", "2"), ("3", "4")], (one, other)


@pytest.mark.parametrize(
    ("flavour", "text", "said"),
    [
        (MYSQL, "dear all,\nhere is the dump", "x.sql is no dump of a database"),
        (MYSQL, '{"tables": []}', "x.sql is no dump of a database"),
        (POSTGRESQL, "PGDMP\1\16", "pg_restore"),
        (MYSQL, "INSERT INTO t (a) VALUES ('abc", "breaks off"),
        (MYSQL, "INSERT INTO t (a) VALUES (1", "breaks off"),
        (MYSQL, "SET a = 'b", "breaks off"),
        (POSTGRESQL, "COPY t (a) FROM stdin;\n1\n", "breaks off"),
        (POSTGRESQL, "SET a;\nCREATE FUNCTION f() AS $$ no end", "breaks off"),
        (MYSQL, "SET a;\n\nINSERT INTO t VALUES (1);", "x.sql:3: the columns of t are not named"),
        (MYSQL, "INSERT INTO t (a) VALUES\n(1),\n(1, 2);", "x.sql:3: a row of t has 2 values for 1 columns"),
        (MYSQL, "INSERT INTO t (a) SELECT 1;", "x.sql:1: rows for t are told in another way"),
        (POSTGRESQL, "COPY t (a) FROM stdin;\n1\t2\n\\.\n", "a row of t has 2 values for 1 columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(flavour, text, said):
    for chunk in (1, 1000):
        with pytest.raises(SourceInvalid, match=said):
            rows(flavour, text, chunk)


def test_a_dump_is_read_as_it_comes():
    """Rows come out before the text has ended: no more of it is kept than is being looked at."""
    asked = 0

    def endless():
        nonlocal asked
        yield "COPY t (a) FROM stdin;\n"
        while True:
            asked += 1
            yield f"{asked}\n"

    found = read_rows(Source("x.sql", endless()), POSTGRESQL, lambda _: True)
    assert [next(found)[1]["a"] for _ in range(1000)] == [str(number) for number in range(1, 1001)]
    assert asked <= 1002
