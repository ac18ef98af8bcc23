"""Microsoft's JSON schemas of Azure's resources, from the folder that the environment names."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dashboards.builder.arm.expressions import is_expression

FOLDER = os.environ.get("FOUNDRY_TELEMETRY_ARM_SCHEMAS")
BASE = "https://schema.management.azure.com/schemas/"
FILES = {
    "Microsoft.Dashboard": "Microsoft.Dashboard.json",
    "Microsoft.Insights/actionGroups": "Microsoft.Insights.json",
    "Microsoft.Insights/components": "Microsoft.Insights.Application.json",
    "Microsoft.Insights/scheduledQueryRules": "Microsoft.Insights.json",
    "Microsoft.Insights/workbooks": "Microsoft.Insights.Application.json",
    "Microsoft.OperationalInsights": "Microsoft.OperationalInsights.json",
}
"""How a type begins, and the file that describes it."""


def need_schemas() -> None:
    """Skip where there are none."""
    pytest.importorskip("jsonschema")
    if FOLDER is None:
        pytest.skip("set FOUNDRY_TELEMETRY_ARM_SCHEMAS to a folder with Microsoft's schemas")


def errors_of_resource(resource: Mapping[str, Any]) -> list[str]:
    """What breaks the schema of a resource's type and version; of a child's name it knows the last part."""
    kind, version = resource["type"], resource["apiVersion"]
    if kind.count("/") > 1 and not is_expression(resource["name"]):
        resource = {**resource, "name": resource["name"].rpartition("/")[2]}
    file = next(name for begin, name in FILES.items() if kind.startswith(begin))
    pointer = "/".join(kind.split("/")[1:]).replace("/", "_")
    return _errors({"$ref": f"{BASE}{version}/{file}#/resourceDefinitions/{pointer}"}, resource)


def errors_of_template(template: Mapping[str, Any]) -> list[str]:
    """What breaks the schema of templates, resources aside: these have schemas of their own."""
    frame = {key: value for key, value in template.items() if key != "resources"} | {"resources": []}
    return _errors({"$ref": f"{BASE}2019-04-01/deploymentTemplate.json#"}, frame)


def _errors(schema: Mapping[str, Any], reported: object) -> list[str]:
    from jsonschema import Draft4Validator

    validator = Draft4Validator(schema, registry=_registry())
    return [f"{error.json_path}: {error.message}"[:300] for error in validator.iter_errors(reported)]


@cache
def _registry() -> Any:
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    def retrieve(address: str) -> Any:
        path = Path(str(FOLDER)) / address.removeprefix(BASE).partition("#")[0]
        return Resource.from_contents(json.loads(path.read_bytes()), default_specification=DRAFT4)

    return Registry(retrieve=retrieve)  # type: ignore[call-arg]
