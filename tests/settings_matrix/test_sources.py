"""The table has every variable that the installed packages read, and says of the others why not."""

from __future__ import annotations

import ast

import pytest

from tests.settings_matrix.sources import Sources, sources
from tests.settings_matrix.unread import UNREAD
from tests.settings_matrix.variables import COMPOSED, NO_VARIABLES, VARIABLES

ADD = "add it to tests/settings_matrix/variables.py with values that may hurt"


@pytest.mark.long
def test_every_variable_is_tried() -> None:
    """A variable that a new release reads is noticed here, and one that nobody reads any more is too."""
    tried = {variable.name for variable in VARIABLES}
    read = sources().read - NO_VARIABLES.keys()
    assert not read - tried, ADD
    assert not tried - read - COMPOSED, "nobody reads it any more: take it out of variables.py"
    assert sources().named.keys() - sources().read == UNREAD, "name it in tests/settings_matrix/unread.py"


def test_each_variable_once() -> None:
    """No row hides another, and each has a value that is small, huge or nonsense."""
    names = [variable.name for variable in VARIABLES]
    assert len(names) == len(set(names))
    assert all({"huge", "nonsense"} <= variable.values.keys() for variable in VARIABLES)


def test_named_is_not_read() -> None:
    """A name that only a list of names has is not read; one that code refers to, or has in its midst, is."""
    found = Sources()
    found.look(ast.parse('A_NAME = "OTEL_A"\nB_NAME = "OTEL_B"'), "one")
    found.look(ast.parse('os.environ.get(names.A_NAME), os.environ["OTEL_C"], f"OTEL_{d}_X"'), "two")
    assert set(found.named) == {"OTEL_A", "OTEL_B", "OTEL_C", "OTEL_"}
    assert found.read == {"OTEL_A", "OTEL_C", "OTEL_"}
    assert found.named["OTEL_A"] == {"one"}
