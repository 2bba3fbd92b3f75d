"""OpenTelemetry, where the environment asks for it and its SDK is installed."""

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider, Tracer

from appointed.cli.console import err

ASKED_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
NAME = "appointed"


def tracer(environment: Mapping[str, str] = os.environ) -> Tracer | None:
    """The tracer that spans are made with; None where nobody asked for spans, so that they cost nothing.

    A provider that is set up already, by an instrumenting launcher, is used as it is.
    """
    if not isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
        return trace.get_tracer(NAME)
    asked = next((name for name in ASKED_BY if environment.get(name, "").lower() not in ("", "none")), None)
    if asked is None or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if find_spec("opentelemetry.sdk") is None:
        err.print(f"{asked} is set, but no spans are sent: install its extra otel", style="yellow")
        return None
    _set_up(environment)
    return trace.get_tracer(NAME)


def _set_up(environment: Mapping[str, str]) -> None:
    """Send spans as the variables say; the SDK and its exporter read all others themselves."""
    sdk: Any = import_module("opentelemetry.sdk.trace")
    resources: Any = import_module("opentelemetry.sdk.resources")
    exporting: Any = import_module("opentelemetry.sdk.trace.export")
    name = environment.get("OTEL_SERVICE_NAME") or NAME
    provider = sdk.TracerProvider(resource=resources.Resource.create({"service.name": name}))
    if environment.get("OTEL_TRACES_EXPORTER", "otlp").lower() == "console":
        exporter = exporting.ConsoleSpanExporter()
    else:
        exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter()
    provider.add_span_processor(exporting.BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
