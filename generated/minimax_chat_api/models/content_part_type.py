from enum import StrEnum


class ContentPartType(StrEnum):
    IMAGE_URL = "image_url"
    TEXT = "text"
    VIDEO_URL = "video_url"

    def __str__(self) -> str:
        return str(self.value)
