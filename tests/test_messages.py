"""`strongroom encrypt`, `decrypt`, `rewrap`, `inspect` and `exec`, as a person would type them, and
everything that can be wrong with a message.
"""

import http.server
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from messages import CONTEXT, INPUT, KEY, KMS, MESSAGE, OUTPUT, USAGE, does, fails, inspect, pattern, run
from server import BINARY, REGION

FRAME = 65536


@pytest.fixture
def raw(tmp_path):
    """The option of a raw key, with which no server is needed."""
    path = tmp_path / "raw-key"
    path.write_bytes(os.urandom(32))
    return ["--raw-aes", f"tests/one={path}"]


@pytest.fixture
def other_raw(tmp_path):
    path = tmp_path / "other-raw-key"
    path.write_bytes(b"hex:" + os.urandom(32).hex().encode() + b"\n")
    return ["--raw-aes", f"tests/two={path}"]


@pytest.fixture
def work(tmp_path):
    """A directory of which everything in it is known."""
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.fixture(scope="module")
def environment(server):
    return {**server.environment(), "AWS_DEFAULT_REGION": REGION}


def names(directory) -> list:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def memory(*arguments) -> int:
    """The most memory that the command had, bytes. A process begins with what its parent had, so that
    a small one stands between.
    """
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=-3); "
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [sys.executable, "-I", "-S", "-c", script, str(BINARY), *map(str, arguments)]
    return int(subprocess.run(command, check=True, capture_output=True).stdout) << 10


class TestFiles:
    @pytest.mark.parametrize("length", [0, 1, FRAME - 1, FRAME, FRAME + 1, (5 << 20) + 3])
    @pytest.mark.parametrize("unsigned", [[], ["--unsigned"]], ids=["signed", "unsigned"])
    def test_there_and_back(self, length, unsigned, raw, work):
        (work / "a.txt").write_bytes(pattern(length))
        assert does("encrypt", *raw, *unsigned, "a.txt", cwd=work) == b"a.txt -> a.txt.enc\n"
        (work / "a.txt").unlink()
        assert does("decrypt", *raw, "a.txt.enc", cwd=work) == b"a.txt.enc -> a.txt\n"
        assert (work / "a.txt").read_bytes() == pattern(length)
        assert names(work) == ["a.txt", "a.txt.enc"]
        seen = inspect(work / "a.txt.enc")
        assert seen["plaintextBytes"] == length
        assert seen["messageBytes"] == (work / "a.txt.enc").stat().st_size
        assert seen["algorithmSuite"] == ("0x0478" if unsigned else "0x0578")
        assert seen["wrappingKeys"] == [{"provider": "tests", "key": "one"}]

    def test_a_plaintext_is_its_owner_s(self, raw, work):
        (work / "a").write_bytes(b"x")
        does("encrypt", *raw, work / "a")
        (work / "a").unlink()
        does("decrypt", *raw, work / "a.enc")
        assert (work / "a").stat().st_mode & 0o777 == 0o600

    def test_nothing_is_replaced_without_force(self, raw, work):
        (work / "a").write_bytes(b"one")
        does("encrypt", *raw, work / "a")
        before = (work / "a.enc").read_bytes()
        assert "--force" in fails(OUTPUT, "encrypt", *raw, work / "a")
        assert (work / "a.enc").read_bytes() == before
        assert "--force" in fails(OUTPUT, "decrypt", *raw, work / "a.enc")
        does("encrypt", *raw, "--force", work / "a")
        assert (work / "a.enc").read_bytes() != before
        assert names(work) == ["a", "a.enc"]

    def test_a_directory_is_mirrored(self, raw, work):
        tree = {"a": b"1", "b/c": b"22", "b/d/e.bin": pattern(FRAME + 1)}
        for name, content in tree.items():
            (work / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (work / "in" / name).write_bytes(content)
        told = does("encrypt", *raw, "in", "--json", cwd=work).splitlines()
        assert [json.loads(line)["output"] for line in told] == [
            f"in.enc/{name}.enc" for name in sorted(tree)
        ]
        does("decrypt", *raw, "in.enc", "--output", "out", cwd=work)
        found = {name: (work / "out" / name).read_bytes() for name in tree}
        assert found == tree
        assert sorted(tree) == [name for name in names(work / "out") if (work / "out" / name).is_file()]

    def test_links_stop_a_directory_before_anything_is_written(self, raw, work):
        (work / "in").mkdir()
        (work / "in/a").write_bytes(b"1")
        (work / "in/link").symlink_to("/etc/passwd")
        os.mkfifo(work / "in/pipe")
        complaint = fails(INPUT, "encrypt", *raw, work / "in")
        assert "in/link" in complaint and "1 more" in complaint
        assert not (work / "in.enc").exists()
        done = run("encrypt", *raw, "--skip-special", work / "in")
        assert done.returncode == 0
        assert names(work / "in.enc") == ["a.enc"]
        assert done.stderr.count(b"left out") == 2

    def test_any_of_several_keys_opens(self, raw, other_raw, work):
        (work / "a").write_bytes(b"shared")
        does("encrypt", *raw, *other_raw, work / "a")
        for which in (raw, other_raw, [*raw, *other_raw]):
            assert does("decrypt", *which, work / "a.enc", "-o", "-") == b"shared"
        assert len(inspect(work / "a.enc")["wrappingKeys"]) == 2


class TestDirectories:
    @pytest.fixture
    def tree(self, work):
        """Files of which two are larger than what one thread takes."""
        lengths = {f"d{at % 3}/{at:02}": at * 1000 for at in range(40)}
        lengths |= {"d1/large": (9 << 20) + 1, "large": 5 << 20}
        for name, length in lengths.items():
            (work / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (work / "in" / name).write_bytes(pattern(length))
        return sorted(lengths)

    def test_many_are_told_of_in_their_order(self, tree, raw, work):
        told = does("encrypt", *raw, "in", cwd=work).decode().splitlines()
        assert told == [f"in/{name} -> in.enc/{name}.enc" for name in tree]
        does("decrypt", *raw, "in.enc", "-o", "out", cwd=work)
        for name in tree:
            assert (work / "out" / name).read_bytes() == (work / "in" / name).read_bytes()
        assert len({inspect(work / f"in.enc/{name}.enc")["messageId"] for name in tree[:9]}) == 9

    def test_what_is_there_is_known_before_anything_is_done(self, tree, raw, work):
        does("encrypt", *raw, work / "in")
        (work / "in.enc/d1/large.enc").unlink()
        (work / "in.enc/d0/00.enc").unlink()
        kept = (work / "in.enc/large.enc").read_bytes()
        refused = fails(OUTPUT, "encrypt", *raw, work / "in")
        assert "and 39 more" in refused and "--skip-existing" in refused
        assert not (work / "in.enc/d0/00.enc").exists()
        done = run("encrypt", *raw, "--skip-existing", work / "in")
        assert done.returncode == 0 and done.stdout.count(b"->") == 2
        assert b"40 left out" in done.stderr
        assert (work / "in.enc/large.enc").read_bytes() == kept
        assert run("encrypt", *raw, "--skip-existing", work / "in/large", "-o", work / "in.enc").stdout == b""
        assert run("encrypt", *raw, "--skip-existing", "--force", work / "in").returncode == USAGE

    def test_going_on_after_failures(self, tree, raw, work):
        does("encrypt", *raw, work / "in")
        for name in ("d1/01", "d2/02"):
            (work / f"in.enc/{name}.enc").write_bytes(b"none")
        fails(MESSAGE, "decrypt", *raw, work / "in.enc", "-o", work / "one")
        done = run("decrypt", *raw, "--keep-going", work / "in.enc", "-o", work / "all")
        assert done.returncode == MESSAGE
        complaints = done.stderr.decode().splitlines()
        assert len(complaints) == 3 and "d1/01.enc" in complaints[0] and "d2/02.enc" in complaints[1]
        assert "2 of 42 files have failed" in complaints[2]
        assert done.stdout.count(b"->") == 40
        assert len([path for path in (work / "all").rglob("*") if path.is_file()]) == 40

    def test_a_directory_without_messages(self, tree, raw, work):
        done = run("decrypt", *raw, work / "in", "-o", work / "out")
        assert done.returncode == INPUT
        assert b"no file that ends in `.enc`" in done.stderr
        (work / "empty").mkdir()
        does("decrypt", *raw, work / "empty", "-o", work / "out")


class TestPipes:
    def test_there_and_back(self, raw):
        message = does("encrypt", *raw, "-", stdin=b"through a pipe")
        assert does("decrypt", *raw, "-", stdin=message) == b"through a pipe"

    def test_a_reader_that_leaves_is_told(self, raw, tmp_path):
        (tmp_path / "a").write_bytes(pattern(64 << 20))
        does("encrypt", *raw, tmp_path / "a")
        command = [str(BINARY), "decrypt", *raw, str(tmp_path / "a.enc"), "-o", "-"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == OUTPUT
        assert b"nobody reads it" in process.stderr.read()

    def test_nothing_of_a_short_message_leaves_before_its_signature(self, raw, tmp_path):
        message = bytearray(does("encrypt", *raw, "-", stdin=pattern(3 * FRAME)))
        message[-20] ^= 1
        fails(MESSAGE, "decrypt", *raw, "-", stdin=bytes(message))  # prints nothing, it says

    def test_what_leaves_of_a_long_one_is_told_to_be_no_good(self, raw, tmp_path):
        message = bytearray(does("encrypt", *raw, "-", stdin=pattern(20 << 20)))
        message[-20] ^= 1
        done = run("decrypt", *raw, "-", stdin=bytes(message))
        assert done.returncode == MESSAGE
        assert b"must not be used" in done.stderr
        refused = fails(MESSAGE, "decrypt", *raw, "--unsigned-only", "-", stdin=bytes(message))
        assert "signed" in refused


def parts(message: bytes, seen: dict) -> tuple:
    """Header, frames and signature of a message whose last frame is not whole."""
    header = message[: seen["headerBytes"]]
    body = message[seen["headerBytes"] :]
    length = 4 + 12 + seen["frameLength"] + 16
    frames = [body[at * length : (at + 1) * length] for at in range(seen["frames"] - 1)]
    rest = body[len(frames) * length :]
    last = 4 + 4 + 12 + 4 + seen["plaintextBytes"] % seen["frameLength"] + 16
    return header, [*frames, rest[:last]], rest[last:]


class TestBadMessages:
    @pytest.fixture(params=[[], ["--unsigned"]], ids=["signed", "unsigned"])
    def options(self, request, raw):
        return [*raw, *request.param, "--frame-length", "1024", "--context", "tenant=42"]

    @pytest.fixture
    def good(self, options, work):
        (work / "a").write_bytes(pattern(5000))
        does("encrypt", *options, work / "a")
        (work / "a").unlink()
        return (work / "a.enc").read_bytes()

    def refused(self, message: bytes, raw, work, code=MESSAGE, *options) -> str:
        """How it is refused; and nothing is left of it."""
        (work / "a.enc").write_bytes(message)
        complaint = fails(code, "decrypt", *raw, *options, work / "a.enc")
        assert names(work) == ["a.enc"]
        return complaint

    def test_cut_off_anywhere(self, good, raw, work):
        seen = inspect(work / "a.enc")
        places = [0, 1, 2, 10, seen["headerBytes"] - 1, seen["headerBytes"], len(good) - 1]
        for length in [*places, *range(seen["headerBytes"], len(good), 517)]:
            assert "cut off" in self.refused(good[:length], raw, work), length

    def test_extended(self, good, raw, work):
        for more in (b"\0", b"x" * 100, good):
            complaint = self.refused(good + more, raw, work)
            assert "follows the end" in complaint or "signature" in complaint

    def test_frames_in_another_order(self, good, raw, work):
        header, frames, rest = parts(good, inspect(work / "a.enc"))
        assert header + b"".join(frames) + rest == good
        swapped = [frames[1], frames[0], *frames[2:]]
        assert "frame" in self.refused(header + b"".join(swapped) + rest, raw, work)
        missing = [frames[0], *frames[2:]]
        assert "frame" in self.refused(header + b"".join(missing) + rest, raw, work)
        twice = [frames[0], *frames]
        assert "frame" in self.refused(header + b"".join(twice) + rest, raw, work)

    def test_frames_of_another_message(self, good, options, raw, work):
        _, frames, _ = parts(good, inspect(work / "a.enc"))
        other = does("encrypt", *options, "-", stdin=pattern(5000))
        (work / "a.enc").write_bytes(other)
        header, others, rest = parts(other, inspect(work / "a.enc"))
        mixed = [others[0], frames[1], *others[2:]]
        complaint = self.refused(header + b"".join(mixed) + rest, raw, work)
        is_signed = "--unsigned" not in options
        assert "frame 2 does not authenticate" in complaint or (is_signed and "signature" in complaint)

    def test_any_bit(self, good, raw, work):
        for at in [*range(0, 200, 7), *range(200, len(good), 311), len(good) - 1]:
            changed = bytearray(good)
            changed[at] ^= 1 << at % 8
            (work / "a.enc").write_bytes(changed)
            done = run("decrypt", *raw, work / "a.enc")
            assert done.returncode in (MESSAGE, KEY), (at, done.stderr)
            assert names(work) == ["a.enc"]

    def test_the_context_is_bound(self, good, raw, work):
        changed = good.replace(b"tenant\0\x0242", b"tenant\0\x0243")
        assert changed != good
        complaint = self.refused(changed, raw, work, KEY)
        assert "tests" in complaint and "one" in complaint

    def test_the_context_that_is_demanded(self, good, raw, work):
        self.refused(good, raw, work, CONTEXT, "--context", "tenant=43")
        self.refused(good, raw, work, CONTEXT, "--context", "Tenant")
        both = ["--context", "tenant=42", "--context", "tenant"]
        assert does("decrypt", *raw, *both, work / "a.enc", "-o", "-") == pattern(5000)

    def test_unknown_suites_and_versions(self, good, raw, work):
        assert "suite" in self.refused(good[:1] + b"\x09\x99" + good[3:], raw, work)
        assert "version" in self.refused(b"\x07" + good[1:], raw, work)
        assert "not a message" in self.refused(b"hello, world\n", raw, work)

    def test_another_key(self, good, raw, other_raw, work):
        complaint = self.refused(good, other_raw, work, KEY)
        assert "tests" in complaint
        (work / "a.enc").write_bytes(good)
        wrong = [raw[0], raw[1].replace("raw-key", "other-raw-key")]
        fails(KEY, "decrypt", *wrong, work / "a.enc")

    def test_no_key_in_a_file(self, good, work, tmp_path):
        (tmp_path / "short").write_bytes(b"short")
        fails(KEY, "decrypt", "--raw-aes", f"tests/one={tmp_path / 'short'}", work / "a.enc")
        fails(INPUT, "decrypt", "--raw-aes", f"tests/one={tmp_path / 'none'}", work / "a.enc")


class TestOutputs:
    def test_a_full_disk(self, raw, tmp_path, work):
        (work / "a").write_bytes(pattern(8 << 20))
        small = tmp_path / "small"
        small.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            pytest.skip("no right to make a small file system")
        try:
            complaint = fails(OUTPUT, "encrypt", *raw, work / "a", "-o", small / "a.enc")
            assert "disk is full" in complaint
            assert names(small) == []
            does("encrypt", *raw, work / "a")
            fails(OUTPUT, "decrypt", *raw, work / "a.enc", "-o", small / "a")
            assert names(small) == []
        finally:
            subprocess.run(["umount", str(small)], check=True)
        assert "disk is full" in fails(OUTPUT, "encrypt", *raw, work / "a", "-o", "/dev/full")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
    def test_a_signal_leaves_nothing(self, number, raw, work):
        command = [str(BINARY), "encrypt", *raw, "-", "-o", str(work / "a.enc")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(pattern(4 << 20))
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(number)
        code = process.wait(20)
        process.stdin.close()
        assert code == -number
        assert names(work) == []

    def test_a_signal_that_is_ignored_stays_so(self, raw, work):
        command = ["sh", "-c", 'trap "" HUP; exec "$@"', "-", str(BINARY), "encrypt", *raw]
        process = subprocess.Popen([*command, "-", "-o", str(work / "a.enc")], stdin=subprocess.PIPE)
        process.stdin.write(pattern(1 << 20))
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGHUP)
        process.stdin.close()
        assert process.wait(20) == 0
        assert names(work) == ["a.enc"]

    def test_directories_and_places_that_are_none(self, raw, work):
        (work / "a").write_bytes(b"x")
        fails(OUTPUT, "encrypt", *raw, work / "a", "-o", work / "no/where")
        fails(INPUT, "encrypt", *raw, work / "nothing")
        fails(USAGE, "decrypt", *raw, work / "a")
        assert names(work) == ["a"]
        (work / "b").mkdir()
        does("encrypt", *raw, work / "a", "-o", work / "b")
        assert names(work) == ["a", "b", "b/a.enc"]

    def test_a_pipe_is_written_to_only_where_it_is_named(self, raw, work):
        (work / "a").write_bytes(b"at dawn")
        does("encrypt", *raw, work / "a")
        (work / "a").unlink()
        os.mkfifo(work / "a", 0o666)
        for force in ([], ["--force"]):
            assert "no file" in fails(OUTPUT, "decrypt", *raw, *force, work / "a.enc")
        (work / "b").mkdir()
        os.mkfifo(work / "b/a", 0o666)
        fails(OUTPUT, "decrypt", *raw, "--force", work / "a.enc", "-o", work / "b")
        command = [str(BINARY), "decrypt", *raw, str(work / "a.enc"), "-o", str(work / "a")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        assert (work / "a").read_bytes() == b"at dawn"
        assert process.wait(20) == 0

    def test_standard_output_by_its_other_name(self, raw, work):
        (work / "a").write_bytes(b"at dawn")
        does("encrypt", *raw, work / "a")
        link = os.readlink("/dev/stdout")
        for force in ([], ["--force"]):
            with (work / "out").open("wb") as out:
                command = [str(BINARY), "decrypt", *raw, str(work / "a.enc"), "-o", "/dev/stdout"]
                subprocess.run([*command, *force], stdout=out, check=True)
            assert (work / "out").read_bytes() == b"at dawn"
        assert os.readlink("/dev/stdout") == link

    def test_what_left_on_a_stream_is_not_said_to_be_removed(self, raw, work):
        (work / "a").write_bytes(pattern(1 << 20))
        complaint = fails(OUTPUT, "encrypt", *raw, work / "a", "-o", "/dev/full")
        assert "must not be used" in complaint and "removed" not in complaint

    def test_names_move_no_cursor(self, raw, work):
        (work / "a\x1b[2Jb").write_bytes(b"x")
        complaint = fails(USAGE, "decrypt", *raw, work / "a\x1b[2Jb")
        assert "\x1b" not in complaint and "a\\u{1b}[2Jb" in complaint
        (work / "a\nb").mkdir()
        (work / "a\nb/c").symlink_to("/etc/passwd")
        does("encrypt", *raw, "--skip-special", work / "a\nb")

    def test_where_nobody_reads_complaints_the_code_is_the_same(self, raw, work):
        with open("/dev/full", "wb") as full:
            command = [str(BINARY), "encrypt", *raw, str(work / "nothing")]
            assert subprocess.run(command, stderr=full).returncode == INPUT
            assert subprocess.run([str(BINARY), "encrypt", "--nonsense"], stderr=full).returncode == USAGE

    def test_frame_lengths(self, raw, work):
        (work / "a").write_bytes(b"x")
        for length in (0, (16 << 20) + 1, 1 << 31):
            refused = run("encrypt", *raw, "--frame-length", length, work / "a")
            assert refused.returncode == USAGE
        does("encrypt", *raw, "--frame-length", 16 << 20, work / "a")
        assert does("decrypt", *raw, work / "a.enc", "-o", "-") == b"x"
        less = ["--max-frame-length", (16 << 20) - 1]
        refused = fails(MESSAGE, "decrypt", *raw, *less, work / "a.enc", "-o", "-")
        assert str(16 << 20) in refused

    @pytest.mark.parametrize("unsigned", [[], ["--unsigned"]], ids=["signed", "unsigned"])
    def test_memory_is_bounded(self, unsigned, raw, work):
        with (work / "a").open("wb") as file:
            file.truncate(256 << 20)
        does("encrypt", *raw, *unsigned, work / "a")
        for command in (["encrypt", *unsigned, work / "a"], ["decrypt", work / "a.enc"]):
            assert memory(*command, *raw, "-o", "/dev/null") < 64 << 20


class TestKms:
    @pytest.fixture
    def arn(self, kms):
        return kms.create_key()["KeyMetadata"]["Arn"]

    def test_any_of_several_keys_and_none_that_is_disabled(self, kms, arn, environment, work):
        other = kms.create_key()["KeyMetadata"]["Arn"]
        (work / "a").write_bytes(b"x")
        does("encrypt", "--key", arn, "--key", other, work / "a", env=environment)
        kms.disable_key(KeyId=arn)
        assert does("decrypt", work / "a.enc", "-o", "-", env=environment) == b"x"
        refused = fails(KEY, "decrypt", "--key", arn, work / "a.enc", "-o", "-", env=environment)
        assert "DisabledException" in refused and arn in refused
        kms.disable_key(KeyId=other)
        fails(KEY, "decrypt", work / "a.enc", "-o", "-", env=environment)
        fails(KEY, "encrypt", "--key", arn, work / "a", "--force", env=environment)

    def test_the_context_reaches_the_trail(self, kms, arn, server, environment, work):
        (work / "a").write_bytes(b"x")
        does("encrypt", "--key", arn, "--context", "tenant=42", work / "a", env=environment)
        made = [event for event in server.events() if event["eventName"] == "GenerateDataKey"]
        assert made[-1]["requestParameters"]["encryptionContext"]["tenant"] == "42"

    def test_a_policy_that_forbids(self, kms, arn, environment, work):
        (work / "a").write_bytes(b"x")
        does("encrypt", "--key", arn, "--context", "tenant=42", work / "a", env=environment)
        policy = json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
        policy["Statement"].append(
            {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
        )
        kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))
        refused = fails(KEY, "decrypt", work / "a.enc", "-o", "-", env=environment)
        assert "AccessDeniedException" in refused

    def test_accounts_that_are_meant(self, arn, account, environment, work):
        (work / "a").write_bytes(b"x")
        does("encrypt", "--key", arn, work / "a", env=environment)
        mine = ["--account", account]
        assert does("decrypt", *mine, work / "a.enc", "-o", "-", env=environment) == b"x"
        others = ["--account", "999999999999"]
        fails(KEY, "decrypt", *others, work / "a.enc", "-o", "-", env=environment)

    def test_related_keys_of_another_region(self, kms, kms_elsewhere, environment, work):
        key = kms.create_key(MultiRegion=True)["KeyMetadata"]
        (work / "a").write_bytes(b"x")
        does("encrypt", "--key", key["Arn"], work / "a", env=environment)
        kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="us-east-1")
        replica = key["Arn"].replace(REGION, "us-east-1")
        deadline = time.monotonic() + 60
        while kms_elsewhere.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"] != "Enabled":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        kms.disable_key(KeyId=key["KeyId"])
        both = ["--key", key["Arn"], "--key", replica]
        for which in (["--key", replica], both, ["--discovery-region", "us-east-1"]):
            assert does("decrypt", *which, work / "a.enc", "-o", "-", env=environment) == b"x"
        kms.enable_key(KeyId=key["KeyId"])
        does("encrypt", *both, work / "a", "-o", work / "for both", env=environment)
        assert len(inspect(work / "for both")["wrappingKeys"]) == 2
        kms.disable_key(KeyId=key["KeyId"])
        assert does("decrypt", *both, work / "for both", "-o", "-", env=environment) == b"x"

    def test_no_kms(self, arn, environment, work):
        (work / "a").write_bytes(b"x")
        does("encrypt", "--key", arn, work / "a", env=environment)
        nowhere = {**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        complaint = fails(KMS, "decrypt", work / "a.enc", "-o", "-", env=nowhere)
        assert "127.0.0.1:1" in complaint
        nobody = {"AWS_ENDPOINT_URL": environment["AWS_ENDPOINT_URL"]}
        complaint = fails(KMS, "decrypt", work / "a.enc", "-o", "-", env=nobody)
        assert "credentials" in complaint
        fails(KMS, "encrypt", "--key", "alias/x", work / "a", "-o", "-", env={})
        network = {**environment, "AWS_ENDPOINT_URL": "http://10.1.2.3"}
        assert "tls" in fails(KMS, "encrypt", "--key", arn, work / "a", "-o", "-", env=network)
        secure = {**environment, "AWS_ENDPOINT_URL": environment["AWS_ENDPOINT_URL"].replace("http", "https")}
        complaint = fails(KMS, "encrypt", "--key", arn, work / "a", "-o", "-", env=secure)
        assert "no tls connection" in complaint

    def test_a_profile(self, arn, environment, work, tmp_path):
        config, credentials = tmp_path / "config", tmp_path / "credentials"
        config.write_text(
            f"[profile here]\nregion = {REGION}\nservices = local\n"
            f"[services local]\nkms =\n  endpoint_url = {environment['AWS_ENDPOINT_URL']}\n"
        )
        credentials.write_text(
            f"[here]\naws_access_key_id = {environment['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {environment['AWS_SECRET_ACCESS_KEY']}\n"
        )
        files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
        message = does("encrypt", "--profile", "here", "--key", arn, "-", stdin=b"x", env=files)
        files["AWS_PROFILE"] = "here"
        assert does("decrypt", "-", stdin=message, env=files) == b"x"
        complaint = fails(KMS, "decrypt", "--profile", "gone", "-", stdin=message, env=files)
        assert "gone" in complaint

    def test_a_helper_of_a_profile(self, arn, environment, tmp_path):
        helper = tmp_path / "helper"
        answer = {
            "Version": 1,
            "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
        }
        helper.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
        helper.chmod(0o700)
        (tmp_path / "config").write_text(
            f"[default]\nregion = {REGION}\nendpoint_url = {environment['AWS_ENDPOINT_URL']}\n"
            f"credential_process = {helper}\n"
        )
        files = {"AWS_CONFIG_FILE": str(tmp_path / "config")}
        message = does("encrypt", "--key", arn, "-", stdin=b"x", env=files)
        assert does("decrypt", "-", stdin=message, env=files) == b"x"
        helper.write_text("#!/bin/sh\nexit 3\n")
        assert "credentials" in fails(KMS, "decrypt", "-", stdin=message, env=files)

    def test_a_helper_s_words_and_what_it_may_not_read(self, arn, environment, tmp_path):
        helper = tmp_path / "a helper"
        answer = {
            "Version": 1,
            "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
        }
        check = f'[ "$1|$2" = "a b|" ] && [ -z "$(cat)" ] && echo \'{json.dumps(answer)}\''
        helper.write_text(f"#!/bin/sh\n{check}\n")
        helper.chmod(0o700)
        (tmp_path / "config").write_text(
            f"[default]\nregion = {REGION}\nendpoint_url = {environment['AWS_ENDPOINT_URL']}\n"
            f"credential_process = '{helper}' \"a b\" ''\n"
        )
        files = {"AWS_CONFIG_FILE": str(tmp_path / "config")}
        message = does("encrypt", "--key", arn, "-", stdin=b"plaintext", env=files)
        assert does("decrypt", "-", stdin=message, env=files) == b"plaintext"

    def test_who_hands_out_credentials_is_asked_again(self, environment, tmp_path):
        heard = []

        class Sts(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                heard.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(503 if len(heard) == 1 else 400)
                self.end_headers()
                self.wfile.write(b"" if len(heard) == 1 else b"no such token")

            def log_message(self, *_):
                pass

        (tmp_path / "token").write_text("web.identity.token")
        here = {
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_KMS": environment["AWS_ENDPOINT_URL"],
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/r",
        }
        with http.server.HTTPServer(("127.0.0.1", 0), Sts) as sts:
            threading.Thread(target=sts.serve_forever, daemon=True).start()
            there = {**here, "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{sts.server_port}"}
            fails(KMS, "encrypt", "--key", "alias/x", "-", stdin=b"x", env=there)
            sts.shutdown()
        assert len(heard) == 2 and all(b"web.identity.token" in body for body in heard)
        network = {**here, "AWS_ENDPOINT_URL_STS": "http://10.1.2.3"}
        complaint = fails(KMS, "encrypt", "--key", "alias/x", "-", stdin=b"x", env=network)
        assert "without tls" in complaint and "web.identity.token" not in complaint

    def test_settings_that_are_not_passed_over(self, arn, environment, tmp_path):
        (tmp_path / "config").write_text("[profile half]\nsso_session = gone\n")
        files = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_DEFAULT_REGION": REGION}
        container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/"}
        options = ["--profile", "half", "--key", arn, "-"]
        assert "`gone`" in fails(KMS, "encrypt", *options, stdin=b"x", env={**files, **container})
        (tmp_path / "config").write_text("[profile half]\ncredential_process = 'x\n")
        assert "quote" in fails(KMS, "encrypt", *options, stdin=b"x", env={**files, **container})
        fips = {**environment, "AWS_USE_FIPS_ENDPOINT": "true"}
        assert "FIPS" in fails(KMS, "encrypt", "--key", arn, "-", stdin=b"x", env=fips)

    def test_over_tls(self, tls_server):
        environment = {**tls_server.environment(), "AWS_DEFAULT_REGION": REGION}
        arn = tls_server.client().create_key()["KeyMetadata"]["Arn"]
        message = does("encrypt", "--key", arn, "-", stdin=b"x", env=environment)
        assert does("decrypt", "-", stdin=message, env=environment) == b"x"
        del environment["AWS_CA_BUNDLE"]
        assert "tls" in fails(KMS, "decrypt", "-", stdin=message, env=environment)


class TestRewrap:
    def test_other_keys_open_it(self, raw, other_raw, work):
        (work / "a").write_bytes(pattern(200_000))
        does("encrypt", *raw, "--context", "tenant=42", work / "a")
        from_raw = ["--from-raw-aes", raw[1]]
        does("rewrap", *from_raw, *other_raw, "--in-place", work / "a.enc")
        assert inspect(work / "a.enc")["wrappingKeys"] == [{"provider": "tests", "key": "two"}]
        assert inspect(work / "a.enc")["encryptionContext"]["tenant"] == "42"
        assert does("decrypt", *other_raw, work / "a.enc", "-o", "-") == pattern(200_000)
        fails(KEY, "decrypt", *raw, work / "a.enc", "-o", "-")
        assert names(work) == ["a", "a.enc"]

    def test_from_a_raw_key_to_a_kms_key(self, kms, raw, environment, work):
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        message = does("encrypt", *raw, "-", stdin=b"x")
        options = ["--from-raw-aes", raw[1], "--key", arn]
        rewrapped = does("rewrap", *options, "-", stdin=message, env=environment)
        assert does("decrypt", "-", stdin=rewrapped, env=environment) == b"x"

    def test_where_it_goes_must_be_said(self, raw, other_raw, work):
        (work / "a").write_bytes(b"x")
        does("encrypt", *raw, work / "a")
        fails(USAGE, "rewrap", "--from-raw-aes", raw[1], *other_raw, work / "a.enc")
        damaged = bytearray((work / "a.enc").read_bytes())
        damaged[-130] ^= 1
        (work / "a.enc").write_bytes(damaged)
        options = ["--from-raw-aes", raw[1], *other_raw, "--in-place"]
        fails(MESSAGE, "rewrap", *options, work / "a.enc")
        assert (work / "a.enc").read_bytes() == damaged
        assert names(work) == ["a", "a.enc"]


    def test_in_place_it_is_the_same_file(self, raw, other_raw, work):
        (work / "a").write_bytes(b"x")
        (work / "versions").mkdir()
        does("encrypt", *raw, work / "a", "-o", work / "versions/3.enc")
        (work / "versions/3.enc").chmod(0o640)
        (work / "current.enc").symlink_to("versions/3.enc")
        options = ["--from-raw-aes", raw[1], *other_raw, "--in-place"]
        does("rewrap", *options, work / "current.enc")
        assert os.readlink(work / "current.enc") == "versions/3.enc"
        assert (work / "versions/3.enc").stat().st_mode & 0o777 == 0o640
        assert does("decrypt", *other_raw, work / "versions/3.enc", "-o", "-") == b"x"
        os.mkfifo(work / "pipe")
        assert "no file" in fails(OUTPUT, "rewrap", *options, work / "pipe")
        fails(INPUT, "rewrap", *options, work / "nothing")
        assert names(work) == ["a", "current.enc", "pipe", "versions", "versions/3.enc"]

    def test_a_picture_stays_one(self, raw, other_raw, work):
        (work / "a").write_bytes(b"x")
        (work / "p.png").write_bytes(picture(120, 100))
        does("encrypt", *raw, "--hide-in", work / "p.png", work / "a", "-o", work / "with.png")
        before = (work / "with.png").read_bytes()
        options = ["--from-raw-aes", raw[1], *other_raw]
        assert "picture" in fails(USAGE, "rewrap", *options, "--in-place", work / "with.png")
        assert (work / "with.png").read_bytes() == before
        does("rewrap", *options, work / "with.png", "-o", work / "a.enc")
        assert does("decrypt", *other_raw, work / "a.enc", "-o", "-") == b"x"

    def test_the_old_key_s_padding_is_its_own(self, work):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        (work / "private").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        (work / "public").write_bytes(key.public_key().public_bytes(pem, spki))
        public, private = f"tests/rsa={work / 'public'}", f"tests/rsa={work / 'private'}"
        message = does("encrypt", "--raw-rsa", public, "--rsa-padding", "oaep-sha1", "-", stdin=b"x")
        options = ["--from-raw-rsa", private, "--raw-rsa", public]
        fails(KEY, "rewrap", *options, "--rsa-padding", "oaep-sha512", "-", stdin=message)
        paddings = ["--from-rsa-padding", "oaep-sha1", "--rsa-padding", "oaep-sha512"]
        message = does("rewrap", *options, *paddings, "-", stdin=message)
        opening = ["--raw-rsa", private, "--rsa-padding", "oaep-sha512"]
        assert does("decrypt", *opening, "-", stdin=message) == b"x"

    def test_the_account_that_it_is_from(self, kms, account, raw, environment):
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        message = does("encrypt", "--key", arn, "-", stdin=b"x", env=environment)
        rewrap = ["rewrap", *raw, "-"]
        fails(KEY, *rewrap, "--from-account", "999999999999", stdin=message, env=environment)
        mine = ["--from-account", account]
        message = does(*rewrap, *mine, stdin=message, env=environment)
        assert does("decrypt", *raw, "-", stdin=message) == b"x"


class TestExec:
    @pytest.fixture
    def secrets(self, raw, work):
        (work / "plain").write_text("# of the service\nexport TOKEN='a $b'\nLINES=\"x\\ny\"\nHOME=/elsewhere\n")
        does("encrypt", *raw, work / "plain", "-o", work / "secrets.enc")
        (work / "plain").unlink()
        return ["--env-file", str(work / "secrets.enc"), *raw]

    def test_a_program_has_the_variables(self, secrets, work):
        script = 'printf "%s|%s|%s|%s" "$TOKEN" "$LINES" "$HOME" "$KEPT"; exit 42'
        done = run("exec", *secrets, "--", "sh", "-c", script, env={"KEPT": "k"}, cwd=work)
        assert (done.returncode, done.stdout) == (42, b"a $b|x\ny|/elsewhere|k")
        printed = does("exec", *secrets, "--clean", "--", "/usr/bin/env", env={"KEPT": "k"})
        assert b"KEPT" not in printed and b"TOKEN=a $b\n" in printed
        assert names(work) == ["secrets.enc"]

    def test_the_process_is_the_program_s(self, secrets):
        command = [str(BINARY), "exec", *secrets, "--", "sleep", "60"]
        process = subprocess.Popen(command)
        deadline = time.monotonic() + 20
        while b"sleep" not in open(f"/proc/{process.pid}/comm", "rb").read():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM

    def test_what_is_no_file_of_variables(self, raw, work, secrets):
        for text in ("A=$B\n", "secret-word\n", "A='secret-word", "A=#secret-word\n"):
            message = does("encrypt", *raw, "-", stdin=text.encode())
            (work / "bad.enc").write_bytes(message)
            files = ["--env-file", work / "bad.enc", *raw]
            complaint = fails(125, "exec", *files, "--", "true")
            assert "line 1" in complaint and "secret-word" not in complaint

    def test_programs_that_are_none(self, secrets, work):
        fails(127, "exec", *secrets, "--", "no-such-program-anywhere")
        for wrong in (["--nonsense"], [], ["--env-file", work / "secrets.enc"]):
            assert run("exec", *wrong).returncode == 125
        fails(126, "exec", *secrets, "--", str(work))
        changed = bytearray((work / "secrets.enc").read_bytes())
        changed[-1] ^= 1
        (work / "secrets.enc").write_bytes(changed)
        fails(125, "exec", *secrets, "--", "true")


def picture(width: int, height: int) -> bytes:
    """A PNG of noise, as a camera would take it in the dark."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    rows = b"".join(b"\0" + os.urandom(width * 3) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def sound(samples: int) -> bytes:
    data = os.urandom(samples * 2)
    form = struct.pack("<HHIIHH", 1, 1, 44100, 88200, 2, 16)
    content = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(content)) + content


class TestHiding:
    @pytest.mark.parametrize(("name", "carrier"), [("p.png", picture(120, 100)), ("s.wav", sound(30000))])
    def test_there_and_back(self, name, carrier, raw, work):
        (work / name).write_bytes(carrier)
        (work / "a").write_bytes(b"at dawn")
        with_it = work / f"with-{name}"
        does("encrypt", *raw, "--hide-in", work / name, work / "a", "-o", with_it)
        assert with_it.read_bytes()[:4] == carrier[:4]
        assert does("decrypt", *raw, with_it, "-o", "-") == b"at dawn"
        assert inspect(with_it)["plaintextBytes"] == 7
        assert does("decrypt", *raw, "-", stdin=with_it.read_bytes()) == b"at dawn"

    def test_what_is_too_small_or_no_carrier(self, raw, work):
        (work / "p.png").write_bytes(picture(20, 20))
        (work / "a").write_bytes(b"at dawn")
        options = [*raw, "--hide-in", work / "p.png", "-o", work / "out.png"]
        assert "too small" in fails(INPUT, "encrypt", *options, work / "a")
        (work / "p.png").write_bytes(b"\xff\xd8\xff a photograph")
        assert "PNG" in fails(INPUT, "encrypt", *options, work / "a")
        (work / "p.png").write_bytes(picture(20, 20))
        assert "no message" in fails(MESSAGE, "decrypt", *raw, work / "p.png", "-o", "-")
        assert names(work) == ["a", "p.png"]

    def test_a_picture_that_unpacks_to_much(self, raw, work):
        rows = b"\0" * ((60000 * 3 + 1) * 100)
        bomb = bytearray(picture(1, 1))
        head = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
        bomb[12:33] = head + struct.pack(">I", zlib.crc32(head))
        (work / "p.png").write_bytes(bytes(bomb) + zlib.compress(rows))
        (work / "a").write_bytes(b"x")
        options = [*raw, "--hide-in", work / "p.png", "-o", work / "out.png"]
        assert "larger" in fails(INPUT, "encrypt", *options, work / "a")


def test_help_lists_the_exit_codes():
    for command in ("encrypt", "decrypt", "rewrap", "inspect"):
        assert b"Exit codes: 0 done" in does(command, "--help")
    assert b"125" in does("exec", "--help")
