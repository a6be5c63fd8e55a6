"""After all other tests: every operation of the model was served, every member of its answers was
seen, every error that it declares was provoked. What is missing is listed here, with its reason.
"""

import pytest

import observed
import softhsm
from server import SESSION

MODEL = SESSION._session.get_service_model("kms")

NEW = "a key that has just been made has none"
NO_STORE = "no multi-Region key is in a custom key store"
AT_ONCE = "it is done when it is answered"
NO_VPC = "there are no VPC endpoint services here to look at"
NO_CLUSTER = "an HSM has no network of AWS's around it"

# Members that no answer has, and why.
NEVER = {
    "GetKeyRotationStatus.OnDemandRotationStartDate": AT_ONCE,
    "ListKeyPolicies.NextMarker": "a key has one policy",
    "ListRetirableGrants.Grants.RetiringServicePrincipal": "no caller is a service",
    "ReplicateKey.ReplicaKeyMetadata.CurrentKeyMaterialId": "a replica that is being created",
    **{
        f"ReplicateKey.ReplicaKeyMetadata.{member}": NO_STORE
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
    "ConflictException": AT_ONCE,
    "KeyUnavailableException": "what is the matter with a key in a custom key store is told as its state",
    "XksProxyVpcEndpointServiceNotFoundException": NO_VPC,
    "XksProxyVpcEndpointServiceInvalidConfigurationException": NO_VPC,
}

# Values that no answer has, and why.
UNMADE = {
    "ConnectionStateType": {"CONNECTING": AT_ONCE, "DISCONNECTING": AT_ONCE},
    "ConnectionErrorCodeType": {
        "USER_LOCKED_OUT": "SoftHSM locks nobody out",
        "USER_NOT_FOUND": "the modules of HSMs do not tell it from a wrong password",
        "USER_LOGGED_IN": "whoever is logged in is in nobody's way",
        "INSUFFICIENT_CLOUDHSM_HSMS": NO_CLUSTER,
        "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET": NO_CLUSTER,
        "SUBNET_NOT_FOUND": NO_CLUSTER,
        "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND": NO_VPC,
        "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION": NO_VPC,
    },
}

# What takes an HSM, where its tests were skipped.
if not softhsm.is_there():
    WITHOUT_HSM = "there is no HSM to test with"
    NEVER |= {
        f"{operation}.KeyMetadata.CloudHsmClusterId": WITHOUT_HSM
        for operation in ("CreateKey", "DescribeKey")
    }
    for error in ("CloudHsmClusterNotActiveException", "DependencyTimeoutException"):
        UNPROVOKED[error] = WITHOUT_HSM
    UNMADE["OriginType"] = {"AWS_CLOUDHSM": WITHOUT_HSM}
    for code in ("CLUSTER_NOT_FOUND", "NETWORK_ERRORS"):
        UNMADE["ConnectionErrorCodeType"][code] = WITHOUT_HSM


@pytest.fixture(scope="module", autouse=True)
def everything(request):
    """Only a run of all tests can have seen everything."""
    files = {item.path.name for item in request.session.items}
    if len(files) < len(list(request.path.parent.glob("test_*.py"))) or request.session.testsfailed:
        pytest.skip("this takes a run of all tests, without a failure")


def test_every_operation_was_served():
    assert set(observed.MEMBERS) == set(MODEL.operation_names)
    assert len(observed.MEMBERS) == 56
    print(f"\noperations served: {len(observed.MEMBERS)} of {len(MODEL.operation_names)}")


def test_every_member_of_an_answer_was_seen():
    missing, total = [], 0
    for name in MODEL.operation_names:
        expected = observed.members_of(MODEL.operation_model(name).output_shape)
        total += len(expected)
        unseen = expected - observed.MEMBERS[name]
        missing += [f"{name}: {path}" for path in sorted(unseen) if f"{name}.{path}" not in NEVER]
    assert not missing, "\n" + "\n".join(missing)
    print(f"\nmembers of answers seen: {total - len(NEVER)} of {total}")


def test_every_declared_error_was_provoked():
    declared = {
        shape.metadata.get("error", {}).get("code", shape.name)
        for name in MODEL.operation_names
        for shape in MODEL.operation_model(name).error_shapes
    }
    seen = set().union(*observed.ERRORS.values())
    assert not declared - seen - set(UNPROVOKED), sorted(declared - seen - set(UNPROVOKED))
    print(f"\nerrors provoked: {len(declared & seen)} of {len(declared)}")


def test_every_value_of_an_answered_enumeration_was_seen():
    for name in (
        "KeySpec", "KeyUsageType", "OriginType", "KeyState", "CustomKeyStoreType", "ConnectionStateType",
        "ConnectionErrorCodeType", "XksProxyConnectivityType",
    ):
        unmade = set(UNMADE.get(name, ()))
        # What is excused and happens all the same is not to be excused.
        assert not unmade & observed.VALUES[name], name
        assert set(MODEL.shape_for(name).enum) - observed.VALUES[name] == unmade, name
        print(f"\n{name}: {len(observed.VALUES[name])} values seen")
