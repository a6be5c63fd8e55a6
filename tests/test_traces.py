"""Traces, as a collector is sent them."""

import botocore.exceptions
import pytest

from collector import Collector, attributes
from server import DidNotStart, Server
from wire import kms_request

TRACE, PARENT = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
# Batches are sent soon, so that a test need not wait.
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "100"}
STAGES = ["receive", "authenticate", "find", "authorize", "perform", "record"]


@pytest.fixture
def collector():
    one = Collector()
    yield one
    one.stop()


def traced(place, collector, *options, **env) -> Server:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **SOON, **env}
    return Server(place / "data", options=("--traces", *options), env=env).start()


def encrypt(server, key, **headers):
    request = kms_request(server, "Encrypt", {"KeyId": key, "Plaintext": "eA=="})
    request.headers |= headers
    return request.send(server)


def test_a_request_is_a_span_with_its_stages_in_it(tmp_path, collector):
    server = traced(tmp_path, collector, OTEL_SERVICE_NAME="vault")
    try:
        made = server.client().create_key()
        reply = encrypt(server, made["KeyMetadata"]["KeyId"])
        assert reply.status == 200
        (span,) = collector.wait("kms.Encrypt")
        told = attributes(span)
        assert told.pop("aws.request_id") == reply.headers["x-amzn-requestid"]
        assert told == {
            "rpc.system": "aws-api", "rpc.service": "kms", "rpc.method": "Encrypt",
            "http.response.status_code": 200, "client.address": "127.0.0.1",
        }
        assert span.kind == span.SPAN_KIND_SERVER
        collector.wait("record", 2)
        within = [s for s in collector.spans() if s.parent_span_id == span.span_id]
        assert [s.name for s in sorted(within, key=lambda s: s.start_time_unix_nano)] == STAGES
        edges = [span.start_time_unix_nano]
        for stage in sorted(within, key=lambda s: s.start_time_unix_nano):
            assert stage.trace_id == span.trace_id and stage.kind == stage.SPAN_KIND_INTERNAL
            assert stage.start_time_unix_nano == edges[-1]
            edges.append(stage.end_time_unix_nano)
        assert edges == sorted(edges) and edges[-1] <= span.end_time_unix_nano
        for resource, _ in collector.resources():
            assert resource["service.name"] == "vault"
            assert resource["service.version"]
        path, headers = collector.headers[0]
        assert path == "/v1/traces" and headers["content-type"] == "application/x-protobuf"
    finally:
        server.kill()


def test_a_refusal_names_its_code_and_ends_at_its_stage(tmp_path, collector):
    server = traced(tmp_path, collector)
    try:
        with pytest.raises(botocore.exceptions.ClientError):
            server.client(validate=False).describe_key(KeyId="alias/missing")
        (span,) = collector.wait("kms.DescribeKey")
        assert attributes(span)["error.type"] == "NotFoundException"
        assert span.status.code == span.status.STATUS_CODE_UNSET, "that is the caller's"
        collector.wait("record")
        within = [s.name for s in collector.spans() if s.parent_span_id == span.span_id]
        assert sorted(within) == ["authenticate", "receive", "record"]
        assert collector.resources()[0][0]["service.name"] == "strongroom"
    finally:
        server.kill()


def test_a_request_is_part_of_its_callers_trace(tmp_path, collector):
    server = traced(tmp_path, collector)
    try:
        key = server.client().create_key()["KeyMetadata"]["KeyId"]
        xray = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled=1"
        encrypt(server, key, traceparent=f"00-{TRACE}-{PARENT}-01")
        encrypt(server, key, **{"X-Amzn-Trace-Id": xray})
        for span in collector.wait("kms.Encrypt", 2):
            assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
        # One that its caller does not sample is not sent.
        encrypt(server, key, traceparent=f"00-{TRACE}-{PARENT}-00")
        server.client().list_keys()
        collector.wait("kms.ListKeys")
        assert len(collector.spans("kms.Encrypt")) == 2
        # What is none is nobody's.
        encrypt(server, key, traceparent="00-" + "x" * 1000)
        span = collector.wait("kms.Encrypt", 3)[-1]
        assert not span.parent_span_id and span.trace_id.hex() != TRACE
    finally:
        server.kill()


def test_the_sampler_is_chosen_by_its_variables(tmp_path, collector):
    server = traced(tmp_path, collector, OTEL_TRACES_SAMPLER="always_off")
    try:
        server.client().create_key()
        assert server.terminate() == 0
        assert not collector.raw
    finally:
        server.kill()


def test_what_is_left_is_sent_at_the_end_and_headers_are_theirs(tmp_path, collector):
    env = {"OTEL_BSP_SCHEDULE_DELAY": "60000", "OTEL_EXPORTER_OTLP_HEADERS": "x-token=abc"}
    server = traced(tmp_path, collector, **env)
    server.client().create_key()
    assert not collector.raw
    assert server.terminate() == 0
    assert collector.spans("kms.CreateKey")
    assert {headers.get("x-token") for _, headers in collector.headers} == {"abc"}


def test_a_collector_that_does_not_answer_holds_nobody_up(tmp_path, collector):
    collector.fails = 503
    server = traced(tmp_path, collector)
    kms = server.client()
    for _ in range(5):
        kms.create_key()
    collector.stop()
    for _ in range(5):
        kms.create_key()
    assert server.terminate() == 0
    assert "traces are not taken" in server.printed()


def test_without_the_switch_variables_alone_send_nothing(tmp_path, collector):
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **SOON}
    server = Server(tmp_path / "data", env=env).start()
    server.client().create_key()
    assert server.terminate() == 0
    assert not collector.headers


def test_the_file_names_the_collector_and_the_sandbox_lets_it_be_reached(tmp_path, collector):
    (tmp_path / "strongroom.toml").write_text(
        f'[traces]\nenabled = true\nendpoint = "{collector.url}"\n'
    )
    options = ("--config", str(tmp_path / "strongroom.toml"), "--sandbox")
    server = Server(tmp_path / "data", options=options, env=SOON)
    try:
        server.start()
    except DidNotStart as why:
        if "Landlock" in str(why):
            pytest.skip("this kernel has no Landlock")
        raise
    server.client().create_key()
    assert server.terminate() == 0
    assert collector.spans("kms.CreateKey")
