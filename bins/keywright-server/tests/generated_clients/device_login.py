"""A device login by the client that openapi-python-client generates."""

import sys

from keywright_client import AuthenticatedClient, Client
from keywright_client.api.account import show_me
from keywright_client.api.devices import begin_device, token
from keywright_client.api.tokens import log_out, refresh
from keywright_client.models import (
    DeviceAuthorizationRequest,
    DeviceAuthorizationResponse,
    LogoutResponse,
    RefreshRequest,
    TokenRequest,
    TokenResponse,
    UserResponse,
)

base = sys.argv[1]


def signed_in(tokens: TokenResponse) -> AuthenticatedClient:
    return AuthenticatedClient(base, tokens.access_token, raise_on_unexpected_status=True)


with Client(base, raise_on_unexpected_status=True) as client:
    device = begin_device.sync(client=client, body=DeviceAuthorizationRequest(client_name="Python"))
    assert isinstance(device, DeviceAuthorizationResponse), device
    print(device.user_code, flush=True)
    tokens = token.sync(client=client, body=TokenRequest(device_code=device.device_code, wait=30))
    assert isinstance(tokens, TokenResponse), tokens
    renewed = refresh.sync(client=client, body=RefreshRequest(tokens.refresh_token))
    assert isinstance(renewed, TokenResponse), renewed

with signed_in(renewed) as session:
    me = show_me.sync(client=session)
    assert isinstance(me, UserResponse), me
    assert isinstance(log_out.sync(client=session), LogoutResponse)
    assert not isinstance(show_me.sync(client=session), UserResponse)
    print(me.user.email)
