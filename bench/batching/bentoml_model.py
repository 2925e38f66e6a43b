"""The service of service.ts as an author writes it for BentoML."""

import os

import bentoml
from model_time import MOST_ITEMS, run_model


@bentoml.service(
    workers=1,
    traffic={"timeout": 60.0},
    logging={"access": {"enabled": False}},
)
class Model:
    @bentoml.api(
        batchable=True,
        max_batch_size=MOST_ITEMS,
        max_latency_ms=int(os.environ["BATCHING_MAX_LATENCY_MS"]),
    )
    def learned(self, values: list[int]) -> list[int]:
        run_model(len(values))
        return values
