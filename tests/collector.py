"""An OpenTelemetry collector that keeps what it is sent: OTLP over HTTP with protobuf."""

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector:
    """Listens on loopback; `fails` answers it with a status instead."""

    def __init__(self):
        self.raw, self.headers, self.fails = [], [], None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.headers.append((self.path, dict(self.headers)))
                if outer.fails is None:
                    zipped = self.headers.get("Content-Encoding") == "gzip"
                    outer.raw.append(gzip.decompress(body) if zipped else body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(outer.fails or 200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def resources(self) -> list:
        """Attributes of the resources, and the spans of each."""
        found = []
        for raw in list(self.raw):
            for resource in ExportTraceServiceRequest.FromString(raw).resource_spans:
                spans = [span for scope in resource.scope_spans for span in scope.spans]
                found.append((attributes(resource.resource), spans))
        return found

    def spans(self, name: str | None = None) -> list:
        spans = [span for _, spans in self.resources() for span in spans]
        return [span for span in spans if name is None or span.name == name]

    def wait(self, name: str, count: int = 1, seconds: float = 30) -> list:
        """Spans of this name, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(self.spans(name)) < count:
            assert time.monotonic() < deadline, [span.name for span in self.spans()]
            time.sleep(0.05)
        return self.spans(name)


def attributes(of) -> dict:
    return {
        pair.key: pair.value.string_value or pair.value.int_value for pair in of.attributes
    }
