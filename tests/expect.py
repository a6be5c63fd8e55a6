"""What tests expect of answers."""

import re
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

VALIDATION = "ValidationException"
NOT_FOUND = "NotFoundException"
INVALID_STATE = "KMSInvalidStateException"


@contextmanager
def refused(code: str, message: str | re.Pattern | None = None):
    """The calls inside are refused with this code, HTTP 400 and this very text (or any, for None)."""
    with pytest.raises(ClientError) as caught:
        yield caught
    response = caught.value.response
    assert response["Error"]["Code"] == code, response["Error"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    if isinstance(message, re.Pattern):
        assert message.search(response["Error"]["Message"]), response["Error"]
    elif message is not None:
        assert response["Error"]["Message"] == message


def error_of(call, **arguments) -> dict:
    """The code and text with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


def members(response: dict) -> set:
    """The names of an answer's members, less what the SDK adds."""
    return set(response) - {"ResponseMetadata"}


def invalid(path: str, rule: str, value: str | None = None) -> str:
    """The text of a single violated constraint; binary and secret values are not shown."""
    shown = "Value" if value is None else f"Value '{value}'"
    return f"1 validation error detected: {shown} at '{path}' failed to satisfy constraint: {rule}"


def at_least(length: int) -> str:
    return f"Member must have length greater than or equal to {length}"


def at_most(length: int) -> str:
    return f"Member must have length less than or equal to {length}"
