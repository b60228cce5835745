from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status_code import StatusCode
from ..types import UNSET, Unset

T = TypeVar("T", bound="BaseResp")


@_attrs_define
class BaseResp:
    """The outcome of the call.

    Attributes:
        status_code (int | None | StatusCode | Unset): 0 for success.
        status_msg (None | str | Unset): The status in words.
    """

    status_code: int | None | StatusCode | Unset = UNSET
    status_msg: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status_code: int | None | Unset
        if isinstance(self.status_code, Unset):
            status_code = UNSET
        elif isinstance(self.status_code, StatusCode):
            status_code = self.status_code.value
        else:
            status_code = self.status_code

        status_msg: None | str | Unset
        if isinstance(self.status_msg, Unset):
            status_msg = UNSET
        else:
            status_msg = self.status_msg

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if status_code is not UNSET:
            field_dict["status_code"] = status_code
        if status_msg is not UNSET:
            field_dict["status_msg"] = status_msg

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_status_code(data: object) -> int | None | StatusCode | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, int) or isinstance(data, bool):
                    raise TypeError()
                status_code_type_0 = StatusCode(data)

                return status_code_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(int | None | StatusCode | Unset, data)

        status_code = _parse_status_code(d.pop("status_code", UNSET))

        def _parse_status_msg(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status_msg = _parse_status_msg(d.pop("status_msg", UNSET))

        base_resp = cls(
            status_code=status_code,
            status_msg=status_msg,
        )

        base_resp.additional_properties = d
        return base_resp

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
