from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.content_part_type import ContentPartType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.image_url import ImageUrl
    from ..models.video_url import VideoUrl


T = TypeVar("T", bound="ContentPart")


@_attrs_define
class ContentPart:
    """A part of a message, with the one field that its `type` names.

    Attributes:
        type_ (ContentPartType | str): Kind of part.
        text (str | Unset): For type `text`: the text.
        image_url (ImageUrl | Unset): A picture.
        video_url (VideoUrl | Unset): A video.
    """

    type_: ContentPartType | str
    text: str | Unset = UNSET
    image_url: ImageUrl | Unset = UNSET
    video_url: VideoUrl | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_: str
        if isinstance(self.type_, ContentPartType):
            type_ = self.type_.value
        else:
            type_ = self.type_

        text = self.text

        image_url: dict[str, Any] | Unset = UNSET
        if not isinstance(self.image_url, Unset):
            image_url = self.image_url.to_dict()

        video_url: dict[str, Any] | Unset = UNSET
        if not isinstance(self.video_url, Unset):
            video_url = self.video_url.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
            }
        )
        if text is not UNSET:
            field_dict["text"] = text
        if image_url is not UNSET:
            field_dict["image_url"] = image_url
        if video_url is not UNSET:
            field_dict["video_url"] = video_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.image_url import ImageUrl  # noqa: PLC0415
        from ..models.video_url import VideoUrl  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_type_(data: object) -> ContentPartType | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = ContentPartType(data)

                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ContentPartType | str, data)

        type_ = _parse_type_(d.pop("type"))

        text = d.pop("text", UNSET)

        _image_url = d.pop("image_url", UNSET)
        image_url: ImageUrl | Unset
        if isinstance(_image_url, Unset):
            image_url = UNSET
        else:
            image_url = ImageUrl.from_dict(_image_url)

        _video_url = d.pop("video_url", UNSET)
        video_url: VideoUrl | Unset
        if isinstance(_video_url, Unset):
            video_url = UNSET
        else:
            video_url = VideoUrl.from_dict(_video_url)

        content_part = cls(
            type_=type_,
            text=text,
            image_url=image_url,
            video_url=video_url,
        )

        content_part.additional_properties = d
        return content_part

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
