"""The examples of docs/operations/ and docs/encrypting-files.md are run as they stand: each page's `sh`
blocks, in their order, in one shell with the AWS CLI and the environment that `strongroom env` prints.
The page of custom key stores has a server that knows the proxy and the HSM of its examples.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import key_stores
import softhsm
from server import BINARY, ROOT, Server
from softhsm import SoftHsm
from xks_proxy import XksProxy

PAGES = sorted(path for path in (ROOT / "docs/operations").glob("*.md") if path.stem != "README")
FILES = ROOT / "docs/encrypting-files.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def example_server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("documents") / "data").start()
    yield one
    one.kill()


@pytest.fixture
def key_store_server(tmp_path):
    """A server for the page of custom key stores: what the page says of proxy and HSM is true of them."""
    softhsm.needed()
    text = (ROOT / "docs/operations/key-stores.md").read_text()

    def said(pattern: str) -> str:
        return re.search(pattern, text)[1]

    proxy = XksProxy(
        tmp_path,
        host=said(r'"XksProxyUriEndpoint": "https://(.+?)"'),
        prefix=said(r'"XksProxyUriPath": "(.*?)/kms/xks/v1"'),
        access_key=said(r'"AccessKeyId": "(.+?)"'),
        secret=said(r'"RawSecretAccessKey": "(.+?)"'),
    ).start()
    anchor = tmp_path / "customerCA.crt"
    anchor.write_bytes(proxy.ca_file.read_bytes())
    hsm = SoftHsm(tmp_path / "hsm")
    hsm.token("page", said(r"--key-store-password (\S+)"))
    in_hsm = {"module": str(softhsm.MODULE), "token": "page", "trust_anchor": str(anchor)}
    config = key_stores.configuration(
        tmp_path,
        xks={"ca_file": str(proxy.ca_file), "deadline_ms": key_stores.DEADLINE_MS},
        routes=dict([proxy.route]),
        hsms=[(said(r"--cloud-hsm-cluster-id (\S+)"), in_hsm)],
    )
    options = ["--config", str(config)]
    one = Server(tmp_path / "data", options=options, env=hsm.environment).start()
    yield one
    one.kill()
    proxy.stop()


@pytest.mark.parametrize("page", [*PAGES, FILES], ids=lambda page: page.stem)
def test_the_examples_run(page, request, tmp_path):
    fixture = "key_store_server" if page.stem == "key-stores" else "example_server"
    server = request.getfixturevalue(fixture)
    blocks = BLOCK.findall(page.read_text())
    assert blocks, "a page without an example"
    (tmp_path / "strongroom-data").symlink_to(server.data)
    # A command that shall be refused is followed by a line that shows the refusal.
    script = "set -euo pipefail\n" + "\n".join(blocks)
    clients = Path(sys.executable).parent
    environment = {
        **os.environ,
        **server.environment(),
        # A Region of its own, so that pages may use the same names of aliases.
        "AWS_DEFAULT_REGION": f"eu-west-{[*PAGES, FILES].index(page) + 1}",
        "PATH": f"{clients}:{BINARY.resolve().parent}:{os.environ['PATH']}",
        "AWS_PAGER": "",
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )
    assert done.returncode == 0, f"{page.name}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_every_operation_has_an_example():
    text = "\n".join(block for page in PAGES for block in BLOCK.findall(page.read_text()))
    headings = [
        heading
        for page in PAGES
        for heading in re.findall(r"^## ([A-Z]\w+[a-z]\w*)$", page.read_text(), re.MULTILINE)
        if re.search(r"[a-z][A-Z]|^(Sign|Verify|Encrypt|Decrypt|Encapsulate|Decapsulate)$", heading)
    ]
    missing = [name for name in headings if not used(name, text)]
    assert headings and not missing


def used(operation: str, text: str) -> bool:
    """Whether the operation is called, by the AWS CLI or by boto3."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", operation).lower()
    return re.search(rf"(aws \w+ {words}\b)|\.{words.replace('-', '_')}\(", text) is not None
