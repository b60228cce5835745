from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.object_type import ObjectType
from ..models.sensitive_type import SensitiveType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.base_resp import BaseResp
    from ..models.choice import Choice
    from ..models.usage import Usage


T = TypeVar("T", bound="ChatCompletion")


@_attrs_define
class ChatCompletion:
    """The answer. A failure has a `base_resp.status_code` other than 0 and often no `choices`.

    Attributes:
        id (None | str | Unset): Unique ID of this response, which is the trace id of the call.
        choices (list[Choice] | None | Unset): The answers (响应选择列表).
        created (int | None | Unset): Unix timestamp of creation, in seconds.
        model (None | str | Unset): ID of the model that served the request.
        object_ (None | ObjectType | str | Unset): Kind of object, here `chat.completion`.
        usage (None | Unset | Usage): Tokens used by this request.
        input_sensitive (bool | None | Unset): Whether the content filter matched the input. A severe match returns an
            error and no answer.
        output_sensitive (bool | None | Unset): Whether the content filter matched the output. A severe match returns an
            error and no answer.
        input_sensitive_type (int | None | SensitiveType | Unset): What the content filter matched, present if
            `input_sensitive` is true.
        output_sensitive_type (int | None | SensitiveType | Unset): What the content filter matched in the output.
        output_sensitive_int (int | None | Unset): Not described; 0 in the documented example.
        base_resp (BaseResp | None | Unset): Status code and details of a failure (错误状态码和详情).
    """

    id: None | str | Unset = UNSET
    choices: list[Choice] | None | Unset = UNSET
    created: int | None | Unset = UNSET
    model: None | str | Unset = UNSET
    object_: None | ObjectType | str | Unset = UNSET
    usage: None | Unset | Usage = UNSET
    input_sensitive: bool | None | Unset = UNSET
    output_sensitive: bool | None | Unset = UNSET
    input_sensitive_type: int | None | SensitiveType | Unset = UNSET
    output_sensitive_type: int | None | SensitiveType | Unset = UNSET
    output_sensitive_int: int | None | Unset = UNSET
    base_resp: BaseResp | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.base_resp import BaseResp  # noqa: PLC0415
        from ..models.usage import Usage  # noqa: PLC0415

        id: None | str | Unset
        if isinstance(self.id, Unset):
            id = UNSET
        else:
            id = self.id

        choices: list[dict[str, Any]] | None | Unset
        if isinstance(self.choices, Unset):
            choices = UNSET
        elif isinstance(self.choices, list):
            choices = []
            for choices_type_0_item_data in cast(list[Any], self.choices):
                if not hasattr(choices_type_0_item_data, "to_dict"):
                    choices.append(choices_type_0_item_data)
                    continue
                choices_type_0_item = choices_type_0_item_data.to_dict()
                choices.append(choices_type_0_item)

        else:
            choices = self.choices

        created: int | None | Unset
        if isinstance(self.created, Unset):
            created = UNSET
        else:
            created = self.created

        model: None | str | Unset
        if isinstance(self.model, Unset):
            model = UNSET
        else:
            model = self.model

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        elif isinstance(self.object_, ObjectType):
            object_ = self.object_.value
        else:
            object_ = self.object_

        usage: dict[str, Any] | None | Unset
        if isinstance(self.usage, Unset):
            usage = UNSET
        elif isinstance(self.usage, Usage):
            usage = self.usage.to_dict()
        else:
            usage = self.usage

        input_sensitive: bool | None | Unset
        if isinstance(self.input_sensitive, Unset):
            input_sensitive = UNSET
        else:
            input_sensitive = self.input_sensitive

        output_sensitive: bool | None | Unset
        if isinstance(self.output_sensitive, Unset):
            output_sensitive = UNSET
        else:
            output_sensitive = self.output_sensitive

        input_sensitive_type: int | None | Unset
        if isinstance(self.input_sensitive_type, Unset):
            input_sensitive_type = UNSET
        elif isinstance(self.input_sensitive_type, SensitiveType):
            input_sensitive_type = self.input_sensitive_type.value
        else:
            input_sensitive_type = self.input_sensitive_type

        output_sensitive_type: int | None | Unset
        if isinstance(self.output_sensitive_type, Unset):
            output_sensitive_type = UNSET
        elif isinstance(self.output_sensitive_type, SensitiveType):
            output_sensitive_type = self.output_sensitive_type.value
        else:
            output_sensitive_type = self.output_sensitive_type

        output_sensitive_int: int | None | Unset
        if isinstance(self.output_sensitive_int, Unset):
            output_sensitive_int = UNSET
        else:
            output_sensitive_int = self.output_sensitive_int

        base_resp: dict[str, Any] | None | Unset
        if isinstance(self.base_resp, Unset):
            base_resp = UNSET
        elif isinstance(self.base_resp, BaseResp):
            base_resp = self.base_resp.to_dict()
        else:
            base_resp = self.base_resp

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if choices is not UNSET:
            field_dict["choices"] = choices
        if created is not UNSET:
            field_dict["created"] = created
        if model is not UNSET:
            field_dict["model"] = model
        if object_ is not UNSET:
            field_dict["object"] = object_
        if usage is not UNSET:
            field_dict["usage"] = usage
        if input_sensitive is not UNSET:
            field_dict["input_sensitive"] = input_sensitive
        if output_sensitive is not UNSET:
            field_dict["output_sensitive"] = output_sensitive
        if input_sensitive_type is not UNSET:
            field_dict["input_sensitive_type"] = input_sensitive_type
        if output_sensitive_type is not UNSET:
            field_dict["output_sensitive_type"] = output_sensitive_type
        if output_sensitive_int is not UNSET:
            field_dict["output_sensitive_int"] = output_sensitive_int
        if base_resp is not UNSET:
            field_dict["base_resp"] = base_resp

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.base_resp import BaseResp  # noqa: PLC0415
        from ..models.choice import Choice  # noqa: PLC0415
        from ..models.usage import Usage  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        id = _parse_id(d.pop("id", UNSET))

        def _parse_choices(data: object) -> list[Choice] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                choices_type_0 = []
                _choices_type_0 = data
                for choices_type_0_item_data in _choices_type_0:
                    if not isinstance(choices_type_0_item_data, Mapping):
                        choices_type_0.append(choices_type_0_item_data)
                        continue
                    choices_type_0_item = Choice.from_dict(choices_type_0_item_data)

                    choices_type_0.append(choices_type_0_item)

                return choices_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Choice] | None | Unset, data)

        choices = _parse_choices(d.pop("choices", UNSET))

        def _parse_created(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        created = _parse_created(d.pop("created", UNSET))

        def _parse_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        model = _parse_model(d.pop("model", UNSET))

        def _parse_object_(data: object) -> None | ObjectType | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                object_type_0 = ObjectType(data)

                return object_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ObjectType | str | Unset, data)

        object_ = _parse_object_(d.pop("object", UNSET))

        def _parse_usage(data: object) -> None | Unset | Usage:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                usage_type_0 = Usage.from_dict(data)

                return usage_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | Usage, data)

        usage = _parse_usage(d.pop("usage", UNSET))

        def _parse_input_sensitive(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        input_sensitive = _parse_input_sensitive(d.pop("input_sensitive", UNSET))

        def _parse_output_sensitive(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        output_sensitive = _parse_output_sensitive(d.pop("output_sensitive", UNSET))

        def _parse_input_sensitive_type(
            data: object,
        ) -> int | None | SensitiveType | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, int) or isinstance(data, bool):
                    raise TypeError()
                input_sensitive_type_type_0 = SensitiveType(data)

                return input_sensitive_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(int | None | SensitiveType | Unset, data)

        input_sensitive_type = _parse_input_sensitive_type(
            d.pop("input_sensitive_type", UNSET)
        )

        def _parse_output_sensitive_type(
            data: object,
        ) -> int | None | SensitiveType | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, int) or isinstance(data, bool):
                    raise TypeError()
                output_sensitive_type_type_0 = SensitiveType(data)

                return output_sensitive_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(int | None | SensitiveType | Unset, data)

        output_sensitive_type = _parse_output_sensitive_type(
            d.pop("output_sensitive_type", UNSET)
        )

        def _parse_output_sensitive_int(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        output_sensitive_int = _parse_output_sensitive_int(
            d.pop("output_sensitive_int", UNSET)
        )

        def _parse_base_resp(data: object) -> BaseResp | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                base_resp_type_0 = BaseResp.from_dict(data)

                return base_resp_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BaseResp | None | Unset, data)

        base_resp = _parse_base_resp(d.pop("base_resp", UNSET))

        chat_completion = cls(
            id=id,
            choices=choices,
            created=created,
            model=model,
            object_=object_,
            usage=usage,
            input_sensitive=input_sensitive,
            output_sensitive=output_sensitive,
            input_sensitive_type=input_sensitive_type,
            output_sensitive_type=output_sensitive_type,
            output_sensitive_int=output_sensitive_int,
            base_resp=base_resp,
        )

        chat_completion.additional_properties = d
        return chat_completion

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
