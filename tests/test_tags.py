"""Tags of keys."""

import pytest

from expect import VALIDATION, at_most, invalid, members, refused


def tag(key: str, value: str = "") -> dict:
    return {"TagKey": key, "TagValue": value}


def tags_of(kms, key: dict) -> dict:
    listed = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
    assert len(listed) == len({tag["TagKey"] for tag in listed})
    return {tag["TagKey"]: tag["TagValue"] for tag in listed}


def test_a_key_begins_without(kms, key):
    answer = kms.list_resource_tags(KeyId=key["Arn"])
    assert members(answer) == {"Tags", "Truncated"}
    assert (answer["Tags"], answer["Truncated"]) == ([], False)


def test_tagging_merges(kms, key):
    assert members(kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("a", "1"), tag("b", "2")])) == set()
    kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("b", "3"), tag("c")])
    assert tags_of(kms, key) == {"a": "1", "b": "3", "c": ""}
    assert members(kms.untag_resource(KeyId=key["KeyId"], TagKeys=["a", "c"])) == set()
    assert tags_of(kms, key) == {"b": "3"}
    kms.untag_resource(KeyId=key["KeyId"], TagKeys=["b", "never-there"])
    assert tags_of(kms, key) == {}


def test_tag_keys_are_case_sensitive(kms, key):
    kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("Team", "x"), tag("team", "y")])
    assert tags_of(kms, key) == {"Team": "x", "team": "y"}


def test_the_same_key_twice(kms, key):
    with refused("TagException", "Duplicate tag keys"):
        kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("a", "1"), tag("a", "1")])
    assert tags_of(kms, key) == {}


@pytest.mark.parametrize("name", ["aws:x", "AWS:x", "Aws:"])
def test_reserved_keys(kms, key, name):
    with refused("TagException", "Tags beginning with aws: are reserved"):
        kms.tag_resource(KeyId=key["KeyId"], Tags=[tag(name)])
    with refused("TagException", "Tags beginning with aws: are reserved"):
        kms.create_key(Tags=[tag(name)])


def test_fifty_are_the_most(kms, key):
    fifty = [tag(f"k{n}", str(n)) for n in range(50)]
    kms.tag_resource(KeyId=key["KeyId"], Tags=fifty)
    assert len(tags_of(kms, key)) == 50
    with refused("TagException", "Too many tags"):
        kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("one more")])
    kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("k0", "replaced")])
    assert tags_of(kms, key)["k0"] == "replaced"
    with refused("TagException", "Too many tags"):
        kms.create_key(Tags=fifty + [tag("one more")])


def test_lengths(kms, key):
    kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("k" * 128, "v" * 256)])
    with refused(VALIDATION, invalid("tags.1.member.tagKey", at_most(128), "k" * 129)):
        kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("k" * 129)])
    with refused(VALIDATION, invalid("tags.2.member.tagValue", at_most(256), "v" * 257)):
        kms.tag_resource(KeyId=key["KeyId"], Tags=[tag("fine"), tag("k", "v" * 257)])
    assert tags_of(kms, key) == {"k" * 128: "v" * 256}
