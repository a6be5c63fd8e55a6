"""Secrets that are looked for afterwards: every form that one may have taken, and where it was found."""

import array
import base64
import gzip
import os
import urllib.parse
from pathlib import Path

# So much of a secret is enough of it: what is cut off, or stands over two lines, is found all the same.
PIECE = 16


def pieces(secret: bytes) -> list:
    """Parts that cover a secret."""
    starts = range(0, max(len(secret) - PIECE, 0) + 1, PIECE)
    return [secret[start:start + PIECE] for start in starts]


def in_base64(piece: bytes) -> set:
    """What base64 makes of a piece wherever it stands in what is encoded, in both alphabets."""
    forms = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + piece)
        # The first digits depend on what stands before, the last on what follows.
        start = [0, 2, 3][before]
        end = len(encoded) if (before + len(piece)) % 3 == 0 else len(encoded.rstrip(b"=")) - 1
        forms.add(encoded[start:end])
    return forms | {form.translate(bytes.maketrans(b"+/", b"-_")) for form in forms}


def forms(secret: bytes) -> set:
    """All forms of all pieces of a secret."""
    found = set()
    for piece in pieces(secret):
        plain = {piece, *in_base64(piece)}
        twice = {form for once in in_base64(piece) for form in in_base64(once)}
        found |= plain | twice
        found |= {piece.hex().encode(), piece.hex().upper().encode()}
        found |= {urllib.parse.quote_from_bytes(form, safe="").encode() for form in plain}
        found |= {",".join(map(str, piece)).encode(), ", ".join(map(str, piece)).encode()}
    return found


class Marks:
    """Secrets by name."""

    def __init__(self):
        self.secrets = {}
        self._forms = {}

    def add(self, name: str, secret: bytes | str) -> bytes:
        secret = secret.encode() if isinstance(secret, str) else secret
        assert len(secret) >= PIECE, f"{name} is too short to be told from chance"
        self.secrets[name] = secret
        self._forms[name] = forms(secret)
        return secret

    def within(self, content: bytes) -> set:
        """The names of those that are in the content, in whatever form."""
        return {name for name, them in self._forms.items() if any(form in content for form in them)}

    def found(self, places: dict) -> dict:
        """Place -> names of the secrets that are there."""
        found = {place: self.within(content) for place, content in places.items()}
        return {place: names for place, names in found.items() if names}


def files(*roots: Path) -> dict:
    """All files at and below the roots, by path; what is compressed is also there uncompressed."""
    held = {}
    for root in roots:
        for path in [root] if root.is_file() else root.rglob("*"):
            if not path.is_file():
                continue
            held[str(path)] = content = path.read_bytes()
            if path.suffix == ".gz":
                held[f"{path}, uncompressed"] = gzip.decompress(content)
    return held


def memory(process: int) -> bytes:
    """All memory that a process may write and has written, one stretch after another. It takes root."""
    content = []
    page = os.sysconf("SC_PAGE_SIZE")
    with (
        open(f"/proc/{process}/maps") as maps,
        open(f"/proc/{process}/mem", "rb", 0) as mem,
        open(f"/proc/{process}/pagemap", "rb", 0) as pagemap,
    ):
        for line in maps:
            place, rights = line.split()[:2]
            start, end = (int(part, 16) for part in place.split("-"))
            if rights.startswith("rw") and "[v" not in line:
                # Allocators reserve much more than they use: what was never touched is not there.
                pagemap.seek(start // page * 8)
                entries = array.array("Q", pagemap.read((end - start) // page * 8))
                for at, length in stretches(entry >> 62 for entry in entries):
                    mem.seek(start + at * page)
                    content.append(mem.read(length * page))
    return b"\n".join(content)


def stretches(present) -> list:
    """Where those that are there begin, and how many there are in a row."""
    found = []
    for at, there in enumerate(present):
        if there and found and sum(found[-1]) == at:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif there:
            found.append((at, 1))
    return found
