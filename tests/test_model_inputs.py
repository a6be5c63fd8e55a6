"""The inputs of the public API model, frozen for the tests that run without a client.

`crates/kms/tests/model_inputs.txt` says in a line a member or shape what botocore's model says of
the inputs of all operations. Here it is compared with botocore's; in `crates/kms/tests/model.rs`
with the fields that the server checks. UPDATE_SNAPSHOTS=1 writes it anew.
"""

import os
from pathlib import Path

from server import SESSION

FROZEN = Path(__file__).parent.parent / "crates/kms/tests/model_inputs.txt"
MODEL = SESSION._session.get_service_model("kms")


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


def test_the_frozen_inputs_are_the_models():
    lines, shapes = [], {}
    for name in MODEL.operation_names:
        structure = MODEL.operation_model(name).input_shape
        lines += [f"operation {name}", *members(structure)]
        for member in structure.members.values():
            shapes |= {part.name: described(part) for part in parts(member)}
    lines += [f"shape {name} {text}" for name, text in sorted(shapes.items())]
    text = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        FROZEN.write_text(text)
    assert FROZEN.read_text() == text
