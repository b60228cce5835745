"""Code that type checkers must reject: they report every ignore comment that is unnecessary."""

from __future__ import annotations

import httpx

from minimax_chat import AsyncMiniMax, Completion, CompletionChunk, MiniMax, Stream, image, video

client = MiniMax()
create = client.chat.completions.create

# Each overload has its own result type.
streamed: Stream = create(model="m", messages=[])  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
whole: Completion = create(model="m", messages=[], stream=True)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

# Arguments
create(messages=[])  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
create(model="m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
create("m", [])  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
create(model=None, messages=[])  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[], tempreature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
create(model="m", messages=[], temperature="hot")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[], max_completion_tokens=1.5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[], stream="yes")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
create(model="m", messages=[], timeout="soon")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[], max_retries=1.5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[], extra_body=[1])  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]

# Messages. An object that holds nothing but strings is a Mapping[str, str], whatever its keys: what
# is wrong with those is refused at run time only (see accepted.py).
create(model="m", messages=["Hello"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[{"content": [{"type": "text"}]}])  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[{"role": "user", "text": ["Hello"]}])  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[{"role": "user", "content": 1}])  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]

# Tools and images
create(model="m", messages=[], tools=[{"type": "function"}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[], tools=[{"type": "function", "function": {"name": "f"}}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[], thinking="disabled")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
create(model="m", messages=[{"role": "user", "content": [{"image_url": {"url": "a.png"}}]}])  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
image(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
video("a.mp4", fps="fast")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# Clients
MiniMax("key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
MiniMax(api_token="key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
MiniMax(timeout="soon")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
MiniMax(http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
AsyncMiniMax(http_client=httpx.Client())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
client.with_options(api_key="key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
with AsyncMiniMax():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
    pass


# Answers
def read(completion: Completion, chunk: CompletionChunk, stream: Stream) -> None:
    completion.text = ""  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    print(completion.answer)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(completion.choices[0].delta)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(chunk.choices[0].message)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(completion.usage.total_tokens)  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    print(completion.choices[0].message.content.upper())  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    print(stream.text)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print([chunk async for chunk in stream])  # type: ignore[attr-defined, syntax]  # pyright: ignore
