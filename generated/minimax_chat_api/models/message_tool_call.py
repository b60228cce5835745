from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.tool_type import ToolType

if TYPE_CHECKING:
    from ..models.message_tool_call_function import MessageToolCallFunction


T = TypeVar("T", bound="MessageToolCall")


@_attrs_define
class MessageToolCall:
    """A tool call, sent back in the assistant message that made it.

    Attributes:
        id (str): ID of the call.
        type_ (str | ToolType): Kind of tool, here `function`.
        function (MessageToolCallFunction): The function of a tool call that is sent back.
    """

    id: str
    type_: str | ToolType
    function: MessageToolCallFunction
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_: str
        if isinstance(self.type_, ToolType):
            type_ = self.type_.value
        else:
            type_ = self.type_

        function = self.function.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
                "function": function,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.message_tool_call_function import MessageToolCallFunction  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_type_(data: object) -> str | ToolType:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = ToolType(data)

                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | ToolType, data)

        type_ = _parse_type_(d.pop("type"))

        function = MessageToolCallFunction.from_dict(d.pop("function"))

        message_tool_call = cls(
            id=id,
            type_=type_,
            function=function,
        )

        message_tool_call.additional_properties = d
        return message_tool_call

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
