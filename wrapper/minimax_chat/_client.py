"""What both clients share: checked options, and connections made at first use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, NoReturn, Self, TypeVar

from ._config import Config
from ._errors import ConfigurationError
from ._http import SETUP_ERRORS, HTTPClient, Timeout

Completions = TypeVar("Completions")


class Chat(Generic[Completions]):
    """The API's `chat`."""

    def __init__(self, completions: Completions) -> None:
        self.completions = completions


class Connections(Generic[HTTPClient]):
    """The HTTP client: the user's, or one of our own for each process or event loop."""

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
        """The client to send with; raises ConfigurationError."""
        http = self._own() if self._user_client is None else self._user_client
        if http.is_closed or self._closed.is_set():
            raise ConfigurationError("the client is closed: make a new one")
        return http

    def retire(self) -> HTTPClient | None:
        """Lets no call through any more; returns the client of our own that is to be closed."""
        self._closed.set()
        return self._by_scope.pop(self._scope(), None)

    def _own(self) -> HTTPClient:
        with self._lock:
            # Connections of an event loop that has ended cannot be closed any more, only let go.
            for scope in [scope for scope in self._by_scope if self._has_ended(scope)]:
                del self._by_scope[scope]
            scope = self._scope()
            if scope not in self._by_scope:
                try:
                    self._by_scope[scope] = self._http_class()
                except SETUP_ERRORS as error:
                    raise ConfigurationError(
                        f"httpx cannot be set up ({error}): check proxy and certificate settings"
                    ) from None
            return self._by_scope[scope]


class BaseClient(Generic[HTTPClient]):
    """The options of both clients."""

    _http_class: type[HTTPClient]
    # What shares connections, a process or an event loop; and whether it has come to its end.
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
            api_key: The key; else MINIMAX_API_KEY.
            region: "cn" (api.minimaxi.com, the default) or "global" (api.minimax.io);
                else MINIMAX_REGION.
            base_url: Where to send instead; else MINIMAX_BASE_URL.
            timeout: Seconds without a byte, 120 by default and 5 to connect; or an httpx.Timeout.
            max_retries: How often a call that failed is tried again, 2 by default.
            http_client: An httpx client of your own (proxies, transports), which you close.
            default_headers: Headers to send with every call.

        Raises:
            ConfigurationError: No key, or a key, region, base URL or client that cannot work.
            InvalidArgumentError: A timeout, number of retries or header that cannot work.
        """
        config = Config.resolve(api_key, region, base_url)
        self._config = config.override(timeout, max_retries, default_headers)
        if http_client is not None and not isinstance(http_client, self._http_class):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"http_client must be an httpx.{self._http_class.__name__}")
        self._connections = Connections(self._http_class, http_client, self._scope, self._has_ended)

    @property
    def base_url(self) -> str:
        """Where calls are sent, without the path."""
        return self._config.base_url

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A variant on the same connections, which close with the client it was made of."""
        variant = type(self).__new__(type(self))
        vars(variant).update(vars(self), _owns_connections=False)
        variant._config = self._config.override(timeout, max_retries, default_headers)
        return variant

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} holds a key and connections: make a new one")

    def _retire(self) -> HTTPClient | None:
        """The HTTP client to close, now that this client is not used any more."""
        return self._connections.retire() if self._owns_connections else None
