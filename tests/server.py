"""The server under test: the built binary as a process of its own, with a data directory and a port."""

import gzip
import http.client
import json
import os
import shlex
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import boto3
from botocore.config import Config

import observed

REGION = "eu-west-2"
OTHER_REGION = "us-east-1"

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("STRONGROOM_BIN", ROOT / "target/release/strongroom"))

# Options for every server of a run, such as `--sandbox`.
OPTIONS = shlex.split(os.environ.get("STRONGROOM_SERVE_OPTIONS", ""))

# Long enough for a slow machine that builds something at the same time.
START_SECONDS = 30
STOP_SECONDS = 15

# One session for all clients: it reads the service models once.
SESSION = boto3.session.Session(region_name=REGION)
SESSION.events.register("after-call.kms", observed.observe)


class DidNotStart(Exception):
    """The process ended, or did not become ready in time; carries what it printed."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class NoEnvironment(Exception):
    """`strongroom env` failed; carries its complaint."""


class Server:
    """One data directory and the process that serves it, started and stopped at will.

    The port stays the same over restarts, as it does for a real installation.
    """

    def __init__(self, data: Path, *, tls: bool = False, options: tuple = (), env: dict | None = None):
        self.data = data
        self.tls = tls
        self.options = list(options)
        self.env = {**os.environ, **(env or {})}
        self.port = free_port()
        self.log = data.parent / f"{data.name}.log"
        self.process = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def command(self) -> list:
        command = [str(BINARY), "serve", "--data", str(self.data)]
        command += ["--listen", f"127.0.0.1:{self.port}"]
        return command + (["--tls", "self-signed"] if self.tls else []) + OPTIONS + self.options

    def start(self) -> "Server":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.env,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None:
                raise DidNotStart(f"exit status {self.process.returncode}:\n{self.printed()}")
            if time.monotonic() > deadline:
                self.kill()
                raise DidNotStart(f"not ready after {START_SECONDS} s:\n{self.printed()}")
            time.sleep(0.02)
        return self

    def is_ready(self) -> bool:
        try:
            connection = self.connection(timeout=2)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def printed(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """As a power failure would: no handler runs."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """As an operator would; answers the exit status."""
        return self._end(signal.SIGTERM)

    def events(self) -> list:
        """The events of the audit trail, as they are delivered; what waits is delivered first."""
        command = [str(BINARY), "trail", "flush", "--data", str(self.data)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        files = sorted((self.data / "trail" / "strongroom-trail").rglob("*_CloudTrail_*.json.gz"))
        contents = [json.loads(gzip.decompress(file.read_bytes())) for file in files]
        return [event for content in contents for event in content["Records"]]

    def restart(self) -> None:
        self.terminate()
        self.start()

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still running {STOP_SECONDS} s after {how.name}") from None

    def environment(self) -> dict:
        """What `strongroom env` prints for a shell."""
        command = [str(BINARY), "env", "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoEnvironment(done.stderr)
        found = {}
        for line in done.stdout.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                found[name] = value
        return found

    def credentials(self) -> tuple:
        environment = self.environment()
        return environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]

    def client(self, service: str = "kms", region: str = REGION, *, validate: bool = True, secret=None):
        """A boto3 client that tries once; without `validate` it sends whatever it is given."""
        environment = self.environment()
        config = Config(
            parameter_validation=validate,
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=30,
            max_pool_connections=32,
        )
        return SESSION.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=secret or environment["AWS_SECRET_ACCESS_KEY"],
            verify=environment["AWS_CA_BUNDLE"] if self.tls else None,
            config=config,
        )

    def connection(self, timeout: float = 30) -> http.client.HTTPConnection:
        """A bare connection. Its TLS is not verified: that is what the real clients are for."""
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)
