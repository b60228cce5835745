"""What both clients are: checked options, shared connections, no way to show the key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, NoReturn, Self, TypeVar

import httpx

from ._config import Config
from ._errors import ConfigurationError

HTTPClient = TypeVar("HTTPClient", bound="httpx.Client | httpx.AsyncClient")
Completions = TypeVar("Completions")


class Chat(Generic[Completions]):
    """The API's `chat`."""

    def __init__(self, completions: Completions) -> None:
        self.completions = completions


class BaseClient(Generic[HTTPClient]):
    """The options of both clients."""

    _kind: type[HTTPClient]
    _user: Callable[[], Any]  # the process or event loop, which do not share connections
    _owns_connections = True

    def __init__(
        self,
        *,
        api_key: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout | None = None,
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
        if http_client is not None and not isinstance(http_client, self._kind):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"http_client must be an httpx.{self._kind.__name__}")
        self._http_client = http_client
        self._made: dict[Any, HTTPClient] = {}
        self._lock, self._closed = threading.Lock(), threading.Event()

    @property
    def base_url(self) -> str:
        """Where calls are sent, without the path."""
        return self._config.base_url

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A variant on the same connections, which close with the client it was made of."""
        variant = object.__new__(type(self))
        variant.__dict__.update(self.__dict__, _owns_connections=False)
        variant._config = self._config.override(timeout, max_retries, default_headers)
        return variant

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} holds a key and connections: make a new one")

    def _http(self) -> HTTPClient:
        """The user's httpx client, or one made at first use for this process or event loop."""
        http = self._http_client
        if http is None:
            with self._lock:
                # Those of an event loop that has ended cannot be closed any more, only let go.
                for ended in [user for user in self._made if getattr(user, "is_closed", bool)()]:
                    del self._made[ended]
                user = self._user()
                try:
                    http = self._made.get(user) or self._made.setdefault(user, self._kind())
                except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
                    raise ConfigurationError(
                        f"httpx cannot be set up ({error}): check proxy and certificate settings"
                    ) from None
        if http.is_closed or self._closed.is_set():
            raise ConfigurationError("the client is closed: make a new one")
        return http

    def _retired(self) -> HTTPClient | None:
        """The httpx client to close, now that this one is not used any more."""
        if not self._owns_connections:
            return None
        self._closed.set()
        return self._made.pop(self._user(), None)
