"""Trails, as boto3 manages them. What they deliver is tested elsewhere."""

import pytest

from expect import members, refused
from server import OTHER_REGION, REGION

BUCKET = "the-bucket"


@pytest.fixture(scope="module")
def cloudtrail(server):
    return server.client("cloudtrail", validate=False)


@pytest.fixture(scope="module")
def elsewhere(server):
    return server.client("cloudtrail", region="us-west-1", validate=False)


@pytest.fixture(scope="module")
def built_in(account) -> str:
    return f"arn:aws:cloudtrail:us-east-1:{account}:trail/strongroom"


@pytest.fixture
def trail(cloudtrail):
    """A trail of all Regions: what CreateTrail answers."""
    made = cloudtrail.create_trail(Name="main", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    yield made
    cloudtrail.delete_trail(Name=made["TrailARN"])


def test_a_trail_lives(cloudtrail, account):
    made = cloudtrail.create_trail(
        Name="life", S3BucketName=BUCKET, S3KeyPrefix="a/b", EnableLogFileValidation=True
    )
    arn = f"arn:aws:cloudtrail:{REGION}:{account}:trail/life"
    assert (made["TrailARN"], made["S3KeyPrefix"]) == (arn, "a/b")
    assert made["LogFileValidationEnabled"] and made["IncludeGlobalServiceEvents"]
    assert not made["IsMultiRegionTrail"]
    assert not cloudtrail.get_trail_status(Name="life")["IsLogging"]
    assert members(cloudtrail.start_logging(Name="life")) == set()
    status = cloudtrail.get_trail_status(Name=arn)
    assert status["IsLogging"] and status["StartLoggingTime"]
    cloudtrail.stop_logging(Name=arn)
    assert not cloudtrail.get_trail_status(Name="life")["IsLogging"]
    changed = cloudtrail.update_trail(Name="life", S3KeyPrefix="", IsMultiRegionTrail=True)
    assert "S3KeyPrefix" not in changed and changed["IsMultiRegionTrail"]
    assert cloudtrail.get_trail(Name="life")["Trail"]["HomeRegion"] == REGION
    with refused("TrailAlreadyExistsException", f"Trail life already exists for customer: {account}"):
        cloudtrail.create_trail(Name="life", S3BucketName=BUCKET)
    cloudtrail.delete_trail(Name="life")
    with refused("TrailNotFoundException", f"Unknown trail: {arn} for the user: {account}"):
        cloudtrail.get_trail(Name="life")


def test_the_built_in_trail(cloudtrail, elsewhere, built_in, server):
    for client in (cloudtrail, elsewhere):
        first = client.describe_trails()["trailList"][0]
        assert (first["Name"], first["TrailARN"]) == ("strongroom", built_in)
        assert first["IsMultiRegionTrail"] and first["LogFileValidationEnabled"]
        assert client.get_trail_status(Name="strongroom")["IsLogging"]
    [selector] = cloudtrail.get_event_selectors(TrailName=built_in)["EventSelectors"]
    assert selector == {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
    home = server.client("cloudtrail", region=OTHER_REGION)
    for change in (home.stop_logging, home.delete_trail):
        with refused("OperationNotPermittedException"):
            change(Name="strongroom")


def test_trails_of_all_regions_show_elsewhere(cloudtrail, elsewhere, trail):
    arn = trail["TrailARN"]
    names = [one["Name"] for one in elsewhere.describe_trails()["trailList"]]
    assert names == ["strongroom", "main"]
    assert elsewhere.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert elsewhere.get_trail(Name=arn)["Trail"]["Name"] == "main"
    with refused("TrailNotFoundException"):
        elsewhere.get_trail(Name="main")
    with refused("InvalidHomeRegionException"):
        elsewhere.start_logging(Name=arn)
    listed = [one["TrailARN"] for page in elsewhere.get_paginator("list_trails").paginate()
              for one in page["Trails"]]
    assert arn in listed


def test_selectors(cloudtrail, trail):
    basic = {
        "ReadWriteType": "WriteOnly",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    }
    cloudtrail.put_event_selectors(TrailName="main", EventSelectors=[basic])
    assert cloudtrail.get_event_selectors(TrailName="main")["EventSelectors"] == [basic]
    assert cloudtrail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"]
    fields = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "readOnly", "Equals": ["true"]},
    ]
    advanced = [{"Name": "reads", "FieldSelectors": fields}]
    cloudtrail.put_event_selectors(TrailName="main", AdvancedEventSelectors=advanced)
    shown = cloudtrail.get_event_selectors(TrailName="main")
    assert shown["AdvancedEventSelectors"] == advanced and "EventSelectors" not in shown
    text = "Specify a valid number of selectors (1 to 5) for your trail."
    with refused("InvalidEventSelectorsException", text):
        cloudtrail.put_event_selectors(TrailName="main", EventSelectors=[])
    data = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]
    with refused("UnsupportedOperationException"):
        cloudtrail.put_event_selectors(TrailName="main", EventSelectors=[{"DataResources": data}])


def test_tags(cloudtrail, trail):
    arn = trail["TrailARN"]
    cloudtrail.add_tags(ResourceId=arn, TagsList=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    cloudtrail.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])
    listed = [one for page in cloudtrail.get_paginator("list_tags").paginate(ResourceIdList=[arn])
              for one in page["ResourceTagList"]]
    assert listed == [{"ResourceId": arn, "TagsList": [{"Key": "b", "Value": ""}]}]
    with refused("ResourceNotFoundException"):
        cloudtrail.list_tags(ResourceIdList=[arn.replace("main", "none")])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"Name": "ab"}, "InvalidTrailNameException"),
        ({"S3BucketName": "The Bucket"}, "InvalidS3BucketNameException"),
        ({"S3BucketName": "xn--bucket"}, "S3BucketDoesNotExistException"),
        ({"S3BucketName": "strongroom-trail"}, "InsufficientS3BucketPolicyException"),
        ({"S3KeyPrefix": "../up"}, "InvalidS3PrefixException"),
        ({"SnsTopicName": "topic"}, "UnsupportedOperationException"),
        ({"KmsKeyId": "alias/key"}, "UnsupportedOperationException"),
        ({"IsOrganizationTrail": True}, "UnsupportedOperationException"),
        (
            {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False},
            "InvalidParameterCombinationException",
        ),
        ({"Name": None}, "ValidationException"),
        ({"Name": 1}, "SerializationException"),
    ],
)
def test_what_is_refused(cloudtrail, arguments, code):
    with refused(code):
        cloudtrail.create_trail(**{"Name": "refused", "S3BucketName": BUCKET, **arguments})


def test_public_keys_are_of_a_time(cloudtrail):
    with refused("InvalidTimeRangeException"):
        cloudtrail.list_public_keys(StartTime=2, EndTime=1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"StartTime": 2, "EndTime": 1}, "InvalidTimeRangeException"),
        ({"NextToken": "AAAA"}, "InvalidNextTokenException"),
        ({"EventCategory": "other"}, "InvalidEventCategoryException"),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}] * 2},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_what_cannot_be_looked_up(cloudtrail, arguments, code):
    with refused(code):
        cloudtrail.lookup_events(**arguments)


def test_it_is_signed_for_its_own_service(server):
    """A request whose scope names another service is not believed."""
    client = server.client("cloudtrail")
    client.meta.events.register(
        "choose-signer.cloudtrail.*",
        lambda context, **_: context.setdefault("signing", {}).update(signing_name="kms"),
    )
    with refused("InvalidSignatureException"):
        client.describe_trails()
