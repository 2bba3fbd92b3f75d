"""The published JSON Schema is that of the shape, and says of a file what the reader says."""

import json
import textwrap
from pathlib import Path

import jsonschema
import msgspec
import pytest

from appointed.catalog_file.places import parse
from appointed.catalog_file.schema import DIALECT, schema, schema_text
from appointed.catalog_file.text import FileInvalid, read
from test_file_problems import GOOD
from test_file_round_trip import TENANT

ROOT = Path(__file__).parents[2]
DEMO = sorted((ROOT / "src/appointed/demo").glob("*.yaml"))


def test_the_published_schema_is_the_shapes() -> None:
    """`appointed schema > docs/catalog.schema.json` makes it so."""
    assert (ROOT / "docs/catalog.schema.json").read_text() == schema_text()


def test_it_is_a_schema_of_its_draft() -> None:
    assert schema()["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_field_is_described_or_speaks_for_itself() -> None:
    shapes = schema()["$defs"]
    assert {"BranchShape", "ResourceShape", "ServiceShape", "GroupShape"} <= shapes.keys()
    assert [name for name, shape in shapes.items() if not shape.get("description")] == []


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_the_demos_files_follow_it(path: Path) -> None:
    value, _ = parse(path.read_text())
    jsonschema.validate(value, schema())


@pytest.mark.parametrize(
    ("before", "after"),
    [("name: Main", "nmae: Main"), ("[09:00-17:00]", "[9-5]"), ("30", "0"), ("30", "x"), ("slug: anna", "slug: A B"),
     ("[anna]", "[1]"), ("mon:", "monday:"), ("branches:", "appointed: 2\nbranches:")],
)  # fmt: skip
def test_what_the_reader_refuses_for_its_shape_so_does_the_schema(before: str, after: str) -> None:
    text = GOOD.replace(before, after, 1)
    with pytest.raises(FileInvalid):
        read(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(parse(text)[0], schema())


def test_it_is_json() -> None:
    assert json.loads(schema_text()) == msgspec.json.decode(schema_text()) == schema()


def test_the_clinic_of_the_page_is_a_catalogue() -> None:
    page = (ROOT / "docs/catalogue.md").read_text()
    text = page.partition("```yaml\n")[2].partition("```")[0]
    jsonschema.validate(parse(text)[0], schema())
    assert len(read(text).catalog(TENANT).services) == 2


def test_the_pages_other_examples_mean_what_it_says() -> None:
    page = (ROOT / "docs/catalogue.md").read_text()
    description, family, options = [each.partition("```")[0] for each in page.split("```yaml\n")[2:]]
    branches = "".join(f"  - {{slug: {each}, name: A, time_zone: UTC}}\n" for each in ("centre", "north"))
    catalog = read(f"{options}branches:\n{branches}{family}").catalog(TENANT)
    first, second = catalog.services.values()
    assert catalog.family(first.id) == (first, second)
    assert (catalog.options.languages, catalog.options.combinations) == (("en-GB", "nl-NL", "fr"), True)
    told = read(GOOD.replace("    duration_minutes", f"{textwrap.indent(description, '    ')}    duration_minutes"))
    assert told.file.services[0].description.translations.keys() == {"nl"}
