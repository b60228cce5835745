from enum import StrEnum


class ServiceTier(StrEnum):
    PRIORITY = "priority"
    STANDARD = "standard"

    def __str__(self) -> str:
        return str(self.value)
