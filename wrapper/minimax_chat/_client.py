"""What both clients share: their options, with connections opened at first use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, NoReturn, Self, TypeVar

from ._config import Config
from ._errors import ConfigurationError
from ._http import SETUP_ERRORS, HTTPClient, Timeout

Completions = TypeVar("Completions")


class PublicNames:
    """Keeps private names out of dir(), and so out of completion."""

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name[0] != "_" or name.startswith("__")]


class Chat(PublicNames, Generic[Completions]):
    """The API's `chat` namespace."""

    def __init__(self, completions: Completions) -> None:
        self.completions = completions


class Connections(Generic[HTTPClient]):
    """The HTTP client: the user's, or our own, one per process or event loop."""

    def __init__(
        self,
        http_class: type[HTTPClient],
        user_client: HTTPClient | None,
        scope: Callable[[], Hashable],
        has_ended: Callable[..., bool],
    ) -> None:
        self._http_class, self._user_client = http_class, user_client
        self._scope, self._has_ended = scope, has_ended
        self._by_scope: dict[Hashable, HTTPClient] = {}
        self._lock, self._closed = threading.Lock(), threading.Event()

    def get(self) -> HTTPClient:
        """The HTTP client to send with; raises ConfigurationError."""
        http = self._own() if self._user_client is None else self._user_client
        if http.is_closed or self._closed.is_set():
            raise ConfigurationError("the client is closed; create a new one")
        return http

    def retire(self) -> HTTPClient | None:
        """Refuses all further calls; returns our own HTTP client, which is to be closed."""
        self._closed.set()
        return self._by_scope.pop(self._scope(), None)

    def _own(self) -> HTTPClient:
        with self._lock:
            # The connections of a closed event loop can no longer be closed, only dropped.
            for scope in [scope for scope in self._by_scope if self._has_ended(scope)]:
                del self._by_scope[scope]
            scope = self._scope()
            if scope not in self._by_scope:
                try:
                    self._by_scope[scope] = self._http_class()
                except SETUP_ERRORS as error:
                    raise ConfigurationError(
                        f"the HTTP client could not be created ({error}); "
                        "check the proxy and certificate settings"
                    ) from None
            return self._by_scope[scope]


class BaseClient(PublicNames, Generic[HTTPClient]):
    """The options of both clients."""

    _http_class: type[HTTPClient]
    # What connections belong to, a process or an event loop; and whether that has ended.
    _scope: Callable[[], Hashable]
    _has_ended: Callable[..., bool]
    _owns_connections = True

    def __init__(
        self,
        *,
        api_key: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        http_client: HTTPClient | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> None:
        """Checks the options; nothing is sent.

        Args:
            api_key: The API key; defaults to MINIMAX_API_KEY.
            region: "cn" (api.minimaxi.com, the default) or "global" (api.minimax.io);
                defaults to MINIMAX_REGION.
            base_url: Another server to send to; defaults to MINIMAX_BASE_URL.
            timeout: Seconds of inactivity before a call fails, 120 by default and 5 to connect; or
                an httpx.Timeout.
            max_retries: How often a failed call is retried, 2 by default.
            http_client: An httpx client of your own (for proxies or transports), which you close.
            default_headers: Headers to send with every call.

        Raises:
            ConfigurationError: The key is missing, or a key, region, base URL or HTTP client is
                invalid.
            InvalidArgumentError: A timeout, number of retries or header is invalid.
        """
        config = Config.resolve(api_key, region, base_url)
        self._config = config.override(timeout, max_retries, default_headers)
        if http_client is not None and not isinstance(http_client, self._http_class):  # pyright: ignore[reportUnnecessaryIsInstance]
            wanted, given = self._http_class.__name__, type(http_client).__name__
            raise ConfigurationError(f"http_client must be an httpx.{wanted} (got {given})")
        self._connections = Connections(self._http_class, http_client, self._scope, self._has_ended)

    @property
    def base_url(self) -> str:
        """The server that calls are sent to, without the path."""
        return self._config.base_url

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A client with other options on the same connections; closing the original closes both."""
        variant = type(self).__new__(type(self))
        vars(variant).update(vars(self), _owns_connections=False)
        variant._config = self._config.override(timeout, max_retries, default_headers)
        return variant

    def __repr__(self) -> str:
        if "_config" not in vars(self):  # seen in the traceback of a constructor that failed
            return f"{type(self).__name__}()"
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(
            f"{name} holds an API key and connections, so it cannot be copied or pickled"
        )

    def _retire(self) -> HTTPClient | None:
        """Ends the use of this client; returns the HTTP client to close, if there is one."""
        return self._connections.retire() if self._owns_connections else None
