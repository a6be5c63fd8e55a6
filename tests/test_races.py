"""What was answered holds: policies and access keys are taken away while they are in use."""

import threading
import time
import uuid

import pytest
from botocore.exceptions import ClientError

import people
from people import allow, assume, document, trust

ROUNDS = 8
THREADS = 4


class Users(threading.Thread):
    """Calls as fast as it can, and keeps when each served call began."""

    def __init__(self, call, stop):
        super().__init__()
        self.call, self.stop = call, stop
        self.served, self.refused, self.wrong = [], 0, []

    def run(self):
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                self.call()
                self.served.append(began)
            except ClientError as refused:
                code = refused.response["Error"]["Code"]
                if code not in ("AccessDeniedException", "UnrecognizedClientException"):
                    self.wrong.append(code)
                self.refused += 1


def race(call, take, give):
    """Nothing that begins after `take` was answered is served, until `give` was called."""
    for _ in range(ROUNDS):
        stop = threading.Event()
        users = [Users(call(), stop) for _ in range(THREADS)]
        for user in users:
            user.start()
        time.sleep(0.1)
        take()
        taken = time.monotonic()
        time.sleep(0.1)
        stop.set()
        for user in users:
            user.join()
        assert sum(len(user.served) for user in users) > 0
        assert all(user.wrong == [] for user in users)
        late = [began for user in users for began in user.served if began > taken]
        assert late == []
        give()


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


@pytest.fixture
def ann(server, iam):
    return people.user(server, iam)


def encrypting(person, key):
    def call():
        kms = person.client("kms")
        return lambda: kms.encrypt(KeyId=key["Arn"], Plaintext=b"x")

    return call


def test_a_detached_policy(iam, ann, key):
    text = document(allow("kms:Encrypt", "*"))
    arn = iam.create_policy(PolicyName=f"p-{uuid.uuid4()}", PolicyDocument=text)["Policy"]["Arn"]
    named = {"UserName": ann.name, "PolicyArn": arn}
    iam.attach_user_policy(**named)
    take = lambda: iam.detach_user_policy(**named)
    race(encrypting(ann, key), take, lambda: iam.attach_user_policy(**named))


def test_an_access_key_that_is_switched_off(iam, ann, key):
    text = document(allow("kms:Encrypt", "*"))
    iam.put_user_policy(UserName=ann.name, PolicyName="use", PolicyDocument=text)
    named = {"UserName": ann.name, "AccessKeyId": ann.access_key}
    race(
        encrypting(ann, key),
        lambda: iam.update_access_key(**named, Status="Inactive"),
        lambda: iam.update_access_key(**named, Status="Active"),
    )


def test_the_policy_of_a_role_with_sessions(iam, ann, key):
    name = f"role-{uuid.uuid4()}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ann.arn))["Role"]["Arn"]
    text = document(allow("kms:Encrypt", "*"))
    give = lambda: iam.put_role_policy(RoleName=name, PolicyName="use", PolicyDocument=text)
    give()
    session = assume(ann, role)
    take = lambda: iam.delete_role_policy(RoleName=name, PolicyName="use")
    race(encrypting(session, key), take, give)


def test_a_group_that_is_left(iam, ann, key):
    group = f"group-{uuid.uuid4()}"
    iam.create_group(GroupName=group)
    text = document(allow("kms:Encrypt", "*"))
    iam.put_group_policy(GroupName=group, PolicyName="use", PolicyDocument=text)
    named = {"GroupName": group, "UserName": ann.name}
    iam.add_user_to_group(**named)
    take = lambda: iam.remove_user_from_group(**named)
    race(encrypting(ann, key), take, lambda: iam.add_user_to_group(**named))
