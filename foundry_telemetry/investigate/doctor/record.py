"""The record of the live call: kept to be shown, and sent by the real exporter to see whether it is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor

from foundry_telemetry.azure.environment import environment
from foundry_telemetry.azure.pipelines import QUIET
from foundry_telemetry.azure.settings import CONNECTION_STRING
from foundry_telemetry.investigate.doctor import texts
from foundry_telemetry.investigate.doctor.exporting import ingestion_endpoint
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok

_SUCCESS: Final = 200


class Ledger(LogRecordProcessor):
    """Takes ledger events."""

    def __init__(self) -> None:
        self.provider = LoggerProvider(shutdown_on_exit=False)
        self.provider.add_log_record_processor(self)
        self.event: Mapping[str, Any] = {}
        """The fields of the last one."""
        self.exports = False
        """Whether they are exported."""
        self.answers: list[int] = []
        """The statuses of the export."""

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Keep the fields."""
        self.event = dict(log_record.log_record.attributes or {})

    def shutdown(self) -> None:
        """Nothing is held."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing is held."""
        return True

    def note(self, response: Any) -> None:
        """Keep the answer to one request of the exporter."""
        self.answers.append(response.http_response.status_code)

    def finding(self) -> Finding:
        """Whether the record was taken."""
        if _SUCCESS in self.answers:
            return ok(texts.EVENT_EXPORT, texts.EVENT_ACCEPTED)
        status = self.answers[-1] if self.answers else 0
        fallback = texts.OTHER_STATUS.format(status=status) if status else texts.NO_STATUS
        seen = texts.EVENT_REJECTED.format(why=texts.BY_STATUS.get(status, fallback))
        return failure(texts.EVENT_EXPORT, seen, texts.FIX_EVENT_REJECTED)


@contextmanager
def ledger(scene: Scene) -> Iterator[Ledger]:
    """A ledger that exports at once while the block runs, where the environment says where to."""
    records = Ledger()
    if ingestion_endpoint(scene) is not None:
        _export(records, scene)
    try:
        yield records
    finally:
        records.provider.shutdown()


def _export(records: Ledger, scene: Scene) -> None:
    from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter  # noqa: PLC0415 - a second

    records.exports = True
    text = scene.variable(CONNECTION_STRING).strip().strip(";")
    with environment({CONNECTION_STRING: None}, QUIET):
        exporter = AzureMonitorLogExporter(
            connection_string=text,
            disable_offline_storage=True,
            raw_response_hook=records.note,
            read_timeout=scene.patience_s,
            retry_total=0,
        )
        records.provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
