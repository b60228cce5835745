"""One adapter per contender, with the same functions: what a user of that library would write."""

KEY = "benchmark"
MODEL = "MiniMax-M2.7"
PROMPT = "Good morning!"
