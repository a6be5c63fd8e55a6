"""Fixtures: servers of different lifetimes, clients, keys."""

import os
import sys
import uuid
from pathlib import Path

import pytest

# Nothing of the machine's own AWS configuration may reach the clients.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.devnull
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
sys.path.insert(0, str(Path(__file__).parent))

from server import BINARY, OTHER_REGION, Server  # noqa: E402  (after the environment is clean)


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: cargo build --release -p strongroom", returncode=3)


@pytest.fixture(scope="session")
def slow() -> bool:
    """Whether the long form of the tests was asked for."""
    return os.environ.get("STRONGROOM_SLOW_TESTS") == "1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that the tests of one file share. They leave it running."""
    one = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield one
    one.kill()


@pytest.fixture
def own_server(tmp_path):
    """A server of the test's own, to be stopped, killed and started at will."""
    one = Server(tmp_path / "data").start()
    yield one
    one.kill()


@pytest.fixture
def tls_server(tmp_path):
    """A server of the test's own that speaks TLS with a certificate of its own making."""
    one = Server(tmp_path / "data", tls=True).start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def kms(server):
    """A client whose calls the server alone judges: the SDK checks nothing before it sends."""
    return server.client(validate=False)


@pytest.fixture(scope="module")
def kms_elsewhere(server):
    """The same in another Region."""
    return server.client(region=OTHER_REGION, validate=False)


@pytest.fixture(scope="module")
def account(server) -> str:
    return server.client("sts").get_caller_identity()["Account"]


@pytest.fixture
def key(kms) -> dict:
    """A fresh symmetric key: its metadata."""
    return kms.create_key()["KeyMetadata"]


@pytest.fixture
def other_key(kms) -> dict:
    """A second fresh symmetric key."""
    return kms.create_key()["KeyMetadata"]


@pytest.fixture
def alias() -> str:
    """An alias name that no other test uses."""
    return f"alias/test-{uuid.uuid4()}"
