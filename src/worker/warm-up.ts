/** Makes calls of its own before the worker is ready, so that no caller waits for what is slow only once. */
import { randomBytes } from 'node:crypto';
import { fromRecord } from '../errors.ts';
import { batchFactsOf } from '../spec/batch-facts.ts';
import { type FromWorker, initialCredit, type WarmUpCall } from '../spec/messages.ts';
import type { ApiSpec } from '../spec/service-spec.ts';
import type { Invoker } from './invoke.ts';
import { dropFiles } from './keep-files.ts';

interface WarmUpDeps {
  readonly apis: readonly ApiSpec[];
  readonly timeoutMs: number;
}

/** A warm-up: it stands where the gateway stands later. */
export interface WarmUp {
  /** Hears what the invoker sends. */
  hear(message: FromWorker): void;
  /** Makes one call. @throws whatever the method throws. */
  call(invoker: Invoker, call: WarmUpCall): Promise<void>;
}

const mostItems = 1000; // of a stream: it may be endless, and is warm by then

/** Creates a warm-up; one call at a time. */
export function createWarmUp({ apis, timeoutMs }: WarmUpDeps): WarmUp {
  let lastId = 0;
  let onEnd = (_error?: Error) => {};
  let onItems = (_items: number, _bytes: number) => {};

  return {
    hear(message) {
      if (message.kind === 'items') onItems(message.items.length, message.bytes);
      if (message.kind === 'value') dropFiles(message.files ?? []);
      if (message.kind === 'value' || message.kind === 'end') onEnd();
      if (message.kind === 'error') onEnd(fromRecord(message.error));
    },
    async call(invoker, { method, args }) {
      const id = --lastId; // the gateway counts upwards
      const api = apis.find(({ name }) => name === method);
      const ended = Promise.withResolvers<void>();
      let items = 0;
      let isEnough = false;
      onItems = (more, bytes) => {
        items += more;
        isEnough = items >= mostItems;
        if (isEnough) invoker.cancel(id, 'CANCELLED');
        else invoker.credit({ kind: 'credit', id, credit: { items: more, bytes } });
      };
      onEnd = (error) => {
        if (error && !isEnough)
          ended.reject(error); // else it complains that nobody wants more
        else ended.resolve();
      };
      const call = {
        id,
        args,
        timeoutMs,
        trace: { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), isSampled: false },
        ...(api?.takesContext ? { request: { headers: {}, path: api.route } } : {}),
        ...(api && api.kind !== 'unary' ? { credit: initialCredit } : {}),
      };
      if (api?.batching) {
        const { items } = batchFactsOf(api, api.batching, args);
        invoker.batch({ kind: 'batch', id, method, calls: [{ ...call, items, from: 0 }] });
      } else invoker.call({ kind: 'call', method, ...call });
      await ended.promise;
    },
  };
}
