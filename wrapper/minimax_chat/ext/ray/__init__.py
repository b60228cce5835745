"""Many requests on a Ray cluster. Needs the extra `ray`.

import ray.data
from minimax_chat.ext.ray import complete

prompts = ray.data.read_parquet("s3://my-bucket/prompts")
complete(prompts, model="MiniMax-M3").write_parquet("s3://my-bucket/answers")
"""

from __future__ import annotations

from ._complete import ChatCompletions as ChatCompletions, complete as complete
from ._files import Progress as Progress, Summary as Summary, run_file as run_file
from ._results import unanswered as unanswered

__all__ = ["ChatCompletions", "Progress", "Summary", "complete", "run_file", "unanswered"]
