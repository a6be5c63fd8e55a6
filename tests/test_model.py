"""Every constraint of the public API model, on every member of every operation.

For each, botocore's own model says what is allowed; a value just outside is sent, and the answer
must name member, rule and value in AWS's words. The cases come from the model alone, so a member
that a new version of it brings is tested without a change here.
"""

import re

import pytest

from expect import VALIDATION, error_of
from server import SESSION


# Values that are well formed beyond what the model says, so that one violation is the only one.
WELL_FORMED = {
    "KeyIdType": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "AliasNameType": "alias/a",
    "PolicyType": "{}",
    "XksProxyAuthenticationAccessKeyIdType": "ABCDEFGHIJKLMNOPQRST",
}

# Whether AWS shows these is not known: they are not secret in the model, yet left out of its trail.
MAY_BE_HIDDEN = {"GrantTokenType"}

MODEL = SESSION._session.get_service_model("kms")
OPERATIONS = list(MODEL.operation_names)


def wire_path(parts: list) -> str:
    """`keyId`, `tags.1.member.tagKey`: as AWS writes the place of a value."""
    return ".".join(part if part[0].isdigit() else part[0].lower() + part[1:] for part in parts)


def valid(shape):
    """A value that the model allows."""
    if shape.name in WELL_FORMED:
        return WELL_FORMED[shape.name]
    match shape.type_name:
        case "string":
            return shape.enum[0] if shape.enum else "a" * max(1, shape.metadata.get("min", 1))
        case "blob":
            return b"a" * max(1, shape.metadata.get("min", 1))
        case "integer" | "long":
            return shape.metadata.get("min", 1)
        case "boolean":
            return False
        case "list":
            return [valid(shape.member)]
        case "map":
            return {"a": "b"}
        case "structure":
            return {name: valid(shape.members[name]) for name in shape.required_members}
    raise AssertionError(shape.type_name)


def violations(shape, parts: list):
    """Values that the model forbids: (value, path of what is wrong, shape of it, the rule's text)."""
    bounds = shape.metadata
    low, high = bounds.get("min"), bounds.get("max")
    path = wire_path(parts)
    match shape.type_name:
        case "string" | "blob" | "list":
            fill = {"string": lambda n: "a" * n, "blob": lambda n: b"a" * n}.get(
                shape.type_name, lambda n: [valid(shape.member)] * n
            )
            if low:
                rule = f"Member must have length greater than or equal to {low}"
                yield fill(low - 1), path, shape, rule
            if high is not None:
                yield fill(high + 1), path, shape, f"Member must have length less than or equal to {high}"
        case "integer" | "long":
            if low is not None:
                yield low - 1, path, shape, f"Member must have value greater than or equal to {low}"
            if high is not None:
                yield high + 1, path, shape, f"Member must have value less than or equal to {high}"
    if shape.type_name == "string" and shape.enum:
        yield "NO_SUCH_NAME", path, shape, "Member must satisfy enum value set: "
    if "pattern" in bounds and (wrong := mismatch(bounds["pattern"])):
        yield wrong, path, shape, "Member must satisfy regular expression pattern: "
    if shape.type_name == "list":
        for value, *rest in violations(shape.member, [*parts, "1", "member"]):
            yield [value], *rest
    if shape.type_name == "structure":
        yield from structure_violations(shape, parts)


def structure_violations(shape, parts: list):
    for name, member in shape.members.items():
        if name in shape.required_members:
            rest = {other: value for other, value in valid(shape).items() if other != name}
            yield rest, wire_path([*parts, name]), member, "Member must not be null"
        for value, *rest in violations(member, [*parts, name]):
            yield {**valid(shape), name: value}, *rest


def mismatch(pattern: str) -> str | None:
    """A text that a pattern does not match."""
    for text in ["aĀ", "a!", "a b"]:
        if not re.fullmatch(pattern, text, re.ASCII):
            return text
    return None


def cases():
    for operation in OPERATIONS:
        for body, path, shape, rule in violations(MODEL.operation_model(operation).input_shape, []):
            label = re.sub(r"^Member must (have |satisfy )?", "", rule).strip(": ")
            yield pytest.param(operation, body, path, shape, rule, id=f"{operation}-{path}-{label}")


def shown(value) -> str:
    return "Value null" if value is None else f"Value '{value}'"


def at(body, path: str):
    """The value at a path of `wire_path`."""
    for part in path.split("."):
        if part == "member":
            continue
        if part.isdigit():
            body = body[int(part) - 1]
        else:
            body = next((v for name, v in body.items() if name.lower() == part.lower()), None)
    return body


@pytest.mark.parametrize(("operation", "body", "path", "shape", "rule"), list(cases()))
def test_constraint(kms, operation, body, path, shape, rule):
    call = getattr(kms, method_name(operation))
    error = error_of(call, **body)
    assert error["Code"] == VALIDATION, error["Message"][:500]
    text = error["Message"]
    found = re.match(r"(\d+) validation errors? detected: ", text)
    assert found, text[:500]
    assert int(found.group(1)) == text.count("failed to satisfy constraint: ")

    # What is wrong with a member of a list of texts is said of the list, with all of its rules.
    parent = re.sub(r"\.1\.member$", "", path)
    if parent != path:
        assert f" at '{parent}' failed to satisfy constraint: Member must satisfy constraint: [" in text
        assert rule in text
        return

    place = f" at '{path}' failed to satisfy constraint: {rule}"
    value = at(body, path)
    hidden = shape.type_name == "blob" or shape.metadata.get("sensitive")
    if hidden and value is not None:
        assert "Value" + place in text
    elif shape.type_name == "list" and value is not None:
        # How AWS writes a list is not known.
        assert place in text
    elif hidden or shape.name in MAY_BE_HIDDEN:
        assert shown(value) + place in text or "Value" + place in text
    else:
        assert shown(value) + place in text

    if rule.endswith("enum value set: "):
        names = text.split(place + "[", 1)[1].split("]", 1)[0].split(", ")
        assert sorted(names) == sorted(shape.enum)
    if rule.endswith("pattern: "):
        pattern = shape.metadata["pattern"].removeprefix("^").removesuffix("$")
        assert pattern in text.split(place, 1)[1]


def method_name(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def test_two_violations_are_both_named(kms):
    error = error_of(kms.create_alias, AliasName="", TargetKeyId="")
    assert error["Code"] == VALIDATION
    assert "at 'aliasName' failed" in error["Message"]
    assert "at 'targetKeyId' failed" in error["Message"]
    assert error["Message"].count("; ") == error["Message"].count("Value ") - 1


def test_there_is_a_case_for_every_operation():
    with_input = {name for name in OPERATIONS if MODEL.operation_model(name).input_shape.members}
    assert {case.values[0] for case in cases()} == with_input
    assert len(OPERATIONS) == 56
