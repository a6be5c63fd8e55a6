"""Encrypting and decrypting one large file, beside other programs, in one run.

    python bench/encryption.py [--mebibytes 1024] [--rounds 3] [--directory DIR] [--only NAME]

Each program reads the file from the page cache and writes to /dev/null, so that it is the programs that
are measured and not the disk. Rounds take turns, and the median of each is told: time by the clock, time
of all processors together, and the most memory that the process had. Nothing else should run meanwhile.
STRONGROOM_BIN chooses the binary. It takes openssl, age, gpg, and an interpreter with `aws_encryption_sdk`;
what is not there is left out.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("STRONGROOM_BIN", str(ROOT / "target/release/strongroom"))
MIB = 1 << 20

SDK = """
import sys
import aws_encryption_sdk
from aws_encryption_sdk.identifiers import Algorithm, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider

mode, key, source, signed = sys.argv[1:]
wrapping = WrappingKey(
    wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
    wrapping_key=open(key, "rb").read(),
    wrapping_key_type=EncryptionKeyType.SYMMETRIC,
)


class Provider(RawMasterKeyProvider):
    provider_id = "bench"

    def _get_raw_key(self, key_id):
        return wrapping


provider = Provider()
provider.add_master_key("one")
suites = {
    "signed": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
    "unsigned": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
}
more = {"algorithm": suites[signed]} if mode == "e" else {}
client = aws_encryption_sdk.EncryptionSDKClient()
with open(source, "rb") as file, open("/dev/null", "wb") as out:
    with client.stream(mode=mode, source=file, key_provider=provider, **more) as stream:
        for chunk in stream:
            out.write(chunk)
"""


class Program:
    """How one program encrypts and decrypts."""

    def __init__(self, name, prepare, encrypt, decrypt):
        self.name = name
        self.prepare = prepare
        self.encrypt = encrypt
        self.decrypt = decrypt


def programs(at: Path, plain: Path) -> list:
    key = at / "key"
    raw = ["--raw-aes", f"bench/one={key}"]
    found = []

    def ours(name, *options):
        message = at / f"{name}.enc"
        encrypt = [BINARY, "encrypt", *raw, *options, str(plain), "-o"]
        found.append(
            Program(
                name,
                [*encrypt, str(message)],
                [*encrypt, "/dev/null"],
                [BINARY, "decrypt", *raw, str(message), "-o", "/dev/null"],
            )
        )

    ours("strongroom --unsigned", "--unsigned")
    ours("strongroom")
    if shutil.which("openssl"):
        # No authentication: whoever changes the file is not noticed.
        cipher = ["openssl", "enc", "-aes-256-ctr", "-K", key.read_bytes().hex(), "-iv", "0" * 32]
        to = at / "openssl.enc"
        found.append(
            Program(
                "openssl enc -aes-256-ctr",
                [*cipher, "-in", str(plain), "-out", str(to)],
                [*cipher, "-in", str(plain), "-out", "/dev/null"],
                [*cipher, "-d", "-in", str(to), "-out", "/dev/null"],
            )
        )
    if shutil.which("age"):
        identity = at / "age.key"
        subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
        recipient = subprocess.run(
            ["age-keygen", "-y", str(identity)], check=True, capture_output=True, text=True
        ).stdout.strip()
        to = at / "age.enc"
        encrypt = ["age", "-r", recipient, "-o"]
        found.append(
            Program(
                "age",
                [*encrypt, str(to), str(plain)],
                [*encrypt, "/dev/null", str(plain)],
                ["age", "-d", "-i", str(identity), "-o", "/dev/null", str(to)],
            )
        )
    if shutil.which("gpg"):
        home = at / "gnupg"
        home.mkdir(mode=0o700)
        gpg = ["gpg", "--homedir", str(home), "--batch", "--yes", "--quiet"]
        gpg += ["--pinentry-mode", "loopback", "--passphrase", "bench"]
        encrypt = [*gpg, "--symmetric", "--cipher-algo", "AES256", "--compress-algo", "none"]
        to = at / "gpg.enc"
        found.append(
            Program(
                "gpg --symmetric",
                [*encrypt, "-o", str(to), str(plain)],
                [*encrypt, "-o", "/dev/null", str(plain)],
                [*gpg, "--decrypt", "-o", "/dev/null", str(to)],
            )
        )
    has_sdk = subprocess.run([sys.executable, "-c", "import aws_encryption_sdk"], capture_output=True)
    if has_sdk.returncode == 0:
        for kind in ("unsigned", "signed"):
            sdk = [sys.executable, "-c", SDK]
            name = f"strongroom{' --unsigned' if kind == 'unsigned' else ''}"
            found.append(
                Program(
                    f"aws-encryption-sdk (Python), {kind}",
                    None,
                    [*sdk, "e", str(key), str(plain), kind],
                    [*sdk, "d", str(key), str(at / f"{name}.enc"), kind],
                )
            )
    return found


def measured(command: list) -> tuple:
    """Seconds by the clock, seconds of processors, MiB of memory."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{command[:2]}: {process.stderr.read().decode()}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--mebibytes", type=int, default=1024)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--directory", default=None)
    options.add_argument("--only", default="")
    options = options.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        at = Path(directory)
        plain = at / "plain"
        (at / "key").write_bytes(os.urandom(32))
        with plain.open("wb") as file:
            for _ in range(options.mebibytes):
                file.write(os.urandom(MIB))
        compared = [one for one in programs(at, plain) if options.only in one.name]
        for program in compared:
            if program.prepare:
                subprocess.run(program.prepare, check=True, stdout=subprocess.DEVNULL)
        results = {}
        for _ in range(options.rounds):
            for program in compared:
                for what in ("encrypt", "decrypt"):
                    one = measured(getattr(program, what))
                    results.setdefault((program.name, what), []).append(one)
    print(f"{options.mebibytes} MiB, {options.rounds} rounds, {os.cpu_count()} processors\n")
    print("| program | | seconds | MiB/s | processor seconds | MiB/s of a processor | memory, MiB |")
    print("|---|---|---|---|---|---|---|")
    for (name, what), runs in results.items():
        wall, processor, _ = (statistics.median(column) for column in zip(*runs))
        memory = max(run[2] for run in runs)
        print(
            f"| {name} | {what} | {wall:.2f} | {options.mebibytes / wall:.0f} | {processor:.2f} "
            f"| {options.mebibytes / processor:.0f} | {memory:.0f} |"
        )


if __name__ == "__main__":
    main()
