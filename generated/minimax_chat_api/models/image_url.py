from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.media_detail import MediaDetail
from ..types import UNSET, Unset

T = TypeVar("T", bound="ImageUrl")


@_attrs_define
class ImageUrl:
    """A picture.

    Attributes:
        url (str): URL or base64 data URL of a JPEG, PNG, GIF or WEBP picture of at most 10 MB.
        detail (MediaDetail | str | Unset): Level of detail. A picture costs hundreds of tokens (up to 600) with `low`,
            1,000 to 3,000 (up to 5,000)
            with `default`, thousands (15,000 and more) with `high`.
             Default: MediaDetail.DEFAULT.
        max_long_side_pixel (int | Unset): Maximum length of the longer side, in pixels.
    """

    url: str
    detail: MediaDetail | str | Unset = MediaDetail.DEFAULT
    max_long_side_pixel: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        detail: str | Unset
        if isinstance(self.detail, Unset):
            detail = UNSET
        elif isinstance(self.detail, MediaDetail):
            detail = self.detail.value
        else:
            detail = self.detail

        max_long_side_pixel = self.max_long_side_pixel

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "url": url,
            }
        )
        if detail is not UNSET:
            field_dict["detail"] = detail
        if max_long_side_pixel is not UNSET:
            field_dict["max_long_side_pixel"] = max_long_side_pixel

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url")

        def _parse_detail(data: object) -> MediaDetail | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                detail_type_0 = MediaDetail(data)

                return detail_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MediaDetail | str | Unset, data)

        detail = _parse_detail(d.pop("detail", UNSET))

        max_long_side_pixel = d.pop("max_long_side_pixel", UNSET)

        image_url = cls(
            url=url,
            detail=detail,
            max_long_side_pixel=max_long_side_pixel,
        )

        image_url.additional_properties = d
        return image_url

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
