"""The service of service.ts as an author writes it for LitServe."""

import os
import sys

import litserve
from model_time import MOST_ITEMS, run_model


class Model(litserve.LitAPI):
    def setup(self, device):
        pass

    def decode_request(self, request):
        return request["values"][0]

    def batch(self, inputs):
        return inputs

    def predict(self, values):
        run_model(len(values))
        return values

    def unbatch(self, output):
        return output

    def encode_response(self, output):
        return [output]


if __name__ == "__main__":
    timeout = float(os.environ["BATCHING_TIMEOUT_S"])
    api = Model(max_batch_size=MOST_ITEMS, batch_timeout=timeout, api_path="/learned")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=60, healthcheck_path="/readyz")
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
    )
