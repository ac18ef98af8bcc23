"""Assertions of the stage say what they compared."""

import pytest

pytest.register_assert_rewrite("tests.delivery.stage")
