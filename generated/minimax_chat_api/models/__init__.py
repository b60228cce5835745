"""Contains all the data models used in inputs/outputs"""

from .base_resp import BaseResp
from .chat_completion import ChatCompletion
from .chat_completion_chunk import ChatCompletionChunk
from .chat_completion_request import ChatCompletionRequest
from .choice import Choice
from .choice_message import ChoiceMessage
from .chunk_choice import ChunkChoice
from .content_part import ContentPart
from .content_part_type import ContentPartType
from .delta import Delta
from .error_detail import ErrorDetail
from .error_response import ErrorResponse
from .error_type import ErrorType
from .finish_reason import FinishReason
from .function_definition import FunctionDefinition
from .image_url import ImageUrl
from .json_schema import JsonSchema
from .media_detail import MediaDetail
from .message import Message
from .message_tool_call import MessageToolCall
from .message_tool_call_function import MessageToolCallFunction
from .model_id import ModelId
from .object_type import ObjectType
from .prompt_tokens_details import PromptTokensDetails
from .reasoning_detail import ReasoningDetail
from .role import Role
from .sensitive_type import SensitiveType
from .service_tier import ServiceTier
from .status_code import StatusCode
from .stream_options import StreamOptions
from .thinking import Thinking
from .thinking_type import ThinkingType
from .tool import Tool
from .tool_call import ToolCall
from .tool_call_function import ToolCallFunction
from .tool_type import ToolType
from .usage import Usage
from .video_url import VideoUrl

__all__ = (
    "BaseResp",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionRequest",
    "Choice",
    "ChoiceMessage",
    "ChunkChoice",
    "ContentPart",
    "ContentPartType",
    "Delta",
    "ErrorDetail",
    "ErrorResponse",
    "ErrorType",
    "FinishReason",
    "FunctionDefinition",
    "ImageUrl",
    "JsonSchema",
    "MediaDetail",
    "Message",
    "MessageToolCall",
    "MessageToolCallFunction",
    "ModelId",
    "ObjectType",
    "PromptTokensDetails",
    "ReasoningDetail",
    "Role",
    "SensitiveType",
    "ServiceTier",
    "StatusCode",
    "StreamOptions",
    "Thinking",
    "ThinkingType",
    "Tool",
    "ToolCall",
    "ToolCallFunction",
    "ToolType",
    "Usage",
    "VideoUrl",
)
