"""A span for each request, where somebody has configured OpenTelemetry. Nothing in it speaks of a person."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from appointed.wire.request import Headers
from appointed.wire.watching import Served

_PROPAGATOR = TraceContextTextMapPropagator()
_SERVER_FAILED = 500


@contextmanager
def request_span(tracer: Tracer, headers: Headers, served: Served) -> Generator[None]:
    """A span around what is done for the request, below the one that the client names in `traceparent`."""
    carrier = {name: value for name in ("traceparent", "tracestate") if (value := headers.get(name))}
    parent = _PROPAGATOR.extract(carrier) if carrier else None
    span = tracer.start_span(served.dialect, context=parent, kind=SpanKind.SERVER)
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield
        finally:
            _describe(span, served)


def _describe(span: Span, served: Served) -> None:
    span.update_name(f"{served.dialect}.{served.operation}")
    span.set_attribute("appointed.dialect", served.dialect)
    span.set_attribute("appointed.request_id", served.request_id)
    span.set_attribute("http.request.method", served.method)
    if served.route is not None:
        span.set_attribute("http.route", served.route.path)
    if served.caller is not None:
        span.set_attribute("appointed.tenant_id", str(served.caller.tenant))
    if served.refusal is not None:
        span.set_attribute("appointed.refusal", served.refusal.code)
    if served.status is not None:
        span.set_attribute("http.response.status_code", served.status)
        if served.status >= _SERVER_FAILED:
            span.set_status(StatusCode.ERROR)
