from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role import Role
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.reasoning_detail import ReasoningDetail
    from ..models.tool_call import ToolCall


T = TypeVar("T", bound="ChoiceMessage")


@_attrs_define
class ChoiceMessage:
    """The assistant's message, thinking included; append it unchanged to the conversation.

    Attributes:
        content (None | str | Unset): The answer, after the thinking in `<think>…</think>`.
        role (None | Role | str | Unset): Role of the speaker, here `assistant`.
        name (None | str | Unset): Name of the speaker.
        audio_content (None | str | Unset): Not described; empty in the documented answers.
        reasoning_content (None | str | Unset): The thinking, with `reasoning_split`.
        reasoning_details (list[ReasoningDetail] | None | Unset): The thinking in segments, with `reasoning_split`.
        tool_calls (list[ToolCall] | None | Unset): The tool calls that the model requests, with `finish_reason`
            `tool_calls`. Send each back unchanged, and add one
            message with role `tool` for each `id`.
    """

    content: None | str | Unset = UNSET
    role: None | Role | str | Unset = UNSET
    name: None | str | Unset = UNSET
    audio_content: None | str | Unset = UNSET
    reasoning_content: None | str | Unset = UNSET
    reasoning_details: list[ReasoningDetail] | None | Unset = UNSET
    tool_calls: list[ToolCall] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        content: None | str | Unset
        if isinstance(self.content, Unset):
            content = UNSET
        else:
            content = self.content

        role: None | str | Unset
        if isinstance(self.role, Unset):
            role = UNSET
        elif isinstance(self.role, Role):
            role = self.role.value
        else:
            role = self.role

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        audio_content: None | str | Unset
        if isinstance(self.audio_content, Unset):
            audio_content = UNSET
        else:
            audio_content = self.audio_content

        reasoning_content: None | str | Unset
        if isinstance(self.reasoning_content, Unset):
            reasoning_content = UNSET
        else:
            reasoning_content = self.reasoning_content

        reasoning_details: list[dict[str, Any]] | None | Unset
        if isinstance(self.reasoning_details, Unset):
            reasoning_details = UNSET
        elif isinstance(self.reasoning_details, list):
            reasoning_details = []
            for reasoning_details_type_0_item_data in cast(
                list[Any], self.reasoning_details
            ):
                if not hasattr(reasoning_details_type_0_item_data, "to_dict"):
                    reasoning_details.append(reasoning_details_type_0_item_data)
                    continue
                reasoning_details_type_0_item = (
                    reasoning_details_type_0_item_data.to_dict()
                )
                reasoning_details.append(reasoning_details_type_0_item)

        else:
            reasoning_details = self.reasoning_details

        tool_calls: list[dict[str, Any]] | None | Unset
        if isinstance(self.tool_calls, Unset):
            tool_calls = UNSET
        elif isinstance(self.tool_calls, list):
            tool_calls = []
            for tool_calls_type_0_item_data in cast(list[Any], self.tool_calls):
                if not hasattr(tool_calls_type_0_item_data, "to_dict"):
                    tool_calls.append(tool_calls_type_0_item_data)
                    continue
                tool_calls_type_0_item = tool_calls_type_0_item_data.to_dict()
                tool_calls.append(tool_calls_type_0_item)

        else:
            tool_calls = self.tool_calls

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if content is not UNSET:
            field_dict["content"] = content
        if role is not UNSET:
            field_dict["role"] = role
        if name is not UNSET:
            field_dict["name"] = name
        if audio_content is not UNSET:
            field_dict["audio_content"] = audio_content
        if reasoning_content is not UNSET:
            field_dict["reasoning_content"] = reasoning_content
        if reasoning_details is not UNSET:
            field_dict["reasoning_details"] = reasoning_details
        if tool_calls is not UNSET:
            field_dict["tool_calls"] = tool_calls

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.reasoning_detail import ReasoningDetail  # noqa: PLC0415
        from ..models.tool_call import ToolCall  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_content(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        content = _parse_content(d.pop("content", UNSET))

        def _parse_role(data: object) -> None | Role | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                role_type_0 = Role(data)

                return role_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Role | str | Unset, data)

        role = _parse_role(d.pop("role", UNSET))

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_audio_content(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        audio_content = _parse_audio_content(d.pop("audio_content", UNSET))

        def _parse_reasoning_content(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reasoning_content = _parse_reasoning_content(d.pop("reasoning_content", UNSET))

        def _parse_reasoning_details(
            data: object,
        ) -> list[ReasoningDetail] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                reasoning_details_type_0 = []
                _reasoning_details_type_0 = data
                for reasoning_details_type_0_item_data in _reasoning_details_type_0:
                    if not isinstance(reasoning_details_type_0_item_data, Mapping):
                        reasoning_details_type_0.append(
                            reasoning_details_type_0_item_data
                        )
                        continue
                    reasoning_details_type_0_item = ReasoningDetail.from_dict(
                        reasoning_details_type_0_item_data
                    )

                    reasoning_details_type_0.append(reasoning_details_type_0_item)

                return reasoning_details_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ReasoningDetail] | None | Unset, data)

        reasoning_details = _parse_reasoning_details(d.pop("reasoning_details", UNSET))

        def _parse_tool_calls(data: object) -> list[ToolCall] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tool_calls_type_0 = []
                _tool_calls_type_0 = data
                for tool_calls_type_0_item_data in _tool_calls_type_0:
                    if not isinstance(tool_calls_type_0_item_data, Mapping):
                        tool_calls_type_0.append(tool_calls_type_0_item_data)
                        continue
                    tool_calls_type_0_item = ToolCall.from_dict(
                        tool_calls_type_0_item_data
                    )

                    tool_calls_type_0.append(tool_calls_type_0_item)

                return tool_calls_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ToolCall] | None | Unset, data)

        tool_calls = _parse_tool_calls(d.pop("tool_calls", UNSET))

        choice_message = cls(
            content=content,
            role=role,
            name=name,
            audio_content=audio_content,
            reasoning_content=reasoning_content,
            reasoning_details=reasoning_details,
            tool_calls=tool_calls,
        )

        choice_message.additional_properties = d
        return choice_message

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
