"""Quotas with an AWS client: it waits and succeeds, errors are those it knows, and one account's
flood is none of another's business."""

import time

import pytest
from botocore.exceptions import ClientError

import flood
from server import OTHER_REGION, DidNotStart, Server

QUOTAS = """
[quotas]
in_flight = 16

[[quotas.requests]]
of = "ListKeys"
per_second = 2

[[quotas.requests]]
of = "cryptography-symmetric"
per_second = 200

[[quotas.requests]]
of = "iam"
per_second = 2
account = "444455556666"

[[quotas.requests]]
of = "GetCallerIdentity"
per_second = 1
account = "444455556666"

[quotas.resources]
keys = 3
aliases_per_key = 2

[quotas.resources.accounts.444455556666]
keys = 1
"""


def configured(tmp_path, text: str) -> Server:
    file = tmp_path / "strongroom.toml"
    file.write_text(text)
    return Server(tmp_path / "data", options=["--config", str(file)])


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    server = configured(tmp_path_factory.mktemp("limited"), QUOTAS).start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def other(limited) -> tuple:
    return flood.account(limited)


def refused(call, **members) -> dict:
    with pytest.raises(ClientError) as raised:
        call(**members)
    return raised.value.response


def until_refused(call, **members) -> dict:
    for _ in range(50):
        try:
            call(**members)
        except ClientError as error:
            return error.response
    raise AssertionError("50 requests in a row")


def test_a_request_beyond_the_quota_is_a_throttling_exception(limited):
    response = until_refused(limited.client().list_keys)
    assert response["Error"]["Code"] == "ThrottlingException"
    assert response["Error"]["Message"] == (
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_a_client_that_backs_off_succeeds(limited, mode):
    client = flood.client_of(limited, limited.credentials(), retries={"mode": mode, "total_max_attempts": 8})
    retried = 0
    for _ in range(6):
        retried += client.list_keys()["ResponseMetadata"]["RetryAttempts"]
    assert retried > 0


def test_iam_and_sts_say_throttling(limited, other):
    iam = flood.client_of(limited, other, "iam")
    response = until_refused(iam.list_users)
    assert (response["Error"]["Code"], response["Error"]["Message"]) == ("Throttling", "Rate exceeded")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    sts = flood.client_of(limited, other, "sts")
    assert until_refused(sts.get_caller_identity)["Error"]["Code"] == "Throttling"
    # The first account has no such rule.
    for _ in range(10):
        limited.client("iam").list_users()


def test_resources_have_quotas(limited, other):
    kms, theirs = limited.client(region=OTHER_REGION), flood.client_of(limited, other)
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(3)]
    assert refused(kms.create_key)["Error"]["Code"] == "LimitExceededException"
    for number in range(2):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=keys[0])
    response = refused(kms.create_alias, AliasName="alias/2", TargetKeyId=keys[0])
    assert response["Error"]["Code"] == "LimitExceededException"
    assert "2 aliases" in response["Error"]["Message"]
    theirs.create_key()
    response = refused(theirs.create_key)
    assert response["Error"]["Code"] == "LimitExceededException"
    assert "1 keys" in response["Error"]["Message"]


def test_what_is_refused_is_in_the_trail_within_a_bound(tmp_path):
    rule = '[[quotas.requests]]\nof = "ListAliases"\nper_second = 0.01\n'
    server = configured(tmp_path, rule).start()
    try:
        client = server.client()
        client.list_aliases()
        request = flood.signed(server, server.credentials(), "ListAliases", {})
        with flood.Flood(server, request, 16) as running:
            time.sleep(1)
        assert running.statuses[400] > 100
        told = [event for event in server.events() if event["eventName"] == "ListAliases"]
        codes = [event.get("errorCode") for event in told]
        assert codes.count(None) == 1
        # At most two minutes of the clock had a part in it.
        assert 60 <= codes.count("ThrottlingException") <= 120
    finally:
        server.kill()


def test_a_flood_is_none_of_another_accounts_business(tmp_path):
    """Generous, for a machine that builds something at the same time; docs/quotas.md has figures."""
    flooded = f"{QUOTAS}\n[[quotas.requests]]\nof = \"account\"\nper_second = 200\naccount = \"444455556666\"\n"
    server = configured(tmp_path, flooded).start()
    try:
        own, theirs = (flood.encrypt(server, who) for who in (server.credentials(), flood.account(server)))
        alone = flood.latencies(server, own, 3)
        with flood.Flood(server, theirs) as running:
            beside = flood.latencies(server, own, 3)
        assert running.statuses[400] > running.statuses[200] > 0
        assert flood.percentile(beside, 0.5) < 10 * flood.percentile(alone, 0.5) + 10
    finally:
        server.kill()


def test_the_preset_is_awss(tmp_path):
    server = configured(tmp_path, '[quotas]\npreset = "aws"\n').start()
    try:
        client = server.client()
        assert until_refused(client.create_key)["Error"]["Code"] == "ThrottlingException"
        assert len(client.list_keys()["Keys"]) >= 5
        for _ in range(100):
            client.generate_random(NumberOfBytes=8)
    finally:
        server.kill()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[quotas]\npreset = "azure"\n', "azure"),
        ('[[quotas.requests]]\nof = "CreatKey"\nper_second = 1\n', "`CreatKey` is neither"),
        ('[[quotas.requests]]\nof = "CreateKey"\n', "it takes `per_second`"),
        ("[quotas.resources]\nkey_stores = 1001\n", "key_stores is at most 1000"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(tmp_path, text, why):
    with pytest.raises(DidNotStart) as refusal:
        configured(tmp_path, text).start()
    assert why in str(refusal.value)
