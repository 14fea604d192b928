"""The functions a step waits for [documented: expressions, blocking functions]."""

from __future__ import annotations

from localcloud.workflows.library.registry import blocking

HTTP_TIMEOUT_LIMIT = 1800.0  # seconds [documented]
SLEEP_LIMIT = 31_536_000.0  # seconds [documented]
AWAIT_TIMEOUT = 43_200.0  # seconds, the default of await_callback [documented]

_REQUEST = dict.fromkeys(("timeout", "headers", "query", "auth", "private_service_name", "ca_certificate"))

blocking("http.get", "url", **_REQUEST)
for _method in ("post", "put", "patch", "delete"):
    blocking(f"http.{_method}", "url", body=None, **_REQUEST)
blocking("http.request", "method", "url", body=None, **_REQUEST)
blocking("sys.sleep", "seconds")
blocking("sys.sleep_until", "time")
blocking("sys.log", data=None, severity="DEFAULT", text=None, json=None, timeout=None)
blocking("events.await_callback", "callback", timeout=AWAIT_TIMEOUT)
