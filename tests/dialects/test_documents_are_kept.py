"""Whatever the document of a dialect allows to be asked, and much that it does not, is answered as it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode

from appointed.dialects import DIALECTS
from drawn_requests import Drawn, bounded
from proofs.in_process import InProcess

ROUTES = {f"{dialect.name}.{route.name}": dialect.name for dialect in DIALECTS for route in dialect.routes}


@pytest.mark.parametrize("examples", [10, pytest.param(300, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("name", ROUTES)
def test_what_is_answered_is_what_the_document_says(name: str, examples: int, application: InProcess) -> None:
    """Half of the requests are as the document wants them; of either some name what there is, or say all it takes."""
    drawn = Drawn(application, ROUTES[name])
    operation = drawn.schema.find_operation_by_id(name.partition(".")[2])

    @bounded(examples)
    @given(
        st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)),
        st.sampled_from([lambda case: None, drawn.make_real, drawn.make_good]),
    )
    def ask(case: Any, make: Any) -> None:
        make(case)
        drawn.check(case)

    ask()
