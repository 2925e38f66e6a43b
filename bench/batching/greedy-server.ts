/** Batches as they are often written by hand: a thread with the model gets whatever waits as soon as it is free. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { mostItems, runModel } from './model.ts';

interface Waiting {
  readonly value: number;
  readonly response: ServerResponse;
}

if (isMainThread) serve();
else {
  parentPort?.on('message', (values: number[]) => {
    runModel(values.length);
    parentPort?.postMessage(values);
  });
}

function serve(): void {
  const model = new Worker(new URL(import.meta.url));
  const waiting: Waiting[] = [];
  let running: readonly Waiting[] = [];
  const next = () => {
    if (running.length > 0 || waiting.length === 0) return;
    running = waiting.splice(0, mostItems);
    model.postMessage(running.map(({ value }) => value));
  };
  model.on('message', (values: number[]) => {
    for (const [at, { response }] of running.entries()) {
      const body = JSON.stringify([values[at]]);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
    }
    running = [];
    next();
  });
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const [value = 0] = (JSON.parse(text) as { values: number[] }).values;
      waiting.push({ value, response });
      next();
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.once('disconnect', () => process.exit(0));
}
