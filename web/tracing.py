"""OpenTelemetry traces of requests, where they are switched on; off, nothing of it is loaded.

Spec: OpenTelemetry semantic conventions for HTTP servers 1.23 (stable), W3C Trace Context. A span
holds the route, never the path, which may name a card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from web.settings import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_SCOPE = "cardsvc"
_HEADERS = ("traceparent", "tracestate")


def open_exporting_provider() -> TracerProvider:
    """Return a provider that sends spans as the ``OTEL_EXPORTER_OTLP_…`` variables say.

    Raises:
        SettingsError: the packages are not installed (``cardsvc[traces]``).
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError("traces: install cardsvc[traces] first") from error
    provider = TracerProvider(resource=Resource.create({"service.name": _SCOPE}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def register_tracing(app: Flask, provider: TracerProvider) -> None:
    """Make a span of every request, within the caller's trace where it brings one."""
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    tracer = provider.get_tracer(_SCOPE)
    propagator = TraceContextTextMapPropagator()

    @app.before_request
    def begin() -> None:
        brought = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        route = request.url_rule.rule if request.url_rule is not None else ""
        g.span = tracer.start_span(
            f"{request.method} {route}".strip(),
            context=propagator.extract(brought),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": request.method, "http.route": route},
        )

    @app.after_request
    def end(response: Response) -> Response:
        span = g.pop("span", None)
        if span is not None:
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= 500:
                span.set_status(StatusCode.ERROR)
            span.end()
        return response
