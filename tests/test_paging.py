"""Lists are given in pages: complete, without repetition, at any page size."""

import pytest

from expect import refused
from server import Server

KEYS = 105
ALIASES = 55
# A key has at most 50.
OF_ONE_KEY = 48


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A server with more keys, aliases and tags than the default page of each holds."""
    server = Server(tmp_path_factory.mktemp("paging") / "data").start()
    kms = server.client()
    keys = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(KEYS)}
    first, second = sorted(keys)[:2]
    names = [f"alias/n{n:03}" for n in range(ALIASES)]
    for at, name in enumerate(names):
        kms.create_alias(AliasName=name, TargetKeyId=first if at < OF_ONE_KEY else second)
    kms.tag_resource(KeyId=first, Tags=[{"TagKey": f"t{n}", "TagValue": ""} for n in range(20)])
    yield kms, keys, names, first
    server.kill()


def pages(call, member: str, **arguments):
    """Follows the markers; checks what every page promises."""
    found, sizes = [], []
    while True:
        answer = call(**arguments)
        assert answer["Truncated"] == ("NextMarker" in answer)
        found += answer[member]
        sizes.append(len(answer[member]))
        if not answer["Truncated"]:
            return found, sizes
        assert 1 <= len(answer["NextMarker"]) <= 1024
        arguments["Marker"] = answer["NextMarker"]


@pytest.mark.parametrize("limit", [1, 7, 104, 105, 106, 1000])
def test_keys(filled, limit):
    kms, keys, _, _ = filled
    found, sizes = pages(kms.list_keys, "Keys", Limit=limit)
    assert len(found) == KEYS
    assert {entry["KeyId"] for entry in found} == keys
    assert all(set(entry) == {"KeyId", "KeyArn"} for entry in found)
    assert all(entry["KeyArn"].endswith(f":key/{entry['KeyId']}") for entry in found)
    assert sizes[:-1] == [limit] * (len(sizes) - 1)


def test_default_page_of_keys(filled):
    kms, *_ = filled
    _, sizes = pages(kms.list_keys, "Keys")
    assert sizes == [100, KEYS - 100]


def test_default_page_of_aliases(filled):
    kms, _, names, _ = filled
    found, sizes = pages(kms.list_aliases, "Aliases")
    assert sizes == [50, ALIASES - 50]
    assert sorted(entry["AliasName"] for entry in found) == names


def test_aliases_of_one_key(filled):
    kms, keys, names, first = filled
    found, sizes = pages(kms.list_aliases, "Aliases", KeyId=first, Limit=20)
    assert sorted(entry["AliasName"] for entry in found) == names[:OF_ONE_KEY]
    assert sizes == [20, 20, 8]
    assert kms.list_aliases(KeyId=max(keys))["Aliases"] == []


def test_tags(filled):
    kms, _, _, first = filled
    found, sizes = pages(kms.list_resource_tags, "Tags", KeyId=first, Limit=6)
    assert sizes == [6, 6, 6, 2]
    assert {tag["TagKey"] for tag in found} == {f"t{n}" for n in range(20)}


def test_paginators_of_the_sdk(filled):
    kms, keys, _, _ = filled
    read = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 10})
    assert {entry["KeyId"] for page in read for entry in page["Keys"]} == keys


def test_what_was_added_and_removed_meanwhile_does_not_disturb(filled):
    kms, _, _, first = filled
    page = kms.list_aliases(KeyId=first, Limit=10)
    last = page["Aliases"][-1]["AliasName"]
    kms.delete_alias(AliasName=last)
    try:
        rest, _ = pages(kms.list_aliases, "Aliases", KeyId=first, Marker=page["NextMarker"])
        seen = [entry["AliasName"] for entry in page["Aliases"] + rest]
        assert len(seen) == len(set(seen)) == OF_ONE_KEY
    finally:
        kms.create_alias(AliasName=last, TargetKeyId=first)


@pytest.mark.parametrize("marker", ["x", "AAAA", "0" * 1024])
def test_markers_that_were_never_given(filled, marker):
    kms, _, _, first = filled
    for call, arguments in [
        (kms.list_keys, {}),
        (kms.list_aliases, {}),
        (kms.list_resource_tags, {"KeyId": first}),
    ]:
        with refused("InvalidMarkerException"):
            call(Marker=marker, **arguments)
