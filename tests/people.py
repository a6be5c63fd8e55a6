"""Users and sessions, and the policies that tests give them."""

import json
import uuid
from dataclasses import dataclass

from botocore.config import Config

from server import REGION, SESSION, Server


@dataclass
class Person:
    """Somebody with credentials."""

    server: Server
    arn: str
    id: str
    name: str
    access_key: str
    secret: str
    token: str | None = None

    def client(self, service: str, region: str = REGION, token: str | None = None):
        return SESSION.client(
            service,
            region_name=region,
            endpoint_url=self.server.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret,
            aws_session_token=token or self.token,
            config=Config(retries={"total_max_attempts": 1}),
        )


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def trust(*principals: str, action="sts:AssumeRole", **condition) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": action}
    if condition:
        statement["Condition"] = condition
    return document(statement)


def user(server: Server, iam, name: str | None = None) -> Person:
    """A fresh user of the account that `iam` is a client of, with an access key."""
    name = name or f"user-{uuid.uuid4()}"
    made = iam.create_user(UserName=name)["User"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Person(
        server, made["Arn"], made["UserId"], name, key["AccessKeyId"], key["SecretAccessKey"]
    )


def session(server: Server, credentials: dict, arn: str = "", name: str = "") -> Person:
    """Who has these temporary credentials."""
    return Person(
        server,
        arn,
        "",
        name,
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
    )


def assume(caller: Person, role: str, name: str = "session", **options) -> Person:
    """The session of a role that `caller` assumes."""
    answer = caller.client("sts").assume_role(RoleArn=role, RoleSessionName=name, **options)
    return session(caller.server, answer["Credentials"], answer["AssumedRoleUser"]["Arn"], name)
