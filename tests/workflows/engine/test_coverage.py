"""Every element of BPMN works, or is refused with its reason; the reference page says which."""

from __future__ import annotations

import pytest

from tests.workflows.engine.coverage.page import PAGE, ROWS, page
from tests.workflows.engine.coverage.rows import Refused, Row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_element(row: Row | Refused) -> None:
    row.prove()


def test_the_page_is_what_the_tests_prove() -> None:
    assert PAGE.read_text("utf-8") == page()
