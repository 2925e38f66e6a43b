/** Trace and span ids of requests: https://www.w3.org/TR/trace-context/ */
import { randomFillSync } from 'node:crypto';
import type { Trace } from '../spec/invocation.ts';

// Version, trace, parent, flags, and what later versions may add.
const traceparentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Makes ids; random bytes are drawn in bulk, since one draw a request costs more than the rest of it. */
export function createTraceIds(): (traceparent: string | undefined) => Trace {
  const pool = Buffer.allocUnsafe(8192);
  let used = pool.length;
  const hex = (bytes: number): string => {
    if (used + bytes > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.toString('hex', used - bytes, used);
  };
  return (traceparent) => {
    const given = traceparent === undefined ? undefined : parse(traceparent);
    if (!given) return { traceId: hex(16), spanId: hex(8), isSampled: false };
    return { ...given, spanId: hex(8) };
  };
}

function parse(traceparent: string): Pick<Trace, 'traceId' | 'isSampled'> | undefined {
  const [, version, traceId = '', parentId = '', flags = '', rest] = traceparentPattern.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  // All-zero ids are invalid: section 3.2.2.3 and 3.2.2.4.
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
