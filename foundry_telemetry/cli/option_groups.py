"""Options that belong together as one parameter of a command: typer itself takes options one by one only."""

# No `from __future__ import annotations`: the annotations of commands are read here.

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import Parameter, signature
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command as typer wants it: in the place of a parameter that is a `NamedTuple` stand its fields.

    Args:
        command: Its groups have no defaults; their fields have, and each is annotated as an option.
    """
    own = signature(command).parameters
    groups = {name: one.annotation for name, one in own.items() if hasattr(one.annotation, "_fields")}

    @wraps(command)
    def flat(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field: given.pop(field) for field in group._fields})
        command(**given)

    parameters = [part for name, one in own.items() for part in _parameters(one, groups.get(name))]
    flat.__signature__ = signature(command).replace(parameters=parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {one.name: one.annotation for one in parameters}
    return flat


def _parameters(parameter: Parameter, group: Any) -> Iterator[Parameter]:
    """A parameter, or those that a group stands for."""
    if group is None:
        yield parameter
        return
    annotations = get_type_hints(group, include_extras=True)
    for name, field in signature(group).parameters.items():
        yield field.replace(kind=Parameter.KEYWORD_ONLY, annotation=annotations[name])
