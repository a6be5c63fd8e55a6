"""The log: its two forms, the lines of requests, and that nobody waits for it."""

import json
import os
import re
import signal
import subprocess
import time

import botocore.exceptions
import pytest

from metrics import Metrics
from server import START_SECONDS, Server, free_port


def start(place, config: str, *options) -> Server:
    (place / "strongroom.toml").write_text(config)
    return Server(place / "data", options=("--config", str(place / "strongroom.toml"), *options)).start()


def objects(server: Server) -> list:
    """The lines that are objects; what a server prints for people at its start is none."""
    return [json.loads(line) for line in server.printed().splitlines() if line.startswith("{")]


def test_each_line_is_an_object_with_time_and_level(tmp_path):
    server = start(tmp_path, "", "--log-format", "json")
    server.terminate()
    lines = objects(server)
    assert [line["message"] for line in lines][-1] == "stopped"
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert line["level"] in ("error", "warn", "info")
        assert list(line)[:3] == ["time", "level", "message"]


def test_the_file_chooses_form_and_level_and_the_option_goes_before_it(tmp_path):
    server = start(tmp_path, '[log]\nformat = "json"\nlevel = "error"\n')
    server.terminate()
    assert not objects(server), "there was no error"
    server.options += ["--log-format", "text"]
    (tmp_path / "strongroom.toml").write_text('[log]\nformat = "json"\n')
    server.start()
    server.terminate()
    assert re.search(r"^\d{4}-\S+Z info  stopped$", server.printed(), re.M)


def test_requests_have_a_line_each_if_that_is_asked_for(tmp_path):
    server = start(tmp_path, '[log]\nformat = "json"\nrequests = true\n')
    kms = server.client(validate=False)
    made = kms.create_key()
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        kms.describe_key(KeyId="alias/missing")
    server.terminate()
    requests = [line for line in objects(server) if line["message"] == "request"]
    assert [(r["service"], r["operation"], r["outcome"], r["status"]) for r in requests] == [
        ("kms", "CreateKey", "ok", 200), ("kms", "DescribeKey", "NotFoundException", 400),
    ]
    ids = [made["ResponseMetadata"]["RequestId"], refused.value.response["ResponseMetadata"]["RequestId"]]
    assert [line["request_id"] for line in requests] == ids
    assert all(line["peer"] == "127.0.0.1" and 0 < line["duration_ms"] < 60_000 for line in requests)
    assert made["KeyMetadata"]["KeyId"] not in server.printed()


def test_without_it_they_have_none(tmp_path):
    server = start(tmp_path, '[log]\nformat = "json"\n')
    server.client().create_key()
    server.terminate()
    assert "request" not in [line["message"] for line in objects(server)]


def test_who_does_not_read_the_log_holds_no_request_up(tmp_path):
    """Standard error is a pipe that nobody reads: 64 KiB and nothing more fits."""
    port = free_port()
    server = Server(tmp_path / "data", options=("--config", str(tmp_path / "c.toml"), "--metrics", f"127.0.0.1:{port}"))
    (tmp_path / "c.toml").write_text('[log]\nformat = "json"\nrequests = true\n')
    reader, writer = os.pipe()
    with server.log.open("ab") as out:
        server.process = subprocess.Popen(
            server.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=writer, env=server.env
        )
    os.close(writer)
    deadline = time.monotonic() + START_SECONDS
    while not server.is_ready():
        assert time.monotonic() < deadline and server.process.poll() is None
        time.sleep(0.05)
    try:
        kms = server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        # Some 230 bytes each: twice of what fits the pipe.
        for _ in range(600):
            kms.encrypt(KeyId=key, Plaintext=b"x")
        labels = {"service": "kms", "operation": "Encrypt", "outcome": "ok"}
        assert Metrics(port).value("strongroom_requests_total", **labels) == 600
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) == 0, "nor its end"
    finally:
        server.kill()
        os.close(reader)
