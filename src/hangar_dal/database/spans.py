"""Spans of OpenTelemetry, with the names and attributes of its conventions for databases. Above `observing`.

https://opentelemetry.io/docs/specs/semconv/database/database-spans/ (stable). A span is made when its statement has
ended, with the time at which it began. Its parent is the span that is current in the task that runs the statement.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from hangar_dal.database.observing import Ended, Observer, Where
from hangar_dal.extras import needing


def make_spans() -> Observer:
    """Return an observer that makes a span for each statement. Raises `NotInstalled` without opentelemetry-api."""
    with needing("opentelemetry"):
        trace: Any = import_module("opentelemetry.trace")  # an extra, whose types mypy need not find
    tracer = trace.get_tracer("hangar_dal", version("hangar-dal"))

    def observer(ended: Ended) -> None:
        event = ended.event
        span = tracer.start_span(
            event.query, kind=trace.SpanKind.CLIENT, start_time=ended.began, attributes=_attributes(ended)
        )
        if event.error is not None:
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended.began + round(event.seconds * 1e9))

    return observer


def _attributes(ended: Ended) -> dict[str, Any]:
    event, error = ended.event, ended.event.error
    # BEGIN and COMMIT are operations. A query is not named by the first word of its text, as the conventions demand.
    own = (
        {"db.operation.name": event.query}
        if ended.text is None
        else {"db.query.summary": event.query, "db.query.text": ended.text}
    )
    failed = {
        "error.type": f"{error.__module__}.{error.__qualname__}" if error else None,
        "db.response.status_code": ended.sqlstate,
    }
    every = {"db.system.name": event.dialect, **_place(ended.where), **own, **failed}
    return {name: value for name, value in every.items() if value is not None}


def _place(where: Where) -> dict[str, Any]:
    return {"db.namespace": where.database, "server.address": where.host, "server.port": where.port}
