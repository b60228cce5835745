from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.model_id import ModelId
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.message import Message


T = TypeVar("T", bound="ChatCompletionRequest")


@_attrs_define
class ChatCompletionRequest:
    """A conversation to be answered, and how.

    Attributes:
        model (ModelId | str): Model ID (模型 ID).
        messages (list[Message]): The conversation so far, oldest message first.
        stream (bool | Unset): Whether to answer in pieces, as server-sent events (流式传输). Default: False.
        max_completion_tokens (int | Unset): Upper limit of the generated tokens, thinking included; what exceeds it is
            cut off (`finish_reason` `length`:
            try a higher value). The documented upper limit is 2048; newer models accept far more, so it is no bound here.
        temperature (float | Unset): Randomness of the output (温度系数). Higher is more random. Default: 1.0.
        top_p (float | Unset): Sampling strategy (采样策略). Default: 0.95.
    """

    model: ModelId | str
    messages: list[Message]
    stream: bool | Unset = False
    max_completion_tokens: int | Unset = UNSET
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

        stream = self.stream

        max_completion_tokens = self.max_completion_tokens

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
        if stream is not UNSET:
            field_dict["stream"] = stream
        if max_completion_tokens is not UNSET:
            field_dict["max_completion_tokens"] = max_completion_tokens
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_p is not UNSET:
            field_dict["top_p"] = top_p

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.message import Message  # noqa: PLC0415

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

        stream = d.pop("stream", UNSET)

        max_completion_tokens = d.pop("max_completion_tokens", UNSET)

        temperature = d.pop("temperature", UNSET)

        top_p = d.pop("top_p", UNSET)

        chat_completion_request = cls(
            model=model,
            messages=messages,
            stream=stream,
            max_completion_tokens=max_completion_tokens,
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
