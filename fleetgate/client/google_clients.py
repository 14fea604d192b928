"""Google's client libraries for Pub/Sub and Workflows, which speak gRPC: the one place that makes them.

The address is `FLEETGATE_GRPC_ENDPOINT`, one `host:port` for all services. Without it each service is where it is for
REST, which is at Google unless gcloud's variables say otherwise. docs/decisions/0022 has the reasons.

The libraries take some tenths of a second to import, so a command imports one when it first needs it.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy

from fleetgate.client.errors import BAD_USAGE, ClientError
from shared.settings import Settings

if TYPE_CHECKING:
    import grpc
    from google.cloud.workflows.executions_v1 import ExecutionsClient
    from google.cloud.workflows_v1 import WorkflowsClient
    from google.pubsub_v1 import PublisherClient

ENDPOINT = "FLEETGATE_GRPC_ENDPOINT"
ROOTS = ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# gRPC takes more: ports beyond 65535, which it wraps, and names of other schemes. Nobody means those.
_ADDRESS = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")


@dataclass(frozen=True)
class GoogleClients:
    """The clients of one caller; `endpoint` is the address of all services, or "" (see above)."""

    settings: Settings
    credentials: Any
    endpoint: str = ""

    @cached_property
    def publisher(self) -> PublisherClient:
        """Pub/Sub's topics.

        This is the client under `google.cloud.pubsub_v1.PublisherClient`, from the same package. That one collects
        messages and sends them from threads of its own; this one sends one message and returns its id.
        """
        from google.pubsub_v1 import PublisherClient
        from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

        return PublisherClient(transport=self._transport("pubsub", PublisherGrpcTransport))

    @cached_property
    def executions(self) -> ExecutionsClient:
        """Executions of workflows."""
        from google.cloud.workflows.executions_v1 import ExecutionsClient
        from google.cloud.workflows.executions_v1.services.executions.transports import (
            ExecutionsGrpcTransport,
        )

        return ExecutionsClient(transport=self._transport("workflowexecutions", ExecutionsGrpcTransport))

    @cached_property
    def workflows(self) -> WorkflowsClient:
        """Workflows themselves."""
        from google.cloud.workflows_v1 import WorkflowsClient
        from google.cloud.workflows_v1.services.workflows.transports import WorkflowsGrpcTransport

        return WorkflowsClient(transport=self._transport("workflows", WorkflowsGrpcTransport))

    def host(self, service: str) -> str:
        """Where `service` is asked, `host` or `host:port`.

        Raises:
            ClientError: the address is none, or gRPC cannot be where REST is. Going to Google instead would mix two
                clouds.
        """
        if not self.endpoint:
            return _host_of_rest(service, self.settings)
        address = _ADDRESS.fullmatch(self.endpoint)
        if address is None or not 0 < int(address[1]) < 1 << 16:
            fix = "Write host:port, such as 127.0.0.1:8443, without https://."
            raise ClientError(f"{ENDPOINT} is {self.endpoint}.", fix, BAD_USAGE)
        return self.endpoint

    def proxy(self, service: str) -> str:
        """The proxy that REST calls to the same host would go through; "" for none.

        gRPC itself reads `https_proxy` in lower case alone, and has rules of its own for hosts without a proxy
        [documented: gRPC Core, default_http_proxy_mapper]. Nobody sets HTTPS_PROXY for only some programs.

        Raises:
            ClientError: gRPC cannot speak to it, and would go past it without a word.
        """
        url = f"https://{self.host(service)}/"
        named = select_proxy(url, get_environ_proxies(url))
        proxy = prepend_scheme_if_needed(named, "http") if named else ""  # type: ignore[no-untyped-call]  # its stub has no types
        if proxy and not proxy.startswith("http://"):
            fix = "Set HTTPS_PROXY to one of http://, or exempt the host in NO_PROXY."
            raise ClientError(f"gRPC cannot go through the proxy {proxy.rpartition('@')[2]}.", fix, BAD_USAGE)
        return proxy

    def close(self) -> None:
        """Close the connections of the clients that were made, while the interpreter still runs."""
        made = vars(self)
        for name in ("publisher", "executions", "workflows"):
            if name in made:
                made[name].transport.close()

    def _transport(self, service: str, kind: Any) -> Any:
        """A transport to `service`. A client that made its own would let PUBSUB_EMULATOR_HOST win over its address,
        and send no credentials there.
        """
        _keep_grpc()
        proxy = self.proxy(service)
        way = ("grpc.http_proxy", proxy) if proxy else ("grpc.enable_http_proxy", 0)
        return kind(
            host=self.host(service),
            credentials=self.credentials,
            channel=partial(_channel, kind.create_channel, way),
            ssl_channel_credentials=_trust(),
        )


@cache
def _keep_grpc() -> None:
    """Keep gRPC from ending with its last channel: by a channel that never connects, and that nothing deletes.

    The main thread would wait for gRPC's threads without letting go of the interpreter, while one of them waits for
    the interpreter, to let go of the token's plugin: neither ends [observed: grpcio 1.85]. A mere reference is gone
    when the process ends, where the same happens.
    """
    import grpc

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(grpc.insecure_channel("127.0.0.1:9")))


def _host_of_rest(service: str, settings: Settings) -> str:
    url = settings.endpoint(service)
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.path == "/":
        return parts.netloc
    fix = f"Set {ENDPOINT} to its host:port, or unset CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}."
    raise ClientError(f"{service} is at {url}, and no address for gRPC is set.", fix, BAD_USAGE)


def _channel(
    create: Callable[..., grpc.Channel], option: Any, host: str, options: list[Any], **more: Any
) -> grpc.Channel:
    """The channel that a transport makes for itself, with one more option."""
    return create(host, options=[*options, option], **more)


def _trust() -> grpc.ChannelCredentials:
    """Whom gRPC trusts: the authorities in the file that it has a variable for, else in that of REST calls, else its
    own list of public ones [documented: gRPC environment variables; Requests, SSL Cert Verification].

    Raises:
        ClientError: the file cannot be read, or has no certificate: gRPC would say nothing of it.
    """
    import grpc

    name = next((each for each in ROOTS if os.environ.get(each)), "")
    if not name or Path(os.environ[name]).is_dir():  # a folder of certificates is for REST alone
        return grpc.ssl_channel_credentials()
    fix = f"Correct {name}; if Fleetgate runs on a local cloud, read its variables again."
    try:
        roots = Path(os.environ[name]).read_bytes()
    except OSError as error:
        raise ClientError(f"{name}: {error}", fix, BAD_USAGE) from error
    if b"CERTIFICATE-----" not in roots:
        raise ClientError(f"{name}: there is no certificate in {os.environ[name]}.", fix, BAD_USAGE)
    return grpc.ssl_channel_credentials(roots)
