"""The floors of the house: imports go down only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import foundry_telemetry

PACKAGE = Path(foundry_telemetry.__file__).parent
FLOORS = (
    ("schema",),
    ("exporters", "dropped_items", "warn_once"),
    ("internal_errors", "disabled"),
    ("wire",),
    ("observation",),
    ("outcomes", "advice"),
    ("attempt", "abandoned_bodies"),
    ("pricing", "attribution", "limits", "kql"),
    ("config",),
    ("signals",),
    ("content",),
    ("instrumentation",),
    ("azure", "logs", "serving"),
    ("ingestion",),
    ("local",),
    ("investigate", "testing"),
    ("demo", "mcp"),
    ("cli",),
)
"""The rooms, bottom to top."""

HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
TOP_ONLY = {"local", "investigate", "testing", "demo", "mcp"}
"""Rooms that nothing below the command line and its demonstration may import."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(module: str) -> str:
    """The room of a dotted name below the package; private modules of `azure` belong to it."""
    first = module.partition(".")[0]
    if first.startswith("_azure"):
        return "azure"
    return "cli" if first == "__main__" else first


def room_of_path(path: Path) -> str:
    """The room a file stands in."""
    return room_of(".".join(path.relative_to(PACKAGE).with_suffix("").parts))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """The syntax of a module; each is read once for all rules."""
    return [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def imported(path: Path) -> Iterator[str]:
    """Absolute names of what a file imports, wherever in it; names imported from the package one by one."""
    package = ["foundry_telemetry", *path.relative_to(PACKAGE).parent.parts]
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *filter(None, [node.module])])
            if module == "foundry_telemetry":
                homes = foundry_telemetry._HOMES
                names = [alias.name for alias in node.names if alias.name != "__version__"]
                yield from (f"{module}.{homes.get(name, name)}" for name in names)
            else:
                yield module


def name_of(path: Path) -> str:
    """A file's path below the package."""
    return str(path.relative_to(PACKAGE))


def test_imports_go_down() -> None:
    """A module imports from floors below its own or from its own room."""
    for path in MODULES:
        room = room_of_path(path)
        assert room in HEIGHT, f"{name_of(path)} stands on no floor: give it one here and in the design"
        for module in imported(path):
            if not module.startswith("foundry_telemetry."):
                continue
            target = room_of(module.removeprefix("foundry_telemetry."))
            if target == room:
                continue
            assert HEIGHT[target] < HEIGHT[room], f"{name_of(path)} imports {module}"


LOCAL = ("ingest", "store", "engine", "page", "api")
"""The rooms of `local`, bottom to top; its command and its browser stand above them."""


def test_imports_go_down_within_local() -> None:
    """A room of the local Azure Monitor imports from those below it alone."""
    for path in [path for path in MODULES if "local" in path.parts]:
        room = path.relative_to(PACKAGE).parts[1]
        for module in imported(path):
            target = module.removeprefix("foundry_telemetry.local.").partition(".")[0]
            if room in LOCAL and target in LOCAL and module.startswith("foundry_telemetry.local."):
                assert LOCAL.index(target) <= LOCAL.index(room), f"{name_of(path)} imports {module}"


DATA = sorted(
    path
    for path in PACKAGE.rglob("*.*")
    if path.suffix not in (".py", ".pyc", ".typed", ".md") and "vendor" not in path.parts and path.is_file()
)


def literals(path: Path) -> Iterator[str]:
    """The texts of a module."""
    nodes = nodes_of(path)
    yield from (
        node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_data_files_are_read_from_above() -> None:
    """A file of data belongs to its room: a module names it only from that room or from a higher one."""
    for path in MODULES:
        named = {text.rpartition("/")[2] for text in literals(path)}
        for file in DATA:
            if file.name in named:
                assert HEIGHT[room_of_path(path)] >= HEIGHT[room_of_path(file)], (
                    f"{name_of(path)}: {file.name}"
                )


def test_nothing_shipped_imports_the_builder() -> None:
    """What makes the committed artefacts stands outside of the package, and above all of it."""
    assert [
        name_of(path) for path in MODULES if any(m.startswith("dashboards") for m in imported(path))
    ] == []


def test_top_rooms_are_for_the_command_line() -> None:
    """`local`, `investigate` and `testing` are imported by the command line, `mcp` and themselves alone."""
    for path in MODULES:
        room = room_of_path(path)
        used = {
            room_of(module.removeprefix("foundry_telemetry."))
            for module in imported(path)
            if module.startswith("foundry_telemetry.")
        }
        assert room in ("demo", "mcp", "cli") or not (used & TOP_ONLY) - {room}, name_of(path)


LOW = [path for path in MODULES if HEIGHT.get(room_of_path(path), len(FLOORS)) < HEIGHT["instrumentation"]]


def test_no_client_and_no_async_below_the_integrations() -> None:
    """Below `instrumentation` nothing knows a client or awaits; below `signals` nothing knows OpenTelemetry.

    `attribution` awaits the application's own functions, which it decorates; it is on no attempt's path.
    """
    for path in LOW:
        used = {module.split(".")[0] for module in imported(path)}
        assert not used & {"httpx", "httpx2", "anthropic", "asyncio", "anyio", "azure"}, name_of(path)
        if HEIGHT[room_of_path(path)] < HEIGHT["signals"]:
            assert "opentelemetry" not in used, name_of(path)
        nodes = nodes_of(path)
        awaiting = [node for node in nodes if isinstance(node, (ast.AsyncFunctionDef, ast.Await))]
        assert not awaiting or room_of_path(path) == "attribution", name_of(path)


def test_slow_packages_have_their_rooms() -> None:
    """Packages that take long to import are used only in the rooms made for them."""
    for path in MODULES:
        allowed = {
            "azure": {"azure", "investigate", "demo", "cli"},
            "structlog": {"logs", "demo", "cli"},
            "re2": {"content"},
            "stdnum": {"content"},
            "phonenumbers": {"content"},
            "anthropic": {"instrumentation", "testing", "demo", "cli"},
            "duckdb": {"local", "investigate"},  # Parquet files of `reconcile`, at their first use
            "duckdb_kql": {"local"},
            "google": {"local"},
            "mcp": {"mcp"},
            "platformdirs": {"local"},
            "starlette": {"serving", "ingestion", "testing", "local", "demo"},
            "uvicorn": {"serving"},
        }
        for module in imported(path):
            rooms = allowed.get(module.split(".")[0])
            assert rooms is None or room_of_path(path) in rooms, f"{name_of(path)} imports {module}"
