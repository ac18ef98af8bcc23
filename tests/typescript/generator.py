"""`python -m tests.typescript.generator` writes the generated modules of ``examples/typescript``.

They hold what the library has in tables: the fields of the ledger event, the causes with the signs by which
they are known, and what is read of the wire. Nothing of it is written by hand in TypeScript.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from foundry_telemetry import attempt, outcomes
from foundry_telemetry.attribution import tags
from foundry_telemetry.instrumentation import calls
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import metric_table, value
from foundry_telemetry.schema.field_table import LEDGER
from foundry_telemetry.schema.row import Row
from foundry_telemetry.wire import (
    causes,
    claims,
    entra_codes,
    error_body,
    error_phrases,
    errors,
    events,
    exceptions,
    headers,
    http_date,
    lines,
    message,
    request_matcher,
    sanitize,
    stream_detection,
    usage,
)
from tests.typescript.absent import ABSENT, AT_TIMES
from tests.typescript.literals import camel, constants, literal, typed, whole

FOLDER: Final = Path(__file__).parents[2] / "examples/typescript/src/generated"
_HEAD: Final = "/* Made from {source} by `python -m tests.typescript.generator`; do not edit it. */\n"
_TYPES: Final = {str: "string", int: "number", float: "number", bool: "boolean"}
_ONE_OF: Final = re.compile(r"`[\w.]+`(?:, `[\w.]+`)*").fullmatch


# Fields.


def _type(row: Row) -> str:
    if row.is_text and _ONE_OF(row.constraint.says):
        return " | ".join(json.dumps(word) for word in re.findall(r"`([\w.]+)`", row.constraint.says))
    return _TYPES[row.constraint.type]


def _written() -> list[Row]:
    """Rows that are read of the facts of an attempt."""
    return [row for row in LEDGER if row.path and row.name not in ABSENT.keys() - AT_TIMES]


def _tree() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in _written():
        *parents, last = map(camel, row.path.split("."))
        place = found
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = row
    return found


def _shape(tree: Mapping[str, Any], depth: int = 1) -> Iterator[str]:
    indent = "  " * depth
    for name, part in tree.items():
        if isinstance(part, Row):
            yield f"{indent}/** {part.meaning.replace('``', '`')} */"
            yield f"{indent}readonly {name}: {_type(part)} | undefined;"
        else:
            yield f"{indent}readonly {name}:"
            yield f"{indent}  | {{"
            yield from _shape(part, depth + 2)
            yield f"{indent}    }}"
            yield f"{indent}  | undefined;"


def fields() -> str:
    """The fields of the ledger event, and the type of the facts that they are read of."""
    rows = (
        {"name": row.name, "path": list(map(camel, row.path.split("."))), "inMs": row.in_ms}
        for row in _written()
    )
    table = "".join(f"  {literal(row)},\n" for row in rows)
    constant = {names.CUSTOM_EVENT: value.EVENT_NAME, names.SCHEMA_VERSION: value.SCHEMA}
    shape = "\n".join(_shape(_tree()))
    return (
        "/** The facts of one finished attempt; what is unknown is undefined, never zero. */\n"
        f"export interface Observation {{\n{shape}\n}}\n\n"
        "/** Which field is read from where; `inMs`: seconds that are written as milliseconds. */\n"
        f"export const FIELDS = [\n{table}] as const;\n\n"
        "/** On every event. */\n"
        f"{constants(CONSTANT=constant)}\n"
        + constants(EVENT_NAME=value.EVENT_NAME, SCOPE=value.SCOPE, TAG_PREFIX=value.TAG_PREFIX)
        + constants(
            TAG_KEY=re.compile(f"^(?:{tags._KEY.pattern})$"),
            MAX_TAG_VALUE=tags._MAX_VALUE,
            PERSONAL_TAGS=tags.PERSONAL,
        )
        + constants(
            DROPPED_METRIC=metric_table.DROPPED,
            DROP_REASON=names.DROP_REASON,
            DROP_SIGNAL=names.DROP_SIGNAL,
            REASONS={each.name.lower(): str(each) for each in value.Reason},
            SIGNALS={each.name.lower(): str(each) for each in value.Signal},
        )
    )


# Causes.


def _sign(sign: error_phrases.Sign) -> str:
    known = whole(sign.value) if sign.evidence == "pattern" else sign.value
    return literal({
        "evidence": sign.evidence,
        "value": known,
        "cause": sign.cause,
        "isSpecific": sign.is_specific,
        "ofGateway": sign.of_gateway,
    })  # fmt: skip


def _class(known: causes.FailureClass) -> dict[str, Any]:
    return {"owner": known.owner, "retryable": known.retryable, "authFailure": known.auth_failure}


def causes_() -> str:
    """Causes, the signs by which each is known, and who has to act."""
    table = "".join(f"  {name}: {literal(_class(known))},\n" for name, known in causes.CLASSES.items())
    known = "\n".join(f"  | {literal(name)}" for name in causes.CLASSES)
    signs = "".join(f"  {_sign(sign)},\n" for sign in error_phrases.SIGNS)
    of_who: dict[str, dict[str, str]] = {}
    for (origin, owner), instead in causes._OF_WHO_ANSWERED.items():
        of_who.setdefault(origin, {})[owner] = instead
    return (
        'import type { Observation } from "./fields.js";\n\n'
        'export type Failure = NonNullable<Observation["failure"]>;\n'
        'export type Owner = NonNullable<Failure["owner"]>;\n'
        'export type Origin = NonNullable<Failure["origin"]>;\n'
        'export type Outcome = NonNullable<Observation["outcome"]>;\n'
        'export type AuthScheme = NonNullable<Observation["authScheme"]>;\n\n'
        "/** The causes that are known by name. */\n"
        f"export type Cause =\n{known};\n"
        "export type AnyCause = Cause | `http_${number}`;\n\n"
        "/** What follows from a cause alone. */\n"
        "export interface FailureClass {\n"
        "  readonly owner: Owner | null;\n"
        "  readonly retryable: boolean;\n"
        "  readonly authFailure: boolean;\n}\n\n"
        f"export const CLASSES: Readonly<Record<Cause, FailureClass>> = {{\n{table}}};\n\n"
        "/** One thing by which a cause is known. */\n"
        "export type Sign = {\n  readonly cause: Cause | null;\n  readonly isSpecific: boolean;\n"
        "  readonly ofGateway: boolean;\n} & (\n"
        '  | { readonly evidence: "code" | "phrase" | "type"; readonly value: string }\n'
        '  | { readonly evidence: "pattern"; readonly value: RegExp }\n'
        '  | { readonly evidence: "status"; readonly value: number }\n);\n\n'
        "/** The first that holds counts. */\n"
        f"export const SIGNS: readonly Sign[] = [\n{signs}];\n\n"
        "/** Generic failures of the two services are those of the one that answered. */\n"
        "export const OF_WHO_ANSWERED: Readonly<Record<string, Readonly<Record<string, Owner>>>> = "
        f"{literal(of_who)};\n"
        f"export const OF_STATUS: Readonly<Record<number, Owner>> = {literal(causes._OF_STATUS)};\n"
        f"export const ENTRA_CAUSES: Readonly<Record<string, Cause>> = "
        f"{literal({code: row.cause for code, row in entra_codes.ENTRA_CODES.items()})};\n"
        + typed(
            "ReadonlySet<string>",
            NOBODY=causes._NOBODY,
            OF_ITSELF=claims.OF_ITSELF,
            CODES=error_phrases.CODES,
        )
        + typed("ReadonlySet<string>", CUT_SHORT=outcomes.CUT_SHORT)
        + typed(
            "ReadonlySet<number>",
            RETRIED=causes._RETRIED,
            SAME_REQUEST=outcomes.SAME_REQUEST,
            SURE_ON_AZURE=errors._SURE_ON_AZURE,
            NOT_ABOUT_THE_REQUEST=errors._NOT_ABOUT_THE_REQUEST,
        )
        + typed("ReadonlySet<string | null>", ABOUT_THE_REQUEST=errors._ABOUT_THE_REQUEST)
        + constants(
            OTHER_CREDENTIAL_CAUSE=entra_codes.OTHER,
            FIRST_ERROR=outcomes.FIRST_ERROR,
            FIRST_REDIRECT=outcomes.FIRST_REDIRECT,
            FIRST_SERVER_ERROR=causes._FIRST_SERVER_ERROR,
        )
    )


# The wire.

_PATTERNS: Final[Mapping[str, Callable[[], Any]]] = {
    "ID": lambda: whole(sanitize._ID),
    "NAME": lambda: whole(sanitize._NAME),
    "ODD": lambda: sanitize._ODD,
    "REVEALING": lambda: whole(sanitize._REVEALING),
    "WORD": lambda: whole(sanitize._WORD),
    "LABEL": lambda: whole(sanitize._LABEL),
    "GUID": lambda: whole(sanitize._GUID),
    "CODE": lambda: whole(error_body._CODE),
    "UPSTREAM_ID": lambda: whole(error_body._UPSTREAM_ID),
    "AUDIENCE_URL": lambda: whole(claims._URL),
    "BASE64": lambda: whole(claims._BASE64),
    "AADSTS": lambda: claims._AADSTS,
    "ENTRA_TRACE_ID": lambda: claims._TRACE_ID,
    "ENTRA_CORRELATION_ID": lambda: claims._CORRELATION_ID,
    "DECIMAL": lambda: whole(headers._DECIMAL),
    "USER_AGENT": lambda: whole(headers._USER_AGENT),
    "UNSUPPORTED_PATH": lambda: whole(request_matcher._UNSUPPORTED),
    "DATE_TO_THE_HOUR": lambda: re.compile(f"^{http_date._TO_THE_HOUR.__self__.pattern.decode()}"),
}
_LIMITS: Final[Mapping[str, Any]] = {
    "MAX_ID": sanitize._MAX_ID,
    "MAX_ODD_NAME": sanitize._MAX_ODD_NAME,
    "MAX_ODD": sanitize._MAX_ODD,
    "MAX_COUNT": sanitize.MAX_COUNT,
    "MAX_TOKEN": claims._MAX_TOKEN,
    "MAX_WAIT_S": headers._MAX_WAIT_S,
    "MAX_HOST": request_matcher._MAX_HOST,
    "MAX_PATH": request_matcher._MAX_PATH,
    "MAX_REQUEST": request_matcher._MAX_BODY,
    "MAX_BODY": attempt._MAX_BODY,
    "MAX_ERROR": attempt._MAX_ERROR,
    "MAX_LINE": lines.MAX_LINE,
    "MAX_EVENT": events.MAX_EVENT,
    "START_BYTES": stream_detection.START_BYTES,
    "MIN_OFFSET_S": http_date.MIN_OFFSET_S,
    "MAX_OFFSET_S": http_date.MAX_OFFSET_S,
    "PATIENCE_S": calls._PATIENCE_S,
    "MAX_WAITING": calls._MOST_SCOPES,
    "MAX_CAUSES": exceptions._MAX_CAUSES,
}


def _texts(given: Any) -> Any:
    return type(given)(each.decode() if isinstance(each, bytes) else each for each in given)


def wire() -> str:
    """What is read of requests and answers, and what values may look like."""
    return (
        constants(OPERATION_PATHS=value.OPERATION_PATHS, OTHER_METHOD=request_matcher.OTHER_METHOD)
        + typed(
            "readonly string[]",
            FOUNDRY_HOSTS=_texts(request_matcher._FOUNDRY_HOSTS),
            STREAM_STARTS=_texts(stream_detection._STARTS),
        )
        + typed(
            "ReadonlySet<string>",
            METHODS=request_matcher._METHODS,
            AUDIENCES=claims._AUDIENCES,
            UNNAMED_EVENTS=_texts(stream_detection.UNNAMED),
            EVENTS_WITH_DATA=_texts(events.WITH_DATA),
            EVENTS_READ=_texts(events.READ),
            USAGE_FIELDS=usage.USAGE_FIELDS,
        )
        + constants(
            FIRST_TOKEN_EVENT=events.FIRST_ONLY,
            AUTH_SCHEMES=[list(map(_text, pair)) for pair in headers._SCHEMES],
        )
        + constants(STREAM_EVENTS={camel(name.decode()): name for name in message.MessageStream._READERS})
        + constants(**{name: make() for name, make in _PATTERNS.items()})
        + constants(**_LIMITS)
    )


def _text(given: str | bytes) -> str:
    return given.decode() if isinstance(given, bytes) else given


FILES: Final[Mapping[str, tuple[str, Callable[[], str]]]] = {
    "fields.ts": ("foundry_telemetry/schema", fields),
    "causes.ts": ("foundry_telemetry/wire", causes_),
    "wire.ts": ("foundry_telemetry/wire", wire),
}
"""Name to what it is made from, and its maker."""


def made() -> dict[str, str]:
    """The text of each file."""
    return {name: _HEAD.format(source=source) + "\n" + make() for name, (source, make) in FILES.items()}


def main() -> None:
    """Write them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in made().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
