"""The service of service.ts as an author writes it for BentoML, which bench/peers.ts runs beside it."""

import os
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated

import bentoml
import numpy as np
from bentoml.validators import DType, Shape
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

    @bentoml.api
    async def echo(
        self, x: Annotated[np.ndarray, DType("float32"), Shape((-1, 512))]
    ) -> Annotated[np.ndarray, DType("float32"), Shape((-1, 512))]:
        return x

    @bentoml.api
    async def tokens(self, n: int) -> AsyncGenerator[str, None]:
        for at in range(n):
            yield f"token{at} "

    @bentoml.api
    def size(self, file: Path) -> int:
        return file.stat().st_size
