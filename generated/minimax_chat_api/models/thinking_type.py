from enum import StrEnum


class ThinkingType(StrEnum):
    ADAPTIVE = "adaptive"
    DISABLED = "disabled"

    def __str__(self) -> str:
        return str(self.value)
