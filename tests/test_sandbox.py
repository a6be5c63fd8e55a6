"""A server that has given up what it does not need: it serves as any other, and the rest is out of reach.

That all other tests pass in the sandbox, too, but for those that configure an HSM, is shown by a run with
STRONGROOM_SERVE_OPTIONS=--sandbox.
"""

import datetime
import os
import re
import shutil
import ssl
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import server as servers
from server import ROOT, DidNotStart, Server


def certificate(directory, name: str) -> bytes:
    """Writes `cert.pem` and `key.pem`; answers the certificate, DER."""
    directory.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "key.pem").write_bytes(pkcs8)
    (directory / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return made.public_bytes(serialization.Encoding.DER)


def shown(server: Server) -> bytes:
    """The certificate that the server shows now, DER."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))


def until(condition, seconds: float = 20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def no_options_of_the_run(monkeypatch):
    monkeypatch.setattr(servers, "OPTIONS", [])


@pytest.fixture
def sandboxed(tmp_path):
    server = Server(tmp_path / "data", options=("--sandbox",))
    try:
        server.start()
    except DidNotStart as why:
        if "this kernel has no Landlock" in str(why):
            pytest.skip("this kernel has no Landlock")
        raise
    yield server
    server.kill()


def test_it_serves_and_every_thread_is_restricted(sandboxed):
    kms = sandboxed.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"plaintext")["CiphertextBlob"]
    sandboxed.restart()
    assert sandboxed.client().decrypt(CiphertextBlob=sealed)["Plaintext"] == b"plaintext"
    assert sandboxed.events(), "the trail is delivered"
    assert re.search(r"sandboxed: .* \(Landlock [2-9]", sandboxed.printed())
    threads = list(os.scandir(f"/proc/{sandboxed.process.pid}/task"))
    assert len(threads) > 3
    for thread in threads:
        status = open(f"{thread.path}/status").read()
        assert re.search(r"^Seccomp:\t2$", status, re.M), status
        assert filters(f"{sandboxed.process.pid}/task/{thread.name}") == filters("self") + 2
        assert re.search(r"^NoNewPrivs:\t1$", status, re.M), status
    assert sandboxed.terminate() == 0


def filters(process: int | str) -> int:
    status = open(f"/proc/{process}/status").read()
    return int(re.search(r"^Seccomp_filters:\t(\d+)$", status, re.M).group(1))


def test_a_server_without_it_is_not_restricted(tmp_path):
    server = Server(tmp_path / "data").start()
    try:
        assert filters(server.process.pid) == filters("self")
        assert "sandboxed" not in server.printed()
    finally:
        server.kill()


def test_certificates_are_renewed_in_their_directory_and_no_other_is_read(sandboxed, tmp_path):
    sandboxed.terminate()
    first = certificate(tmp_path / "certificates", "first")
    live = tmp_path / "certificates"
    sandboxed.options += ["--tls", str(live / "cert.pem"), str(live / "key.pem")]
    sandboxed.tls = True
    command = [word for word in sandboxed.command() if word != "self-signed"]
    command.remove("--tls")
    sandboxed.command = lambda: command
    sandboxed.start()
    assert shown(sandboxed) == first
    # As tools renew them: new files, moved to the names of the old ones.
    second = certificate(tmp_path / "certificates" / "new", "second")
    for name in ("key.pem", "cert.pem"):
        (live / "new" / name).replace(live / name)
    until(lambda: shown(sandboxed) == second)
    # Whoever could have the server show any file: another directory is out of reach, root or not.
    certificate(tmp_path / "elsewhere", "third")
    for name in ("key.pem", "cert.pem"):
        (live / name).unlink()
        (live / name).symlink_to(tmp_path / "elsewhere" / name)
    until(lambda: re.search(r"Permission denied", sandboxed.printed()))
    assert shown(sandboxed) == second


def test_an_anchor_file_is_written(sandboxed, tmp_path):
    sandboxed.terminate()
    (tmp_path / "anchors").mkdir()
    file = tmp_path / "strongroom.toml"
    file.write_text(f'trail = {{ anchor_file = "{tmp_path}/anchors/lines" }}\nsandbox = {{ enabled = true }}\n')
    sandboxed.options = ["--config", str(file)]
    sandboxed.start()
    assert "sandboxed" in sandboxed.printed()
    sandboxed.client().create_key()
    assert sandboxed.events()
    assert "Permission denied" not in sandboxed.printed()


def test_what_cannot_be_had_stops_the_start(tmp_path):
    file = tmp_path / "strongroom.toml"
    for table, expected in [
        (f'enabled = true\nread = ["{tmp_path}/missing"]', "missing: No such file"),
        ('read = ["/tmp"]', "say `enabled = true`"),
        ("enable = true", "unknown field"),
    ]:
        file.write_text(f"[sandbox]\n{table}\n")
        with pytest.raises(DidNotStart, match=expected):
            Server(tmp_path / "data", options=("--config", str(file))).start()


def test_an_hsm_takes_paths(tmp_path):
    module = tmp_path / "module.so"
    module.write_bytes(b"")
    file = tmp_path / "strongroom.toml"
    file.write_text(f'[key_stores.hsm.cluster-2a3b4c5d6e7]\nmodule = "{module}"\nslot = 1\n')
    with pytest.raises(DidNotStart, match="sandbox.read and sandbox.write"):
        Server(tmp_path / "data", options=("--config", str(file), "--sandbox")).start()


def test_the_systemd_unit_is_well_formed(tmp_path):
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("there is no systemd-analyze")
    unit = tmp_path / "strongroom.service"
    source = (ROOT / "packaging/strongroom.service").read_text()
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", source, flags=re.M))
    done = subprocess.run([tool, "verify", str(unit)], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    offline = subprocess.run(
        [tool, "security", "--offline=yes", "--threshold=20", str(unit)], capture_output=True, text=True
    )
    if "unrecognized option" in offline.stderr:
        pytest.skip("this systemd-analyze rates no files")
    assert offline.returncode == 0, offline.stdout + offline.stderr
