from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.chat_completion import ChatCompletion
from ...models.chat_completion_request import ChatCompletionRequest
from ...models.error_response import ErrorResponse
from ...types import Response


def _get_kwargs(
    *,
    body: ChatCompletionRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/chat/completions",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ChatCompletion | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = ChatCompletion.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        response_402 = ErrorResponse.from_dict(response.json())

        return response_402

    if response.status_code == 422:
        response_422 = ErrorResponse.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if response.status_code == 529:
        response_529 = ErrorResponse.from_dict(response.json())

        return response_529

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ChatCompletion | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ChatCompletionRequest,
) -> Response[ChatCompletion | ErrorResponse]:
    """Create a chat completion

     Answers the last message of a conversation, in one response or as a stream of server-sent events.

    M2.x models always think; MiniMax-M3 thinks unless `thinking` disables it. The thinking precedes the
    answer in
    `content` as `<think>…</think>`, or with `reasoning_split` has separate fields. It counts as
    completion tokens,
    and must be sent back with the assistant message in the next turn.

    An answer with `finish_reason` `tool_calls` requests calls of functions in `tools`. Send its message
    back unchanged,
    followed by one message with role `tool` for each call.

    A failure has one of two shapes: HTTP 200 with a `base_resp.status_code` other than 0, or an HTTP
    error status with
    an `ErrorResponse`. Within a stream, it is one more event.

    Args:
        body (ChatCompletionRequest): A conversation to answer, with options. As JSON it may have
            up to 64 MB.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChatCompletion | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: ChatCompletionRequest,
) -> ChatCompletion | ErrorResponse | None:
    """Create a chat completion

     Answers the last message of a conversation, in one response or as a stream of server-sent events.

    M2.x models always think; MiniMax-M3 thinks unless `thinking` disables it. The thinking precedes the
    answer in
    `content` as `<think>…</think>`, or with `reasoning_split` has separate fields. It counts as
    completion tokens,
    and must be sent back with the assistant message in the next turn.

    An answer with `finish_reason` `tool_calls` requests calls of functions in `tools`. Send its message
    back unchanged,
    followed by one message with role `tool` for each call.

    A failure has one of two shapes: HTTP 200 with a `base_resp.status_code` other than 0, or an HTTP
    error status with
    an `ErrorResponse`. Within a stream, it is one more event.

    Args:
        body (ChatCompletionRequest): A conversation to answer, with options. As JSON it may have
            up to 64 MB.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChatCompletion | ErrorResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ChatCompletionRequest,
) -> Response[ChatCompletion | ErrorResponse]:
    """Create a chat completion

     Answers the last message of a conversation, in one response or as a stream of server-sent events.

    M2.x models always think; MiniMax-M3 thinks unless `thinking` disables it. The thinking precedes the
    answer in
    `content` as `<think>…</think>`, or with `reasoning_split` has separate fields. It counts as
    completion tokens,
    and must be sent back with the assistant message in the next turn.

    An answer with `finish_reason` `tool_calls` requests calls of functions in `tools`. Send its message
    back unchanged,
    followed by one message with role `tool` for each call.

    A failure has one of two shapes: HTTP 200 with a `base_resp.status_code` other than 0, or an HTTP
    error status with
    an `ErrorResponse`. Within a stream, it is one more event.

    Args:
        body (ChatCompletionRequest): A conversation to answer, with options. As JSON it may have
            up to 64 MB.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChatCompletion | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: ChatCompletionRequest,
) -> ChatCompletion | ErrorResponse | None:
    """Create a chat completion

     Answers the last message of a conversation, in one response or as a stream of server-sent events.

    M2.x models always think; MiniMax-M3 thinks unless `thinking` disables it. The thinking precedes the
    answer in
    `content` as `<think>…</think>`, or with `reasoning_split` has separate fields. It counts as
    completion tokens,
    and must be sent back with the assistant message in the next turn.

    An answer with `finish_reason` `tool_calls` requests calls of functions in `tools`. Send its message
    back unchanged,
    followed by one message with role `tool` for each call.

    A failure has one of two shapes: HTTP 200 with a `base_resp.status_code` other than 0, or an HTTP
    error status with
    an `ErrorResponse`. Within a stream, it is one more event.

    Args:
        body (ChatCompletionRequest): A conversation to answer, with options. As JSON it may have
            up to 64 MB.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChatCompletion | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
