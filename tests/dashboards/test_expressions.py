"""The expression language of Azure's templates is read and evaluated as Azure documents it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.builder.arm.deployment import Deployment, ParameterError, deploy, resource_id
from dashboards.builder.arm.expressions import (
    Call,
    Constant,
    ExpressionError,
    Member,
    calls,
    is_expression,
    literal,
    parse,
    quoted,
    unescaped,
)

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/telemetry"


def reported(value: Any, parameters: dict[str, Any] | None = None, **more: Any) -> Any:
    """What an expression of an output is."""
    declared = {name: {"type": "string", "defaultValue": one} for name, one in (parameters or {}).items()}
    template = {"parameters": declared, "resources": [], "outputs": {"it": {"value": value}}, **more}
    return deploy(template).outputs["it"]


VALUES: dict[str, Any] = {
    "['it''s']": "it's",
    "[-12]": -12,
    "[ concat( 'a' , 'b' ) ]": "ab",
    "[concat('a', 1)]": "a1",
    "[concat(createArray('a'), createArray('b', 2))]": ["a", "b", 2],
    "[format('{0}/{1}/{0} {{x}}', 'a', 3)]": "a/3/a {x}",
    "[replace('a-a', 'a', '''')]": "'-'",
    "[string(12)]": "12",
    "[string('a')]": "a",
    "[string(createObject('a', createArray(1)))]": '{"a":[1]}',
    "[if(empty(''), 'yes', 'no')]": "yes",
    "[if(not(empty('')), parameters('nope'), 'no')]": "no",
    "[and(greater(2, 1), not(greater(1, 1)))]": True,
    "[max(1, 3, 2)]": 3,
    "[join(createArray('a', 'b'), ', ')]": "a, b",
    "[union(createObject('a', 1, 'b', 1), createObject('b', 2))]": {"a": 1, "b": 2},
    "[environment().portal]": "https://portal.azure.com",
    "[resourceGroup().id]": GROUP,
    "[resourceId('A.B/c/d', 'x', 'y')]": f"{GROUP}/providers/A.B/c/x/d/y",
    "[guid('a', 'b')]": "2d796349-8c7e-55ec-9624-54ece82ed031",
    "no expression": "no expression",
    "[[an expression, but not here]": "[an expression, but not here]",
    "[a text, that ends otherwise": "[a text, that ends otherwise",
}


@pytest.mark.parametrize("text", VALUES)
def test_values(text: str) -> None:
    """Each form has the value that Azure gives it."""
    assert reported(text) == VALUES[text]


BROKEN = {
    "[]": "expected a text in quotes",
    "[concat('a']": "expected a comma or a closing parenthesis at position 12",
    "[concat('a'))]": "expected the end at position 13",
    "['a]": "expected a text in quotes",
    "[concat('a',)]": "expected a text in quotes",
    "[parameters]": "expected a text in quotes",
    "[environment().]": "expected the name of a property",
    "[nope('a')]": "no property nope",
    "[parameters('nope')]": "no property nope; there are none",
    "[environment().nope]": "no property nope; there are name, portal",
    "[resourceId('A.B/c/d', 'x')]": "A.B/c/d needs 2 names, not 1",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_expression_is_reported(text: str) -> None:
    """What cannot be read or has no value says what was expected where."""
    with pytest.raises(ExpressionError) as error:
        reported(text)
    assert BROKEN[text] in str(error.value)


@given(st.text())
def test_any_text_can_be_a_literal(text: str) -> None:
    """What is written as a literal means itself, whatever it looks like."""
    assert not is_expression(literal(text))
    assert unescaped(literal(text)) == text
    assert reported(literal(text)) == text


@given(st.text())
def test_any_text_can_stand_inside(text: str) -> None:
    """A quoted text means itself, quotes and brackets included."""
    assert reported(f"[concat({quoted(text)}, '')]") == text


def test_the_tree_of_an_expression() -> None:
    """Calls are found at any depth, outer ones first."""
    node = parse("[format('{0}', reference(variables('a'), '1').x)]")
    assert node == Call(
        "format",
        (
            Constant("{0}"),
            Member(Call("reference", (Call("variables", (Constant("a"),)), Constant("1"))), "x"),
        ),
    )
    assert [call.name for call in calls(node)] == ["format", "reference", "variables"]


def test_parameters_and_variables_may_use_each_other() -> None:
    """A default may be an expression over other parameters, a variable one over both; keys may be too."""
    value = {"[parameters('a')]": ["[variables('v').w]", 1, True, None]}
    variables = {"v": {"w": "[concat(parameters('b'), '!')]"}}
    assert reported(value, {"a": "x", "b": "[concat(parameters('a'), 'y')]"}, variables=variables) == {
        "x": ["xy!", 1, True, None]
    }


RULES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "unknown": ({}, {"b": 1}, "there is no parameter b"),
    "missing": ({"a": {"type": "int"}}, {}, "the parameter a has no value"),
    "type": ({"a": {"type": "int"}}, {"a": "1"}, "a is '1': must be of type int"),
    "flag": ({"a": {"type": "int"}}, {"a": True}, "a is True: must be of type int"),
    "allowed": ({"a": {"type": "string", "allowedValues": ["x", "y"]}}, {"a": "z"}, "must be one of x, y"),
    "least": ({"a": {"type": "int", "minValue": 3}}, {"a": 2}, "minValue is 3"),
    "most": ({"a": {"type": "int", "maxValue": 3}}, {"a": 4}, "maxValue is 3"),
    "shortest": ({"a": {"type": "string", "minLength": 1}}, {"a": ""}, "minLength is 1"),
    "longest": ({"a": {"type": "array", "maxLength": 1}}, {"a": [1, 2]}, "maxLength is 1"),
}


@pytest.mark.parametrize("name", RULES)
def test_parameters_are_refused_as_azure_does(name: str) -> None:
    """A value that is not allowed ends the deployment before it begins."""
    declared, values, why = RULES[name]
    with pytest.raises(ParameterError) as error:
        deploy({"parameters": declared, "resources": []}, values)
    assert why in str(error.value)


def test_conditions_decide_what_is_made() -> None:
    """A resource whose condition does not hold is not evaluated at all."""
    wanted = {"condition": "[greater(1, 0)]", "name": "[concat('a', 'b')]"}
    unwanted = {"condition": "[greater(0, 1)]", "name": "[nope()]"}
    assert deploy({"resources": [wanted, unwanted, {"name": "c"}]}) == Deployment(
        ({"name": "ab"}, {"name": "c"}), {}
    )


def test_an_id_names_each_part() -> None:
    """Types and names alternate."""
    assert resource_id("A.B/c", ["x"]) == f"{GROUP}/providers/A.B/c/x"
