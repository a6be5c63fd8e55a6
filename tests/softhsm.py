"""SoftHSM: tokens in a directory of the test's own, made by its tool, and looked into beside the server
through python-pkcs11.
"""

import fcntl
import os
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

# Where Debian's package `softhsm2` has the module.
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
CONF = "SOFTHSM2_CONF"
OFFICER = "officer-1"


def is_there() -> bool:
    return MODULE.exists()


def needed() -> None:
    """Skips the test when there is no HSM, unless nothing may be skipped."""
    if is_there():
        return
    complaint = f"{MODULE} is missing: install SoftHSM 2 (Debian's package `softhsm2`)"
    if os.environ.get("STRONGROOM_SLOW_TESTS") == "1" or os.environ.get("CI") == "true":
        pytest.fail(complaint)
    pytest.skip(complaint)


@dataclass(frozen=True)
class Key:
    """What a token says of one of its secret keys."""

    label: str
    kind: KeyType
    bits: int
    extractable: bool
    was_ever_extractable: bool
    sensitive: bool
    made_inside: bool


class SoftHsm:
    """A directory of tokens. A process with `environment` sees them, and no others."""

    def __init__(self, directory: Path):
        self.tokens = directory / "tokens"
        self.tokens.mkdir(parents=True)
        self._conf = directory / "softhsm2.conf"
        self._conf.write_text(f"directories.tokendir = {self.tokens}\nlog.level = ERROR\n")

    @property
    def environment(self) -> dict:
        return {CONF: str(self._conf)}

    def token(self, label: str, password: str) -> "Token":
        """A new token with a user."""
        before = set(self.tokens.iterdir())
        command = ["softhsm2-util", "--init-token", "--free", "--label", label]
        command += ["--so-pin", OFFICER, "--pin", password]
        environment = {**os.environ, **self.environment}
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=30)
        (directory,) = set(self.tokens.iterdir()) - before
        return Token(self, label, password, directory)


class Token:
    """A token, looked at by another process than the server's: this one."""

    def __init__(self, hsm: SoftHsm, label: str, password: str, directory: Path):
        self.hsm = hsm
        self.label = label
        self.password = password
        self._directory = directory

    def keys(self) -> dict:
        """Its secret keys, by label."""
        with self._session() as session:
            found = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
            return {key.label: describe(key) for key in found}

    def value(self, label: str) -> bytes:
        """The bytes of a key, if the token gives them out."""
        with self._session() as session:
            return session.get_key(label=label)[Attribute.VALUE]

    def decrypt(self, label: str, iv: bytes, bound: bytes, sealed: bytes) -> bytes:
        """What a key of the token opens by AES-GCM."""
        with self._session() as session:
            return session.get_key(label=label).decrypt(
                sealed, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(iv, bound, 128)
            )

    def destroy(self, label: str) -> None:
        with self._session(rw=True) as session:
            session.get_key(label=label).destroy()

    def make(self, label: str, bits: int) -> None:
        """A key of somebody else's."""
        with self._session(rw=True) as session:
            session.generate_key(KeyType.AES, bits, label=label, store=True)

    def change_password(self, password: str) -> None:
        with self._session(rw=True) as session:
            session.set_pin(self.password, password)
        self.password = password

    @contextmanager
    def stuck(self):
        """Whoever looks for a key in the token waits: SoftHSM locks its files, and here they are locked.
        Meanwhile this process must not look, which would give up its locks."""
        with ExitStack() as files:
            for path in self._directory.iterdir():
                fcntl.lockf(files.enter_context(path.open("r+b")), fcntl.LOCK_EX)
            yield

    def _session(self, rw: bool = False):
        # What another process has done meanwhile is read when the module is initialised.
        os.environ[CONF] = self.hsm.environment[CONF]
        try:
            module = pkcs11.lib(str(MODULE))
            module.reinitialize()
            token = module.get_token(token_label=self.label)
            return token.open(rw=rw, user_pin=self.password)
        finally:
            del os.environ[CONF]


def describe(key) -> Key:
    return Key(
        label=key.label,
        kind=key.key_type,
        bits=key.key_length,
        extractable=key[Attribute.EXTRACTABLE],
        was_ever_extractable=not key[Attribute.NEVER_EXTRACTABLE],
        sensitive=key[Attribute.SENSITIVE],
        made_inside=key[Attribute.LOCAL],
    )
