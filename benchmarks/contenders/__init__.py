"""One adapter per contender, with the same functions: what a user of that library would write."""

from typing import Any

KEY = "benchmark"
MODEL = "MiniMax-M2.7"
# Each library has its own type for it.
MESSAGES: Any = [{"role": "user", "content": "Good morning!"}]
