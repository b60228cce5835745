from enum import IntEnum


class SensitiveType(IntEnum):
    NONE = 0
    SEVERE_VIOLATION = 1
    PORNOGRAPHY = 2
    ADVERTISING = 3
    PROHIBITED = 4
    ABUSE = 5
    VIOLENCE_OR_TERRORISM = 6
    OTHER = 7

    def __str__(self) -> str:
        return str(self.value)
