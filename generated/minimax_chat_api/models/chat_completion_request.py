from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.model_id import ModelId
from ..models.service_tier import ServiceTier
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.message import Message
    from ..models.stream_options import StreamOptions
    from ..models.thinking import Thinking
    from ..models.tool import Tool


T = TypeVar("T", bound="ChatCompletionRequest")


@_attrs_define
class ChatCompletionRequest:
    """A conversation to answer, with options. As JSON it may have up to 64 MB.

    Attributes:
        model (ModelId | str): Model ID (模型 ID).
        messages (list[Message]): The conversation so far, oldest message first.
        service_tier (ServiceTier | str | Unset): Service tier. `priority` requests are served first, at 1.5 times the
            price. Default: ServiceTier.STANDARD.
        thinking (Thinking | Unset): Controls the thinking of MiniMax-M3.
        reasoning_split (bool | Unset): Whether thinking is returned in `reasoning_content` and `reasoning_details`
            instead of `content`. It does not
            control whether the model thinks.
        tools (list[Tool] | Unset): The functions that the model may call.
        stream (bool | Unset): Whether to stream the answer as server-sent events (流式传输). Default: False.
        stream_options (StreamOptions | Unset): Options of a stream.
        max_completion_tokens (int | Unset): Maximum number of generated tokens, thinking included; a longer answer is
            cut off (`finish_reason` `length`:
            try a higher value). The limit of this field itself is documented in words and is not a bound here: 2048 on the
            page of April 2026; since June 2026 524288 for MiniMax-M3 (recommended: 131072) and 204800 for the others
            (recommended: 65536).
        max_tokens (int | Unset): Older name of `max_completion_tokens`.
        temperature (float | Unset): Randomness of the output (温度系数); higher values are more random. From 0 to 2
            inclusive; for the models of the
            page of April 2026, greater than 0 and at most 1.
             Default: 1.0.
        top_p (float | Unset): Nucleus sampling (采样策略). From 0 to 1 inclusive; for the models of the page of April 2026,
            greater than 0. The
            page of June 2026 gives the defaults 0.95 for MiniMax-M3 and 0.9 for M2.x.
             Default: 0.95.
    """

    model: ModelId | str
    messages: list[Message]
    service_tier: ServiceTier | str | Unset = ServiceTier.STANDARD
    thinking: Thinking | Unset = UNSET
    reasoning_split: bool | Unset = UNSET
    tools: list[Tool] | Unset = UNSET
    stream: bool | Unset = False
    stream_options: StreamOptions | Unset = UNSET
    max_completion_tokens: int | Unset = UNSET
    max_tokens: int | Unset = UNSET
    temperature: float | Unset = 1.0
    top_p: float | Unset = 0.95
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        model: str
        if isinstance(self.model, ModelId):
            model = self.model.value
        else:
            model = self.model

        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)

        service_tier: str | Unset
        if isinstance(self.service_tier, Unset):
            service_tier = UNSET
        elif isinstance(self.service_tier, ServiceTier):
            service_tier = self.service_tier.value
        else:
            service_tier = self.service_tier

        thinking: dict[str, Any] | Unset = UNSET
        if not isinstance(self.thinking, Unset):
            thinking = self.thinking.to_dict()

        reasoning_split = self.reasoning_split

        tools: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.tools, Unset):
            tools = []
            for tools_item_data in self.tools:
                tools_item = tools_item_data.to_dict()
                tools.append(tools_item)

        stream = self.stream

        stream_options: dict[str, Any] | Unset = UNSET
        if not isinstance(self.stream_options, Unset):
            stream_options = self.stream_options.to_dict()

        max_completion_tokens = self.max_completion_tokens

        max_tokens = self.max_tokens

        temperature = self.temperature

        top_p = self.top_p

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "messages": messages,
            }
        )
        if service_tier is not UNSET:
            field_dict["service_tier"] = service_tier
        if thinking is not UNSET:
            field_dict["thinking"] = thinking
        if reasoning_split is not UNSET:
            field_dict["reasoning_split"] = reasoning_split
        if tools is not UNSET:
            field_dict["tools"] = tools
        if stream is not UNSET:
            field_dict["stream"] = stream
        if stream_options is not UNSET:
            field_dict["stream_options"] = stream_options
        if max_completion_tokens is not UNSET:
            field_dict["max_completion_tokens"] = max_completion_tokens
        if max_tokens is not UNSET:
            field_dict["max_tokens"] = max_tokens
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_p is not UNSET:
            field_dict["top_p"] = top_p

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.message import Message  # noqa: PLC0415
        from ..models.stream_options import StreamOptions  # noqa: PLC0415
        from ..models.thinking import Thinking  # noqa: PLC0415
        from ..models.tool import Tool  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_model(data: object) -> ModelId | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                model_type_0 = ModelId(data)

                return model_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelId | str, data)

        model = _parse_model(d.pop("model"))

        messages = []
        _messages = d.pop("messages")
        for messages_item_data in _messages:
            messages_item = Message.from_dict(messages_item_data)

            messages.append(messages_item)

        def _parse_service_tier(data: object) -> ServiceTier | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                service_tier_type_0 = ServiceTier(data)

                return service_tier_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ServiceTier | str | Unset, data)

        service_tier = _parse_service_tier(d.pop("service_tier", UNSET))

        _thinking = d.pop("thinking", UNSET)
        thinking: Thinking | Unset
        if isinstance(_thinking, Unset):
            thinking = UNSET
        else:
            thinking = Thinking.from_dict(_thinking)

        reasoning_split = d.pop("reasoning_split", UNSET)

        _tools = d.pop("tools", UNSET)
        tools: list[Tool] | Unset = UNSET
        if _tools is not UNSET:
            tools = []
            for tools_item_data in _tools:
                tools_item = Tool.from_dict(tools_item_data)

                tools.append(tools_item)

        stream = d.pop("stream", UNSET)

        _stream_options = d.pop("stream_options", UNSET)
        stream_options: StreamOptions | Unset
        if isinstance(_stream_options, Unset):
            stream_options = UNSET
        else:
            stream_options = StreamOptions.from_dict(_stream_options)

        max_completion_tokens = d.pop("max_completion_tokens", UNSET)

        max_tokens = d.pop("max_tokens", UNSET)

        temperature = d.pop("temperature", UNSET)

        top_p = d.pop("top_p", UNSET)

        chat_completion_request = cls(
            model=model,
            messages=messages,
            service_tier=service_tier,
            thinking=thinking,
            reasoning_split=reasoning_split,
            tools=tools,
            stream=stream,
            stream_options=stream_options,
            max_completion_tokens=max_completion_tokens,
            max_tokens=max_tokens,
            temperature=temperature,
            top_p=top_p,
        )

        chat_completion_request.additional_properties = d
        return chat_completion_request

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
