"""A flood by one account while another asks now and then: what the other one feels of it.

The flood is requests that were signed before, sent again and again over many connections as fast as
answers come, by a process of its own. As a program it prints figures:

    python tests/flood.py --seconds 10 --config quotas.toml
"""

import argparse
import json
import multiprocessing
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

sys.path.insert(0, str(Path(__file__).parent))

from server import BINARY, REGION, SESSION, Server  # noqa: E402

FLOODER = "444455556666"


def signed(server: Server, credentials: tuple, operation: str, members: dict) -> bytes:
    """A request as it is on the wire; good for some minutes."""
    body = json.dumps(members)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{operation}"}
    request = AWSRequest("POST", f"{server.url}/", headers=headers, data=body)
    SigV4Auth(Credentials(*credentials), "kms", REGION).add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    host = f"Host: 127.0.0.1:{server.port}"
    head = ["POST / HTTP/1.1", host, f"Content-Length: {len(body)}", *lines]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def answer(connection: socket.socket) -> int:
    """Reads one answer; its status."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, rest = got.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(rest) < length:
        rest += connection.recv(65536)
    return int(head.split(b" ", 2)[1])


def flood(port: int, request: bytes, connections: int, stop, told) -> None:
    """Sends `request` over so many connections until `stop`; tells the statuses."""
    counts = Counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ)
        while not stop.is_set():
            for ready, _ in selector.select(timeout=0.1):
                counts[answer(ready.fileobj)] += 1
                ready.fileobj.sendall(request)
    told.put(counts)


class Flood:
    """A flood while the block runs; `statuses` are there afterwards."""

    def __init__(self, server: Server, request: bytes, connections: int = 64):
        context = multiprocessing.get_context("spawn")
        self.stop, self.told = context.Event(), context.Queue()
        arguments = (server.port, request, connections, self.stop, self.told)
        self.process = context.Process(target=flood, args=arguments, daemon=True)
        self.statuses = Counter()

    def __enter__(self):
        self.process.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.statuses = self.told.get(timeout=10)
        self.process.join()


def latencies(server: Server, request: bytes, seconds: float, per_second: int = 50) -> list:
    """Sends `request` so often a second over one connection; how long each took, in ms."""
    took = []
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = time.perf_counter()
        for _ in range(int(seconds * per_second)):
            due += 1 / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            before = time.perf_counter()
            connection.sendall(request)
            status = answer(connection)
            took.append((time.perf_counter() - before) * 1000)
            assert status == 200, status
    return took


def processor_seconds(server: Server) -> float:
    """What the server's process has taken so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: list, of: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * of))]


def account(server: Server, number: str = FLOODER) -> tuple:
    """Credentials of another account, which the operator makes."""
    command = [BINARY, "account", "create", "--id", number, "--name", f"a{number}", "--json"]
    made = subprocess.run([*command, "--data", server.data], check=True, capture_output=True)
    environment = {
        name: value for name, value in json.loads(made.stdout).items() if isinstance(value, str)
    }
    keys = {name.lower().replace("_", ""): value for name, value in environment.items()}
    return keys["accesskeyid"], keys["secretaccesskey"]


def client_of(server: Server, credentials: tuple, service: str = "kms", **config):
    from botocore.config import Config

    config.setdefault("retries", {"total_max_attempts": 1})
    return SESSION.client(
        service,
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id=credentials[0],
        aws_secret_access_key=credentials[1],
        config=Config(**config),
    )


def encrypt(server: Server, credentials: tuple) -> bytes:
    """Encrypt of 1 KiB under a key of one's own, signed."""
    key = client_of(server, credentials).create_key()["KeyMetadata"]["Arn"]
    return signed(server, credentials, "Encrypt", {"KeyId": key, "Plaintext": "A" * 1364})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--config")
    given = parser.parse_args()
    options = ["--config", given.config] if given.config else []
    with tempfile.TemporaryDirectory() as place:
        server = Server(Path(place) / "data", options=options).start()
        try:
            flooder, quiet = account(server), server.credentials()
            own, theirs = encrypt(server, quiet), encrypt(server, flooder)
            for number in range(given.rounds):
                before = processor_seconds(server)
                alone = latencies(server, own, given.seconds)
                between = processor_seconds(server)
                with Flood(server, theirs, given.connections) as running:
                    started = processor_seconds(server)
                    beside = latencies(server, own, given.seconds)
                    after = processor_seconds(server)
                seconds = given.seconds + 1
                rates = {status: round(count / seconds) for status, count in running.statuses.items()}
                for name, values in (("alone", alone), ("beside", beside)):
                    p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
                    mean = statistics.mean(values)
                    print(f"{number} {name:6}: p50 {p50:.2f} p99 {p99:.2f} mean {mean:.2f} ms", flush=True)
                cores = ((between - before) / given.seconds, (after - started) / given.seconds)
                print(f"{number} cores that the server takes: {cores[0]:.2f} alone, {cores[1]:.2f} beside")
                print(f"{number} flood, answers a second by status: {rates}", flush=True)
        finally:
            server.kill()


if __name__ == "__main__":
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    main()
