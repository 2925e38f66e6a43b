"""The smallest service with a model, which the tests have BentoML build."""

import bentoml


@bentoml.service
class Summarization:
    iris = bentoml.models.BentoModel("iris:v1")

    @bentoml.api
    def shorten(self, text: str) -> str:
        return text[:10]
