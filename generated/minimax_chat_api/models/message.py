from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role import Role
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.content_part import ContentPart
    from ..models.message_tool_call import MessageToolCall
    from ..models.reasoning_detail import ReasoningDetail


T = TypeVar("T", bound="Message")


@_attrs_define
class Message:
    """One message of the conversation. Send the assistant's messages back unchanged, thinking included: without it the
    next answer is worse.

        Attributes:
            role (Role | str): Role of the speaker.
            name (str | Unset): Name of the speaker, to distinguish several speakers of one role.
            content (list[ContentPart] | str | Unset): Text or, with MiniMax-M3, parts with text, pictures and videos. The
                documented example has a system message
                without it.
            tool_calls (list[MessageToolCall] | Unset): For role `assistant`: the tool calls that it made, sent back
                unchanged.
            tool_call_id (str | Unset): For role `tool`: the `id` of the call whose result this is. Ignored for other roles.
            reasoning_details (list[ReasoningDetail] | Unset): For role `assistant`: its thinking, sent back unchanged.
    """

    role: Role | str
    name: str | Unset = UNSET
    content: list[ContentPart] | str | Unset = UNSET
    tool_calls: list[MessageToolCall] | Unset = UNSET
    tool_call_id: str | Unset = UNSET
    reasoning_details: list[ReasoningDetail] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        role: str
        if isinstance(self.role, Role):
            role = self.role.value
        else:
            role = self.role

        name = self.name

        content: list[dict[str, Any]] | str | Unset
        if isinstance(self.content, Unset):
            content = UNSET
        elif isinstance(self.content, list):
            content = []
            for content_type_1_item_data in cast(list[Any], self.content):
                if not hasattr(content_type_1_item_data, "to_dict"):
                    content.append(content_type_1_item_data)
                    continue
                content_type_1_item = content_type_1_item_data.to_dict()
                content.append(content_type_1_item)

        else:
            content = self.content

        tool_calls: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.tool_calls, Unset):
            tool_calls = []
            for tool_calls_item_data in self.tool_calls:
                tool_calls_item = tool_calls_item_data.to_dict()
                tool_calls.append(tool_calls_item)

        tool_call_id = self.tool_call_id

        reasoning_details: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.reasoning_details, Unset):
            reasoning_details = []
            for reasoning_details_item_data in self.reasoning_details:
                reasoning_details_item = reasoning_details_item_data.to_dict()
                reasoning_details.append(reasoning_details_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "role": role,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name
        if content is not UNSET:
            field_dict["content"] = content
        if tool_calls is not UNSET:
            field_dict["tool_calls"] = tool_calls
        if tool_call_id is not UNSET:
            field_dict["tool_call_id"] = tool_call_id
        if reasoning_details is not UNSET:
            field_dict["reasoning_details"] = reasoning_details

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.content_part import ContentPart  # noqa: PLC0415
        from ..models.message_tool_call import MessageToolCall  # noqa: PLC0415
        from ..models.reasoning_detail import ReasoningDetail  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_role(data: object) -> Role | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                role_type_0 = Role(data)

                return role_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Role | str, data)

        role = _parse_role(d.pop("role"))

        name = d.pop("name", UNSET)

        def _parse_content(data: object) -> list[ContentPart] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                content_type_1 = []
                _content_type_1 = data
                for content_type_1_item_data in _content_type_1:
                    if not isinstance(content_type_1_item_data, Mapping):
                        content_type_1.append(content_type_1_item_data)
                        continue
                    content_type_1_item = ContentPart.from_dict(
                        content_type_1_item_data
                    )

                    content_type_1.append(content_type_1_item)

                return content_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ContentPart] | str | Unset, data)

        content = _parse_content(d.pop("content", UNSET))

        _tool_calls = d.pop("tool_calls", UNSET)
        tool_calls: list[MessageToolCall] | Unset = UNSET
        if _tool_calls is not UNSET:
            tool_calls = []
            for tool_calls_item_data in _tool_calls:
                tool_calls_item = MessageToolCall.from_dict(tool_calls_item_data)

                tool_calls.append(tool_calls_item)

        tool_call_id = d.pop("tool_call_id", UNSET)

        _reasoning_details = d.pop("reasoning_details", UNSET)
        reasoning_details: list[ReasoningDetail] | Unset = UNSET
        if _reasoning_details is not UNSET:
            reasoning_details = []
            for reasoning_details_item_data in _reasoning_details:
                reasoning_details_item = ReasoningDetail.from_dict(
                    reasoning_details_item_data
                )

                reasoning_details.append(reasoning_details_item)

        message = cls(
            role=role,
            name=name,
            content=content,
            tool_calls=tool_calls,
            tool_call_id=tool_call_id,
            reasoning_details=reasoning_details,
        )

        message.additional_properties = d
        return message

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
