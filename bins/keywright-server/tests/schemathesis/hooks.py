"""Somebody who is signed in whatever the requests before have ended, and a resource server."""

import base64
import os
import re
import time

import requests
import schemathesis

BASE = os.environ["KEYWRIGHT_BASE"]
HOST = {"Host": os.environ["KEYWRIGHT_NAME"]}
KEY = os.environ["KEYWRIGHT_INBOX_KEY"]
API = BASE + "/api/v1/auth"
EMAIL = "ada@example.com"


def link(session: requests.Session) -> str:
    """The token of a new link."""
    asked = session.post(API + "/magic_link", json={"email": EMAIL})
    asked.raise_for_status()
    seen = set()
    for _ in range(400):
        inbox = session.get(
            BASE + "/dev/inbox", params={"key": KEY}, headers={**HOST, "Accept": "application/json"}
        )
        for mail in inbox.json()["data"]:
            found = re.search(r"#token=(\S+)", mail["text"])
            if mail["to"] == EMAIL and found and found[1] not in Bearer.used | seen:
                return found[1]
        time.sleep(0.05)
    raise RuntimeError("no mail has come")


@schemathesis.auth(refresh_interval=None).skip_for(path="/api/v1/auth/introspect")
class Bearer:
    """An access token that is good: it is tried before each use."""

    used: set[str] = set()
    token: str | None = None

    def get(self, case, context):
        with requests.Session() as session:
            if not self.is_good(session):
                link_token = link(session)
                Bearer.used.add(link_token)
                answer = session.post(API + "/magic_link/verify", json={"token": link_token})
                answer.raise_for_status()
                Bearer.token = answer.json()["access_token"]
        return Bearer.token

    def is_good(self, session: requests.Session) -> bool:
        if Bearer.token is None:
            return False
        return session.get(API + "/me", headers={"Authorization": f"Bearer {Bearer.token}"}).status_code == 200

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth().apply_to(path="/api/v1/auth/introspect")
class ResourceServer:
    """What `RESOURCE_SERVERS` in main.rs lets ask about tokens."""

    def get(self, case, context):
        return base64.b64encode(b"api:not-a-secret").decode()

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Basic {data}"
