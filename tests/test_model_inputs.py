"""The inputs of the public API model, frozen for the tests that run without a client.

`crates/kms/tests/model_inputs.txt` says in a line a member or shape what botocore's model says of
the inputs of all operations; `iam_inputs.txt` and `sts_inputs.txt` of `crates/iam/tests` and
`cloudtrail_inputs.txt` of `crates/trail/tests` of those that are served. Here they are compared with botocore's; in the `model.rs` beside them with the
fields that the server checks. UPDATE_SNAPSHOTS=1 writes them anew.
"""

import os
import re

import pytest

from server import ROOT, SESSION

FROZEN = {
    "kms": ROOT / "crates/kms/tests/model_inputs.txt",
    "iam": ROOT / "crates/iam/tests/iam_inputs.txt",
    "sts": ROOT / "crates/iam/tests/sts_inputs.txt",
    "cloudtrail": ROOT / "crates/trail/tests/cloudtrail_inputs.txt",
}


def served(service: str) -> list:
    """The operations in the frozen inputs: of KMS all, of the others those that are there."""
    model = SESSION._session.get_service_model(service)
    if service == "kms":
        return model.operation_names
    return re.findall(r"^operation (\w+)$", FROZEN[service].read_text(), re.MULTILINE)


def members(structure):
    for name, shape in structure.members.items():
        required = " required" if name in structure.required_members else ""
        yield f"  {name} {shape.name}{required}"


def bounds(shape) -> str:
    return f"{shape.metadata.get('min', 0)}..{shape.metadata.get('max', '')}"


def described(shape) -> str:
    match shape.type_name:
        case "string" if shape.enum:
            return "name " + " ".join(sorted(shape.enum))
        case "string":
            kind = "secret" if shape.metadata.get("sensitive") else "text"
            pattern = f" {shape.metadata['pattern']}" if "pattern" in shape.metadata else ""
            return f"{kind} {bounds(shape)}{pattern}"
        case "blob" | "integer":
            return f"{shape.type_name} {bounds(shape)}"
        case "list":
            return f"list {bounds(shape)} {shape.member.name}"
        case "map":
            for part in (shape.key, shape.value):
                assert part.type_name == "string" and not part.enum and not part.metadata
            return "map"
        case "structure":
            return "\n".join(["structure", *members(shape)])
        case "boolean" | "timestamp":
            return shape.type_name
    raise AssertionError(shape.type_name)


def parts(shape):
    """The shapes that a shape is made of, itself included."""
    yield shape
    if shape.type_name == "list":
        yield from parts(shape.member)
    if shape.type_name == "structure":
        for member in shape.members.values():
            yield from parts(member)


@pytest.mark.parametrize("service", sorted(FROZEN))
def test_the_frozen_inputs_are_the_models(service):
    lines, shapes = [], {}
    model, frozen = SESSION._session.get_service_model(service), FROZEN[service]
    for name in served(service):
        structure = model.operation_model(name).input_shape
        lines.append(f"operation {name}")
        if structure is None:
            continue
        lines += members(structure)
        for member in structure.members.values():
            shapes |= {part.name: described(part) for part in parts(member)}
    lines += [f"shape {name} {text}" for name, text in sorted(shapes.items())]
    text = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        frozen.write_text(text)
    assert frozen.read_text() == text
