from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.thinking_type import ThinkingType
from ..types import UNSET, Unset

T = TypeVar("T", bound="Thinking")


@_attrs_define
class Thinking:
    """Controls the thinking of MiniMax-M3.

    Attributes:
        type_ (str | ThinkingType | Unset): `disabled`: MiniMax-M3 does not think (M2.x models always do); `adaptive`:
            MiniMax-M3 decides. Default: ThinkingType.ADAPTIVE.
    """

    type_: str | ThinkingType | Unset = ThinkingType.ADAPTIVE
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_: str | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        elif isinstance(self.type_, ThinkingType):
            type_ = self.type_.value
        else:
            type_ = self.type_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if type_ is not UNSET:
            field_dict["type"] = type_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_type_(data: object) -> str | ThinkingType | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = ThinkingType(data)

                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | ThinkingType | Unset, data)

        type_ = _parse_type_(d.pop("type", UNSET))

        thinking = cls(
            type_=type_,
        )

        thinking.additional_properties = d
        return thinking

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
