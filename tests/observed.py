"""What all tests together saw of the API: operations, members of answers, error codes.

`server.SESSION` reports every answer here; `test_zz_observed.py`, which runs last, compares the sum
with botocore's model.
"""

from collections import defaultdict

# Operation -> dotted paths of members that were in some answer.
MEMBERS: dict = defaultdict(set)
# Operation -> error codes that it was refused with.
ERRORS: dict = defaultdict(set)
# Name of an enumeration -> values that were in some answer.
VALUES: dict = defaultdict(set)


def observe(http_response, parsed, model, **_):
    """Notes one answer; a handler of botocore's event `after-call`."""
    if http_response.status_code >= 300:
        ERRORS[model.name].add(parsed.get("Error", {}).get("Code"))
        return
    MEMBERS[model.name].add("")
    if model.output_shape is not None:
        note(model.name, model.output_shape, parsed, "")


def note(operation: str, shape, value, path: str):
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                if name in value:
                    below = f"{path}.{name}".lstrip(".")
                    MEMBERS[operation].add(below)
                    note(operation, member, value[name], below)
        case "list":
            for item in value:
                note(operation, shape.member, item, path)
        case "string" if shape.enum:
            VALUES[shape.name].add(value)


def members_of(shape, path: str = "", seen: tuple = ()) -> set:
    """The dotted paths of all members that an answer of this shape can have."""
    if shape is None or shape.name in seen:
        return set()
    if shape.type_name == "list":
        return members_of(shape.member, path, seen)
    if shape.type_name != "structure":
        return set()
    paths = set()
    for name, member in shape.members.items():
        below = f"{path}.{name}".lstrip(".")
        paths |= {below} | members_of(member, below, (*seen, shape.name))
    return paths
