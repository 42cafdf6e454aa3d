"""Spans of OpenTelemetry follow its conventions for databases, and hold no value."""

import sys
from collections.abc import Callable, Iterator

import psycopg
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hangar_dal import ACCOUNTS, Settings, open_database, users
from hangar_dal.errors import NotInstalled
from hangar_dal.settings import PostgresTarget
from tests.database.observing import CANARY, observed, use


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    """OpenTelemetry has one provider in a process."""
    provider, made = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(made))
    trace.set_tracer_provider(provider)
    return made


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[Callable[[], list[ReadableSpan]]]:
    exporter.clear()
    yield lambda: [*exporter.get_finished_spans()]
    exporter.clear()


async def test_each_statement_is_a_span_below_the_current_one(
    settings: Settings, spans: Callable[[], list[ReadableSpan]]
) -> None:
    async with observed(settings, opentelemetry=True) as (db, events):
        with trace.get_tracer("app").start_as_current_span("request") as request:
            await use(db)
    *found, parent = spans()
    assert parent.name == "request"
    assert [span.name for span in found] == [event.query for event in events]
    for span, event in zip(found, events, strict=True):
        assert span.kind is trace.SpanKind.CLIENT
        assert span.parent is not None
        assert span.parent.span_id == request.get_span_context().span_id
        assert span.end_time - span.start_time == pytest.approx(event.seconds * 1e9, abs=1)
        assert parent.start_time <= span.start_time
    assert all(CANARY not in span.to_json() for span in found)


async def test_a_span_has_the_attributes_of_the_conventions(
    settings: Settings, spans: Callable[[], list[ReadableSpan]]
) -> None:
    async with observed(settings, opentelemetry=True) as (db, _):
        await use(db)
        dialect = db.dialect
    begin, insert, _, _, refused, *_ = spans()
    target = settings.target
    place: dict[str, object] = {"db.namespace": "test.db"}
    if isinstance(target, PostgresTarget):
        with psycopg.connect(target.conninfo) as raw:
            place = {"db.namespace": raw.info.dbname, "server.address": raw.info.host, "server.port": raw.info.port}
    every = {"db.system.name": dialect, **place}
    assert dict(begin.attributes or {}) == {**every, "db.operation.name": "BEGIN"}
    attributes = dict(insert.attributes or {})
    text = attributes.pop("db.query.text")
    assert "INSERT INTO users" in str(text)
    assert attributes == {**every, "db.query.summary": "users.insert_user"}
    assert insert.status.status_code is trace.StatusCode.UNSET
    code = {"sqlite": "SQLITE_CONSTRAINT_PRIMARYKEY", "postgresql": "23505"}[dialect]
    assert dict(refused.attributes or {}) == {
        **every,
        "db.query.summary": "users.insert_user",
        "db.query.text": text,
        "error.type": "hangar_dal.errors.database.UniqueViolation",
        "db.response.status_code": code,
    }
    assert refused.status.status_code is trace.StatusCode.ERROR
    assert refused.status.description is None


async def test_spans_need_their_package(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(NotInstalled, match=r"pip install .hangar-dal\[opentelemetry\]"):
        await open_database(settings.model_copy(update={"opentelemetry": True}), catalog=ACCOUNTS)


async def test_the_log_events_and_spans_share_one_measurement(
    settings: Settings, spans: Callable[[], list[ReadableSpan]], caplog: pytest.LogCaptureFixture
) -> None:
    async with observed(settings, opentelemetry=True, slow_statement=1e-9) as (db, events):
        caplog.clear()
        await users.count_users(db)
    (record,) = (record for record in caplog.records if record.name == "hangar_dal.slow")
    (event,) = events
    assert record.seconds == event.seconds
    assert spans()[-1].name == event.query == record.query == "users.count_users"
