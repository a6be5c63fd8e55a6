"""What a server needs of memory under 10,000 idle connections, and that it serves beside them.

A long test: STRONGROOM_SLOW_TESTS=1. Without it there are 500, which show the same in less time.
"""

import resource
import socket
import ssl
import time

import pytest

from server import Server

# KiB that a connection may take, beside what the kernel takes for it: what was measured, and a half.
MOST = {"silent": 25, "plain": 27, "tls": 37}
# KiB by which as many connections, come and gone twice more, may take more: then it has come to an end.
SLACK = 8 * 1024
# How often they may come and go until it has: the allocator keeps what was freed, for each thread, and which
# thread frees what another one allocated is left to chance.
ROUNDS = 15


def resident(server: Server) -> int:
    """KiB of memory that the process holds."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def open_files(count: int) -> bool:
    """Raises the limit of this process, as far as that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # What other tests have open counts, too.
    wanted = max(soft, count + 1000)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return True


def settled(later: list) -> bool:
    """Whether memory has stopped growing."""
    return len(later) > 3 and later[-1] < later[-3] + SLACK


def ask(connection) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = b""
    while not answer.endswith(b"ok\n"):
        piece = connection.recv(1000)
        assert piece, answer
        answer += piece


@pytest.fixture
def count(slow) -> int:
    return 10_000 if slow else 500


@pytest.mark.parametrize("kind", list(MOST))
def test_idle_connections_take_little_and_keep_nobody_out(tmp_path, kind, count):
    if not open_files(count):
        pytest.skip(f"this process may not open {count} connections")
    (tmp_path / "strongroom.toml").write_text(
        "[limits]\nidle_seconds = 3600\nhead_seconds = 3600\nhandshake_seconds = 3600\n"
    )
    options = ("--config", str(tmp_path / "strongroom.toml"))
    server = Server(tmp_path / "data", tls=kind == "tls", options=options).start()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    held = []

    def connect():
        connection = socket.create_connection(("127.0.0.1", server.port))
        if kind == "tls":
            connection = context.wrap_socket(connection)
        if kind != "silent":
            ask(connection)
        held.append(connection)

    try:
        key = server.client().create_key()["KeyMetadata"]["KeyId"]
        time.sleep(0.5)
        before = resident(server)
        for _ in range(count):
            connect()
        time.sleep(0.5)
        within = resident(server)
        # All places but those of this test are taken, and still there is room for whoever comes.
        started = time.monotonic()
        for _ in range(20):
            server.client().encrypt(KeyId=key, Plaintext=b"x")
        seconds = time.monotonic() - started
        later = [within]
        while len(later) <= ROUNDS and not settled(later):
            for connection in held:
                connection.close()
            held.clear()
            time.sleep(1)
            for _ in range(count):
                connect()
            later.append(resident(server))
        each = (within - before) / count
        print(
            f"\n{kind}: {count} connections, {before} KiB before, {within} with them ({each:.1f} KiB each), "
            f"then with as many again {later[1:]}; 20 requests of new clients in {seconds:.2f} s"
        )
        assert each < MOST[kind]
        assert settled(later)
        assert later[-1] - before < 3 * (within - before)
    finally:
        for connection in held:
            connection.close()
        server.kill()


def test_a_full_server_lets_newcomers_in(tmp_path):
    (tmp_path / "strongroom.toml").write_text("[limits]\nconnections = 50\n")
    options = ("--config", str(tmp_path / "strongroom.toml"))
    server = Server(tmp_path / "data", options=options).start()
    try:
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        kms = server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for _ in range(5):
            assert server.client().encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        held[0].settimeout(5)
        assert held[0].recv(1) == b"", "who came first and asked nothing made room"
        lines = [line for line in server.printed().splitlines() if "as many connections" in line]
        assert len(lines) == 1, "told once a minute"
    finally:
        server.kill()


def test_limits_are_read(tmp_path):
    (tmp_path / "strongroom.toml").write_text("[limits]\nbody_bytes = 200000\nidle_seconds = 1\n")
    options = ("--config", str(tmp_path / "strongroom.toml"))
    server = Server(tmp_path / "data", options=options).start()
    try:
        connection = server.connection()
        connection.request("POST", "/", body=b"x" * 200_001)
        assert connection.getresponse().status == 413
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as idle:
            ask(idle)
            started = time.monotonic()
            assert idle.recv(1) == b""
            assert 0.5 < time.monotonic() - started < 8
    finally:
        server.kill()


def test_few_files_make_few_connections(tmp_path):
    """Where fewer files may be open than connections are allowed, the server says so and serves."""
    if not open_files(1000):
        pytest.skip("this process may not open 1,000 files")
    server = Server(tmp_path / "data")
    serve = server.command
    server.command = lambda: ["sh", "-c", 'ulimit -n 600; exec "$@"', "sh", *serve()]
    server.start()
    try:
        assert "at most 300 connections can be open, not 10000: 600 files may be open" in server.printed()
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(700)]
        kms = server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for _ in range(10):
            assert server.client().encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        assert len(held) == 700 and "could not be accepted" not in server.printed()
    finally:
        server.kill()
