"""Metrics: what is served, what it counts, that documents and dashboard name nothing else."""

import http.client
import json
import re
import time

import botocore.exceptions
import pytest

from metrics import OPENMETRICS, Metrics, get
from server import ROOT, DidNotStart, Server, free_port
from test_root_key import PASSPHRASE, Kept, run
from wire import kms_request

DOCUMENT = ROOT / "docs/observability.md"
GRAFANA = ROOT / "docs/grafana"


class Watched(Server):
    """A server with a listener for metrics."""

    def __init__(self, *arguments, options: tuple = (), **named):
        self.metrics_port = free_port()
        options = (*options, "--metrics", f"127.0.0.1:{self.metrics_port}")
        super().__init__(*arguments, options=options, **named)

    def metrics(self, accept: str | None = None) -> Metrics:
        return Metrics(self.metrics_port, accept)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    one = Watched(tmp_path_factory.mktemp("watched") / "data", tls=True).start()
    yield one
    one.kill()


def test_they_are_on_a_listener_of_their_own_and_only_if_asked_for(watched, server):
    connection = watched.connection()
    connection.request("GET", "/metrics")
    assert connection.getresponse().status in (400, 403, 404), "not on that of the API"
    assert get(watched.metrics_port)[0] == 200
    assert get(watched.metrics_port, "/healthz")[::2] == (200, "ok\n")
    assert get(watched.metrics_port, "/readyz")[::2] == (200, "ready\n")
    for path, method, status in [("/", "GET", 404), ("/metrics/", "GET", 404), ("/metrics", "POST", 405)]:
        assert get(watched.metrics_port, path, method)[0] == status
    connection = server.connection()
    connection.request("GET", "/metrics")
    assert connection.getresponse().status in (400, 403, 404)


def test_both_texts_are_what_the_official_parsers_read(watched):
    plain, open_metrics = watched.metrics(), watched.metrics(OPENMETRICS)
    assert plain.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert open_metrics.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert open_metrics.text.endswith("# EOF\n")
    # The parser of Prometheus's text adds the ending of counters' names to that of their family.
    names = {name.removesuffix("_total") for name in plain.families}
    assert names == {name.removesuffix("_total") for name in open_metrics.families}


def test_requests_are_counted_by_operation_and_outcome(watched):
    kms = watched.client(validate=False)
    key = kms.create_key()["KeyMetadata"]["KeyId"]

    def count(operation, outcome="ok", service="kms"):
        labels = {"service": service, "operation": operation, "outcome": outcome}
        return watched.metrics().value("strongroom_requests_total", **labels)

    def seen(operation):
        labels = {"service": "kms", "operation": operation}
        return watched.metrics().value("strongroom_request_duration_seconds_count", **labels)

    before = count("Encrypt"), count("Encrypt", "NotFoundException"), seen("Encrypt")
    for _ in range(3):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    with pytest.raises(botocore.exceptions.ClientError):
        kms.encrypt(KeyId="alias/missing", Plaintext=b"x")
    after = count("Encrypt"), count("Encrypt", "NotFoundException"), seen("Encrypt")
    assert [b - a for a, b in zip(before, after)] == [3, 1, 4]
    watched.client("sts").get_caller_identity()
    assert count("GetCallerIdentity", service="sts") >= 1
    wrong = watched.client(secret="x" * 40, validate=False)
    with pytest.raises(botocore.exceptions.ClientError):
        wrong.list_keys()
    assert count("ListKeys", "InvalidSignatureException") == 1


def test_what_is_not_served_is_counted_under_one_name(watched):
    """Nothing that a caller writes becomes a label."""
    mark = "Mark" + "x" * 20
    for target, path in [(f"TrentService.{mark}", "/"), (mark, f"/{mark}"), (None, f"/{mark}?{mark}")]:
        connection = watched.connection()
        headers = {"Content-Type": "application/x-amz-json-1.1"}
        headers |= {"X-Amz-Target": target} if target else {}
        connection.request("POST", path, body=b"{}", headers=headers)
        assert connection.getresponse().status >= 400
    metrics = watched.metrics()
    assert mark not in metrics.text
    labels = {"service": "unknown", "operation": "unknown", "outcome": "UnknownOperationException"}
    assert metrics.value("strongroom_requests_total", **labels) >= 1
    outcomes = [s.labels for s in metrics.families["strongroom_requests"].samples]
    assert not [labels for labels in outcomes if labels["outcome"] == "other"]


def test_times_fit_what_was_waited(watched):
    kms = watched.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"x")
    labels = {"service": "kms", "operation": "Encrypt"}

    def total():
        metrics = watched.metrics()
        name = "strongroom_request_duration_seconds"
        return metrics.value(f"{name}_sum", **labels), metrics.value(f"{name}_count", **labels)

    (sum_before, count_before), begun = total(), time.monotonic()
    for _ in range(20):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    waited = time.monotonic() - begun
    sum_after, count_after = total()
    assert count_after - count_before == 20
    assert 0 < sum_after - sum_before < waited
    # A connection that waits between two requests adds nothing.
    time.sleep(1)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert total()[0] - sum_after < 0.9


def test_what_happens_beside_requests_is_counted(watched):
    kms = watched.client()
    kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(5):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    watched.events()
    metrics = watched.metrics()
    assert metrics.value("strongroom_sealed") == metrics.value("strongroom_failing") == 0
    for name in [
        "strongroom_journal_group_records_count", "strongroom_journal_write_duration_seconds_count",
        "strongroom_journal_written_bytes_total", "strongroom_store_group_changes_count",
        "strongroom_store_commit_duration_seconds_count", "strongroom_worker_task_duration_seconds_count",
        "strongroom_tls_handshake_duration_seconds_count", "strongroom_connections_open",
        "strongroom_connections_max", "strongroom_trail_delivered_events_total",
        "strongroom_trail_last_delivery_timestamp_seconds", "process_cpu_seconds_total",
        "strongroom_scheduled_last_run_timestamp_seconds", "process_resident_memory_bytes",
        "process_open_fds", "process_threads", "process_start_time_seconds",
    ]:
        assert metrics.value(name) > 0, name
    assert metrics.value("strongroom_journal_group_records_sum") >= 5
    assert metrics.value("strongroom_cache_lookups_total", cache="keys", outcome="hit") >= 5
    assert metrics.value("strongroom_cache_entries", cache="keys") >= 1
    assert metrics.value("strongroom_trail_deliveries_total", outcome="ok") >= 1
    assert metrics.value("strongroom_connections_total", event="accepted") >= 1
    assert abs(metrics.value("process_start_time_seconds") - time.time()) < 3600
    assert abs(metrics.value("strongroom_trail_last_delivery_timestamp_seconds") - time.time()) < 600


def test_handshakes_and_bodies_that_fail_are_counted(watched):
    before = watched.metrics()
    plain = Server(watched.data, tls=False)
    plain.port = watched.port
    connection = plain.connection()
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.request("GET", "/")
        connection.getresponse()
    connection = watched.connection()
    connection.request("POST", "/", body=b"x" * 1_100_000)
    assert connection.getresponse().status == 413
    after = watched.metrics()
    for name, labels in [
        ("strongroom_tls_handshakes_failed_total", {"reason": "failed"}),
        ("strongroom_request_bodies_refused_total", {"reason": "too_large"}),
    ]:
        assert after.value(name, **labels) == before.value(name, **labels) + 1, name


def test_a_sealed_server_says_so(tmp_path):
    port = free_port()
    secrets = f"{PASSPHRASE}\n"
    one = Kept(tmp_path / "data", "passphrase", secrets=secrets, options=("--metrics", f"127.0.0.1:{port}"))
    try:
        one.start_sealed()
        assert Metrics(port).value("strongroom_sealed") == 1
        assert get(port, "/readyz")[::2] == (503, "sealed\n")
        # It is refused before anybody asks what it is for.
        kms_request(one, "ListKeys", {}, credentials=("AKIAIOSFODNN7EXAMPLE", "x")).send(one)
        labels = {"service": "unknown", "operation": "unknown", "outcome": "ServiceUnavailableException"}
        assert Metrics(port).value("strongroom_requests_total", **labels) == 1
        one.unseal(PASSPHRASE)
        one.client().create_key()
        metrics = Metrics(port)
        assert metrics.value("strongroom_sealed") == 0
        assert metrics.value("strongroom_store_group_changes_sum") >= 1
        run("seal", data=one.data)
        metrics = Metrics(port)
        assert metrics.value("strongroom_sealed") == 1
        assert metrics.value("strongroom_store_group_changes_sum") == 0
        assert metrics.value("strongroom_store_commit_duration_seconds_count") >= 1, "the process's own"
    finally:
        one.kill()


def test_a_sandboxed_server_tells_all_of_them(tmp_path):
    one = Watched(tmp_path / "data", options=("--sandbox",))
    try:
        one.start()
    except DidNotStart as why:
        if "Landlock" in str(why):
            pytest.skip("this kernel has no Landlock")
        raise
    try:
        for _ in range(3):
            one.client().list_keys()
            metrics = one.metrics()
            assert metrics.value("process_resident_memory_bytes") > 0
            assert metrics.value("process_open_fds") > 5
        assert "sandboxed" in one.printed()
    finally:
        one.kill()


def test_what_cannot_be_listened_on_is_told(tmp_path, watched):
    one = Server(tmp_path / "data", options=("--metrics", f"127.0.0.1:{watched.metrics_port}"))
    with pytest.raises(DidNotStart, match="cannot listen on 127.0.0.1"):
        one.start()


def documented() -> dict:
    """Name -> type and labels, of the table."""
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \|", DOCUMENT.read_text(), re.M)
    return {name: (kind, re.findall(r"`(\w+)`(?=[:,]|$)", labels)) for name, kind, labels in rows}


def test_every_metric_has_its_row_and_every_row_its_metric(watched):
    kms = watched.client()
    kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")
    metrics = watched.metrics(OPENMETRICS)
    served = {}
    for name, kind in metrics.types().items():
        served[name + ("_total" if kind == "counter" else "")] = kind
    rows = documented()
    assert {name: kind for name, (kind, _) in rows.items()} == served
    for family in metrics.families.values():
        for sample in family.samples:
            name = family.name + ("_total" if family.type == "counter" else "")
            assert set(sample.labels) - {"le"} <= set(rows[name][1]), sample


def test_the_dashboard_and_the_alerts_name_what_is_served(watched):
    kms = watched.client()
    kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")
    served = watched.metrics().samples()
    # A series appears with its first request; its family is there before.
    families = set(watched.metrics(OPENMETRICS).types())
    dashboard = json.loads((GRAFANA / "strongroom.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    expressions += [variable.get("definition", "") for variable in dashboard["templating"]["list"]]
    assert len(expressions) > 30
    rules = (GRAFANA / "alerts.yml").read_text()
    expressions += re.findall(r"^\s+expr: (.*)$", rules, re.M)
    for expression in expressions:
        named = set(re.findall(r"\b(?:strongroom|process)_\w+", expression))
        for name in named:
            family = re.sub(r"_(total|bucket|sum|count)$", "", name)
            assert name in served or family in families, f"{name} in {expression}"
    # And the other way round: what is served is shown, but for a few that only alerts and people read.
    shown = " ".join(expressions)
    assert not [name for name in families if name not in shown]
