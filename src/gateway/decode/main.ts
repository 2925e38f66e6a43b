/** A decode thread: takes one body after the other. */
import { serialize } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { toRecord } from '../../errors.ts';
import { type Route, toRoute } from '../../pool/route.ts';
import { batchFactsOf } from '../../spec/batch-facts.ts';
import { createValidatorCompiler } from '../../spec/validator.ts';
import { decodeBody } from './decode-body.ts';
import type { DecodeAnswer, DecodeRequest } from './messages.ts';

const mostRoutes = 100; // those of generations that have ended are forgotten in time

const routes = new Map<number, Route>();

function routeOf({ routeId, api }: DecodeRequest): Route {
  const route = routes.get(routeId) ?? toRoute(api, createValidatorCompiler());
  routes.delete(routeId); // the one that was used last goes to the end
  routes.set(routeId, route);
  for (const oldest of routes.keys()) {
    if (routes.size <= mostRoutes) break;
    routes.delete(oldest);
  }
  return route;
}

parentPort?.on('message', async (request: DecodeRequest) => {
  try {
    const decoded = await decodeBody(routeOf(request), request.body, request.limits);
    if ('args' in decoded) {
      const { batching } = request.api;
      const batch = batching && batchFactsOf(request.api, batching, decoded.args);
      const written = serialize(decoded.args);
      const isWhole = written.byteLength === written.buffer.byteLength;
      const args = isWhole ? written : new Uint8Array(written);
      parentPort?.postMessage({ args, ...(batch && { batch }) } satisfies DecodeAnswer, [args.buffer as ArrayBuffer]);
    } else {
      parentPort?.postMessage(decoded satisfies DecodeAnswer, [decoded.bytes.buffer as ArrayBuffer]);
    }
  } catch (error) {
    parentPort?.postMessage({ error: toRecord(error) } satisfies DecodeAnswer);
  }
});
