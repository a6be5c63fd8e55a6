"""After all other tests: every operation of the model was served, every member of its answers was
seen, every error that it declares was provoked. What is missing is listed here, with its reason.
"""

import pytest

import observed
from server import SESSION

MODEL = SESSION._session.get_service_model("kms")

SERVED = [name for name in MODEL.operation_names if name not in observed.NOT_SERVED]

STORES = "there are no custom key stores"
NEW = "a key that has just been made has none"

# Members that no answer has, and why.
NEVER = {
    "GetKeyRotationStatus.OnDemandRotationStartDate": "a rotation is done when it is answered",
    "ListKeyPolicies.NextMarker": "a key has one policy",
    "ListRetirableGrants.Grants.RetiringServicePrincipal": "no caller is a service",
    "ReplicateKey.ReplicaKeyMetadata.CurrentKeyMaterialId": "a replica that is being created",
    **{
        f"{operation}.{path}.{member}": STORES
        for operation, path in (
            ("CreateKey", "KeyMetadata"),
            ("DescribeKey", "KeyMetadata"),
            ("ReplicateKey", "ReplicaKeyMetadata"),
        )
        for member in (
            "CloudHsmClusterId", "CustomKeyStoreId", "XksKeyConfiguration", "XksKeyConfiguration.Id",
        )
    },
    **{
        f"{operation}.{path}.{member}": NEW
        for operation, path in (("CreateKey", "KeyMetadata"), ("ReplicateKey", "ReplicaKeyMetadata"))
        for member in ("DeletionDate", "PendingDeletionWindowInDays", "ValidTo")
    },
    "CreateKey.KeyMetadata.ExpirationModel": NEW,
    "CreateKey.KeyMetadata.MultiRegionConfiguration.ReplicaKeys.Arn": NEW,
    "CreateKey.KeyMetadata.MultiRegionConfiguration.ReplicaKeys.Region": NEW,
}

# Declared errors that cannot be provoked from outside, and why.
UNPROVOKED = {
    "KMSInternalException": "a failure of the server's own",
    "DependencyTimeoutException": "nothing that is depended on",
    "ConflictException": "a rotation is done when it is answered",
    "KeyUnavailableException": STORES,
    "CloudHsmClusterInvalidConfigurationException": STORES,
    "CustomKeyStoreInvalidStateException": STORES,
    "CustomKeyStoreNotFoundException": STORES,
    "XksKeyAlreadyInUseException": STORES,
    "XksKeyInvalidConfigurationException": STORES,
    "XksKeyNotFoundException": STORES,
}


@pytest.fixture(scope="module", autouse=True)
def everything(request):
    """Only a run of all tests can have seen everything."""
    files = {item.path.name for item in request.session.items}
    if len(files) < len(list(request.path.parent.glob("test_*.py"))) or request.session.testsfailed:
        pytest.skip("this takes a run of all tests, without a failure")


def test_every_operation_was_served():
    unseen = set(MODEL.operation_names) - set(observed.MEMBERS)
    assert unseen == observed.NOT_SERVED
    print(f"\noperations served: {len(observed.MEMBERS)} of {len(MODEL.operation_names)}")


def test_every_member_of_an_answer_was_seen():
    missing, total = [], 0
    for name in SERVED:
        expected = observed.members_of(MODEL.operation_model(name).output_shape)
        total += len(expected)
        unseen = expected - observed.MEMBERS[name]
        missing += [f"{name}: {path}" for path in sorted(unseen) if f"{name}.{path}" not in NEVER]
    assert not missing, "\n" + "\n".join(missing)
    print(f"\nmembers of answers seen: {total - len(NEVER)} of {total}")


def test_every_declared_error_was_provoked():
    declared = {
        shape.metadata.get("error", {}).get("code", shape.name)
        for name in SERVED
        for shape in MODEL.operation_model(name).error_shapes
    }
    seen = set().union(*observed.ERRORS.values())
    assert not declared - seen - set(UNPROVOKED), sorted(declared - seen - set(UNPROVOKED))
    print(f"\nerrors provoked: {len(declared & seen)} of {len(declared)}")


def test_every_value_of_an_answered_enumeration_was_seen():
    unmade = {"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE", "Unavailable"}
    for name in ("KeySpec", "KeyUsageType", "OriginType", "KeyState"):
        unseen = set(MODEL.shape_for(name).enum) - observed.VALUES[name] - unmade
        print(f"\n{name}: {len(observed.VALUES[name])} values seen")
        assert not unseen, name
