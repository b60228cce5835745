"""Contains all the data models used in inputs/outputs"""

from .base_resp import BaseResp
from .chat_completion import ChatCompletion
from .chat_completion_chunk import ChatCompletionChunk
from .chat_completion_request import ChatCompletionRequest
from .choice import Choice
from .choice_message import ChoiceMessage
from .chunk_choice import ChunkChoice
from .delta import Delta
from .error_detail import ErrorDetail
from .error_response import ErrorResponse
from .error_type import ErrorType
from .finish_reason import FinishReason
from .message import Message
from .model_id import ModelId
from .object_type import ObjectType
from .prompt_tokens_details import PromptTokensDetails
from .role import Role
from .sensitive_type import SensitiveType
from .status_code import StatusCode
from .usage import Usage

__all__ = (
    "BaseResp",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionRequest",
    "Choice",
    "ChoiceMessage",
    "ChunkChoice",
    "Delta",
    "ErrorDetail",
    "ErrorResponse",
    "ErrorType",
    "FinishReason",
    "Message",
    "ModelId",
    "ObjectType",
    "PromptTokensDetails",
    "Role",
    "SensitiveType",
    "StatusCode",
    "Usage",
)
