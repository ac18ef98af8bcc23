"""What is wrong with a template: its expressions, what they name, what it would tie to one place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dashboards.builder.arm.deployment import CLOUDS, ParameterError, deploy
from dashboards.builder.arm.expressions import Call, Constant, ExpressionError, calls, is_expression, parse
from dashboards.builder.arm.functions import arity
from foundry_telemetry.kql.problems import Problem
from foundry_telemetry.kql.table_plans import ANALYTICS

Json = Mapping[str, Any]

MOST_EXPRESSION_CHARACTERS: Final = 24_576
MOST_TEXT_CHARACTERS: Final = 131_072
MOST_PARAMETERS: Final = 256
MOST_RESOURCES: Final = 800
"""Limits of Azure Resource Manager."""

_OURS: Final = ("parameters", "variables")
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIED: Final = re.compile(rf"/subscriptions/[0-9a-f]|^{_UUID}$", re.IGNORECASE)
"""Ids that only one subscription has."""

_FOR_PEOPLE: Final = ("description", "metadata", "$schema")
"""Keys whose text is for people."""


def wrong(template: Json) -> Iterator[Problem]:
    """Everything that is wrong with `template`."""
    yield from _sizes(template)
    broken = [*_expressions(template), *_unused(template)]
    yield from broken
    yield from _tied(template)
    yield from _plans(template)
    if not broken:
        yield from _undeployable(template)


def strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text, where it stands, those for people left out."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in _FOR_PEOPLE:
                yield from strings(one, f"{place}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from strings(one, f"{place}[{index}]")


def _called(template: Json) -> Iterator[tuple[str, Call]]:
    """Every call of a well-formed expression."""
    for place, text in strings(template):
        if is_expression(text):
            try:
                yield from ((place, call) for call in calls(parse(text)))
            except ExpressionError:  # `_expressions` reports it
                continue


def _sizes(template: Json) -> Iterator[Problem]:
    for reported, most in (("parameters", MOST_PARAMETERS), ("resources", MOST_RESOURCES)):
        if len(template[reported]) > most:
            yield Problem(reported, f"there are {len(template[reported])}; at most {most}")


def _expressions(template: Json) -> Iterator[Problem]:
    for place, text in strings(template):
        if not is_expression(text):
            if len(text) > MOST_TEXT_CHARACTERS:
                yield Problem(place, f"a text of {len(text)} characters; at most {MOST_TEXT_CHARACTERS}")
            continue
        if len(text) > MOST_EXPRESSION_CHARACTERS:
            yield Problem(
                place, f"an expression of {len(text)} characters; at most {MOST_EXPRESSION_CHARACTERS}"
            )
        try:
            parse(text)
        except ExpressionError as error:
            yield Problem(place, str(error))
    for place, call in _called(template):
        yield from _call(place, call, template)


def _call(place: str, call: Call, template: Json) -> Iterator[Problem]:
    known = arity(call.name)
    if known is None:
        yield Problem(place, f"the function {call.name} is not known")
        return
    least, most = known
    if len(call.arguments) < least or (most is not None and len(call.arguments) > most):
        yield Problem(place, f"the function {call.name} does not take {len(call.arguments)} arguments")
    elif call.name in _OURS:
        match call.arguments[0]:
            case Constant(name) if name in template.get(call.name, {}):
                return
            case Constant(name):
                yield Problem(place, f"there is no {name!r} among the {call.name}")
            case _:
                yield Problem(place, f"the name given to {call.name} must be a text")


def _unused(template: Json) -> Iterator[Problem]:
    used = {(call.name, argument) for _, call in _called(template) for argument in call.arguments}
    for kind in _OURS:
        for name in template.get(kind, {}):
            if (kind, Constant(name)) not in used:
                yield Problem(f"{kind}.{name}", "is used nowhere")


def _tied(template: Json) -> Iterator[Problem]:
    for place, text in strings(template):
        found = _TIED.search(text)
        if found:
            yield Problem(place, f"names {found[0]!r}, which others have not")
    for resource in template["resources"]:
        if not is_expression(resource["name"]):
            yield Problem(resource["type"], f"has the fixed name {resource['name']!r}")
        region = resource.get("location", "Global")
        if region != "Global" and not is_expression(region):
            yield Problem(resource["type"], f"has the fixed region {region!r}")


def _plans(template: Json) -> Iterator[Problem]:
    """Tables on a plan on which alert rules and joins do not work."""
    for resource in template["resources"]:
        plan = resource.get("properties", {}).get("plan", ANALYTICS)
        if resource["type"].endswith("/workspaces/tables") and plan != ANALYTICS:
            yield Problem(
                resource["name"], f"is on the plan {plan}: queries and alert rules need {ANALYTICS}"
            )


def _undeployable(template: Json) -> Iterator[Problem]:
    """Whether it has a value for every expression, with nothing chosen and with everything."""
    for cloud in CLOUDS:
        for values in ({}, everything(template)):
            try:
                made = deploy(template, values, cloud=cloud).resources
            except (ExpressionError, ParameterError) as error:
                yield Problem("template", f"cannot be deployed to {cloud} with {values}: {error}")
                continue
            yield from _made_twice(made)
            yield from _elsewhere(made, cloud)


def _made_twice(made: Sequence[Json]) -> Iterator[Problem]:
    for (kind, name), count in Counter((one["type"], one["name"]) for one in made).items():
        if count > 1:
            yield Problem("template", f"makes {kind} {name} {count} times")


def _elsewhere(made: Sequence[Json], cloud: str) -> Iterator[Problem]:
    """Addresses of another cloud's portal."""
    for resource in made:
        for place, text in strings(resource):
            for portal in CLOUDS.values():
                if portal in text and portal != CLOUDS[cloud]:
                    yield Problem(f"{resource['type']}.{place}", f"names {portal} in {cloud}")


def everything(template: Json) -> dict[str, object]:
    """Values with which every resource is deployed."""
    wanted: dict[str, object] = {"monthlyBudgetUsd": 1_000, "alertEmail": "on-call@example.com"}
    flags = {name for name, rule in template["parameters"].items() if rule["type"] == "bool"}
    return {name: value for name, value in wanted.items() if name in template["parameters"]} | dict.fromkeys(
        flags, True
    )
