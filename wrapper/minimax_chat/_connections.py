"""The HTTP clients that calls are sent with, opened at first use, with a few calls on each."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Generic

from ._errors import ConfigurationError
from ._http import HTTPClient, Response, default_library, loaded
from ._secret import Secret

CLOSED = "the client is closed; create a new one"


class PooledClient(Generic[HTTPClient]):
    """An HTTP client, with the number of calls that use it."""

    def __init__(self, http: HTTPClient) -> None:
        # The requests that it is sending contain the key.
        self.http = Secret(http)
        self.calls = 0


class Connection(Generic[HTTPClient]):
    """What a call holds: an HTTP client and, once it has come, the response."""

    def __init__(self, http: HTTPClient, release: Callable[[bool], HTTPClient | None]) -> None:
        self.http = http
        self.response: Response | None = None
        self.interrupted = False
        """Whether something other than an error of this package ended the call."""
        self._release = [release]

    def release(self) -> HTTPClient | None:
        """Gives the HTTP client back; returns it if it is to be closed."""
        try:
            release = self._release.pop()  # by one thread, if several close a stream
        except IndexError:
            return None
        return release(self.interrupted)


class Connections(Generic[HTTPClient]):
    """The HTTP clients to send with: the user's, or our own, for each process or event loop.

    A call uses the first of our clients that has fewer than CALLS_PER_CLIENT, because the time that
    the connection pools of HTTP libraries take for a call grows with the number of connections:
    with httpx, 100 calls at a time take 8.7 ms of CPU each in one pool, 1.0 ms in pools of four.
    Once there are MAX_CLIENTS, further calls wait in the pools.
    """

    CALLS_PER_CLIENT = 4
    MAX_CLIENTS = 125
    MAX_IDLE_CLIENTS = 25

    def __init__(
        self,
        new_client: Callable[..., HTTPClient],
        user_client: HTTPClient | None,
        scope: Callable[[], Hashable],
        has_ended: Callable[..., bool],
        local_origin: str | None,
    ) -> None:
        self._new_client, self._user_client = new_client, Secret(user_client)
        self._scope, self._has_ended = scope, has_ended
        # A proxy of the environment would see the key, and cannot reach this machine anyway.
        self._mounts = {} if local_origin is None else {local_origin: None}
        self._by_scope: dict[Hashable, list[PooledClient[HTTPClient]]] = {}
        self._certificates: ssl.SSLContext | None = None
        self._closed = threading.Event()
        self._locks: dict[int, threading.RLock] = {}

    @property
    def has_user_client(self) -> bool:
        """Whether calls are sent with the user's HTTP client."""
        return self._user_client.reveal() is not None

    def take(self) -> Connection[HTTPClient]:
        """What a call is sent with; raises ConfigurationError."""
        scope, http = self._scope(), self._user_client.reveal()
        if self._closed.is_set() or (http is not None and http.is_closed):
            raise ConfigurationError(CLOSED)
        return self._take_own(scope) if http is None else Connection(http, lambda interrupted: None)

    @property
    def _lock(self) -> threading.RLock:
        # Each process has its own: a forked child inherits one that may be held, with nobody to
        # release it. Reentrant: the garbage collector may close a stream while the lock is held.
        return self._locks.setdefault(os.getpid(), threading.RLock())

    def retire(self) -> Iterator[HTTPClient]:
        """Refuses all further calls; yields our own HTTP clients, which are to be closed.

        One by one, so that none is forgotten if closing is interrupted and begun again.
        """
        self._closed.set()
        while True:
            with self._lock:
                clients = self._by_scope.get(self._scope(), [])
                if not clients:
                    return
                pooled = clients.pop()
            yield pooled.http.reveal()

    def _take_own(self, scope: Hashable) -> Connection[HTTPClient]:
        with self._lock:
            if self._closed.is_set():  # since `take` looked, by another thread
                raise ConfigurationError(CLOSED)
            # The connections of a closed event loop can no longer be closed, only dropped.
            for ended in [each for each in self._by_scope if self._has_ended(each)]:
                del self._by_scope[ended]
            clients = self._by_scope.setdefault(scope, [])
            pooled = next((each for each in clients if each.calls < self.CALLS_PER_CLIENT), None)
            if pooled is None and len(clients) < self.MAX_CLIENTS:
                pooled = PooledClient(self._own_client())
                clients.append(pooled)
            if pooled is None:
                pooled = min(clients, key=lambda each: each.calls)
            pooled.calls += 1
        return Connection(pooled.http.reveal(), partial(self._give_back, clients, pooled))

    def _give_back(
        self,
        clients: list[PooledClient[HTTPClient]],
        pooled: PooledClient[HTTPClient],
        interrupted: bool,
    ) -> HTTPClient | None:
        with self._lock:
            pooled.calls -= 1
            if interrupted and pooled in clients:
                # httpcore may have lost count of its connections: it is not used any more.
                clients.remove(pooled)
            if pooled not in clients:
                return None if pooled.calls else pooled.http.reveal()
            idle = [each for each in clients if not each.calls]
            if pooled not in idle or len(idle) <= self.MAX_IDLE_CLIENTS:
                return None
            clients.remove(pooled)
            return pooled.http.reveal()

    def _own_client(self) -> HTTPClient:
        try:
            if self._certificates is None:  # loading them takes 20 ms and more
                self._certificates = default_library.create_ssl_context()
            limits = default_library.Limits(max_connections=self.CALLS_PER_CLIENT)
            return self._new_client(verify=self._certificates, limits=limits, mounts=self._mounts)
        except (ImportError, ValueError, OSError, *loaded("InvalidURL")) as error:
            raise ConfigurationError(
                f"the HTTP client could not be created ({error}); "
                "check the proxy and certificate settings"
            ) from None
