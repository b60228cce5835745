from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.media_detail import MediaDetail
from ..types import UNSET, Unset

T = TypeVar("T", bound="VideoUrl")


@_attrs_define
class VideoUrl:
    """A video.

    Attributes:
        url (str): URL or base64 data URL of an MP4, AVI, MOV or MKV video of at most 50 MB, or `mm_file://{file_id}`
            for one of
            at most 512 MB that was uploaded to the Files API.
        detail (MediaDetail | str | Unset): Level of detail. Default: MediaDetail.DEFAULT.
        fps (float | Unset): Frames per second to sample. Default: 1.0.
        max_long_side_pixel (int | Unset): Maximum length of the longer side, in pixels.
    """

    url: str
    detail: MediaDetail | str | Unset = MediaDetail.DEFAULT
    fps: float | Unset = 1.0
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

        fps = self.fps

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
        if fps is not UNSET:
            field_dict["fps"] = fps
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

        fps = d.pop("fps", UNSET)

        max_long_side_pixel = d.pop("max_long_side_pixel", UNSET)

        video_url = cls(
            url=url,
            detail=detail,
            fps=fps,
            max_long_side_pixel=max_long_side_pixel,
        )

        video_url.additional_properties = d
        return video_url

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
