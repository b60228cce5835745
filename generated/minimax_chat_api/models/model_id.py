from enum import StrEnum


class ModelId(StrEnum):
    MINIMAX_M2 = "MiniMax-M2"
    MINIMAX_M2_1 = "MiniMax-M2.1"
    MINIMAX_M2_1_HIGHSPEED = "MiniMax-M2.1-highspeed"
    MINIMAX_M2_5 = "MiniMax-M2.5"
    MINIMAX_M2_5_HIGHSPEED = "MiniMax-M2.5-highspeed"
    MINIMAX_M2_7 = "MiniMax-M2.7"
    MINIMAX_M2_7_HIGHSPEED = "MiniMax-M2.7-highspeed"
    MINIMAX_M3 = "MiniMax-M3"

    def __str__(self) -> str:
        return str(self.value)
