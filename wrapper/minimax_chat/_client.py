"""What both clients share: their options."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Generic, NoReturn, Self, TypeVar

from ._config import Config
from ._connections import Connections
from ._errors import ConfigurationError
from ._http import HTTPClient, Timeout, loaded
from ._secret import Secret

Completions = TypeVar("Completions")


class PublicNames:
    """Keeps private names out of dir(), and so out of completion."""

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name[0] != "_" or name.startswith("__")]


class Chat(PublicNames, Generic[Completions]):
    """The API's `chat` namespace."""

    def __init__(self, completions: Completions) -> None:
        self.completions = completions


class BaseClient(PublicNames, Generic[HTTPClient]):
    """The options of both clients."""

    _new_http_client: Callable[..., HTTPClient]
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
        total_timeout: float | None = None,
        max_retries: int | None = None,
        max_answer_bytes: int | None = None,
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
                a Timeout of httpx or httpx2.
            total_timeout: Seconds that a call may take, with its retries and until its stream ends;
                a day by default.
            max_retries: How often a failed call is retried, 2 by default.
            max_answer_bytes: Bytes, unpacked, that an answer may have, whole or streamed; 16 MiB by
                default.
            http_client: A client of httpx or httpx2 of your own (for proxies or transports), which
                you close.
            default_headers: Headers to send with every call.

        Raises:
            ConfigurationError: The key is missing, or a key, region, base URL or HTTP client is
                invalid.
            InvalidArgumentError: A timeout, number of retries, limit or header is invalid.
        """
        key = Secret(api_key)
        del api_key  # which tracebacks with local variables would show
        config = Config.resolve(key, region, base_url)
        self._config = config.override(
            timeout=timeout,
            total_timeout=total_timeout,
            max_retries=max_retries,
            max_answer_bytes=max_answer_bytes,
            headers=default_headers,
        )
        wanted = type(self)._new_http_client.__name__
        if http_client is not None and not isinstance(http_client, loaded(wanted)):
            given = type(http_client).__name__
            raise ConfigurationError(
                f"http_client must be an httpx.{wanted} or httpx2.{wanted} (got {given})"
            )
        self._connections = Connections(
            self._new_http_client,
            http_client,
            self._scope,
            self._has_ended,
            config.local_origin,
        )

    @property
    def base_url(self) -> str:
        """The server that calls are sent to, without the path."""
        return self._config.base_url

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        total_timeout: float | None = None,
        max_retries: int | None = None,
        max_answer_bytes: int | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A client with other options on the same connections; closing the original closes both."""
        variant = type(self).__new__(type(self))
        vars(variant).update(vars(self), _owns_connections=False)
        variant._config = self._config.override(
            timeout=timeout,
            total_timeout=total_timeout,
            max_retries=max_retries,
            max_answer_bytes=max_answer_bytes,
            headers=default_headers,
        )
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

    def _retire(self) -> Iterator[HTTPClient]:
        """Ends the use of this client; yields the HTTP clients to close."""
        return self._connections.retire() if self._owns_connections else iter(())
