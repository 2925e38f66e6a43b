"""The service of service.ts as an author writes it for BentoML, which bench/peers.ts runs beside it."""

import os
import time

import bentoml
from pydantic import BaseModel

# What a user can set against overload; 0 leaves it as it comes.
limit = int(os.environ.get("PEERS_MAX_CONCURRENCY", "0"))


class Sum(BaseModel):
    sum: float
    label: str


@bentoml.service(
    workers=1,
    traffic={"timeout": 1.0, **({"max_concurrency": limit} if limit else {})},
)
class Adder:
    @bentoml.api
    async def predict(self, features: list[float]) -> Sum:
        total = sum(features)
        return Sum(sum=total, label="negative" if total < 0 else "positive")

    @bentoml.api
    def hold(self, ms: float) -> float:
        time.sleep(ms / 1000)  # a model that holds its thread
        return ms
