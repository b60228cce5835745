from enum import StrEnum


class Role(StrEnum):
    ASSISTANT = "assistant"
    GROUP = "group"
    SAMPLE_MESSAGE_AI = "sample_message_ai"
    SAMPLE_MESSAGE_USER = "sample_message_user"
    SYSTEM = "system"
    TOOL = "tool"
    USER = "user"
    USER_SYSTEM = "user_system"

    def __str__(self) -> str:
        return str(self.value)
