/** Builds the `Context` of one call, paying only for what the method asks of it. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, ContextResponse, Log } from '../sdk/context.ts';
import type { Cookie, RequestInfo, ResponseChanges } from '../spec/invocation.ts';

/** A context and what the worker does with it around the call. */
export interface CallContext {
  readonly context: Context;
  /** What the method changed about its answer; undefined if nothing. */
  changes(): ResponseChanges | undefined;
  /** Removes what the call left behind. */
  cleanUp(): Promise<void>;
}

interface CallFacts {
  readonly request: RequestInfo;
  readonly signal: AbortSignal;
  readonly deadline: Date;
  readonly state: Record<string, unknown>;
  readonly log: Log;
}

/** Makes the context of one call. */
export function createContext(facts: CallFacts): CallContext {
  let requestHeaders: Headers | undefined;
  let tempDir: string | undefined;
  const response = createResponse();
  const context: Context = {
    request: {
      path: facts.request.path,
      get headers() {
        requestHeaders ??= new Headers(facts.request.headers);
        return requestHeaders;
      },
    },
    response: response.facade,
    signal: facts.signal,
    deadline: facts.deadline,
    state: facts.state,
    log: facts.log,
    get tempDir() {
      tempDir ??= mkdtempSync(join(tmpdir(), 'bentots-request-'));
      return tempDir;
    },
  };
  return {
    context,
    changes: response.changes,
    async cleanUp() {
      if (tempDir !== undefined) await rm(tempDir, { recursive: true, force: true });
    },
  };
}

function createResponse(): { facade: ContextResponse; changes(): ResponseChanges | undefined } {
  let status: number | undefined;
  let headers: Headers | undefined;
  const cookies: Cookie[] = [];
  const facade: ContextResponse = {
    get status() {
      return status ?? 200;
    },
    set status(value) {
      if (!Number.isInteger(value) || value < 200 || value > 399) {
        throw new RangeError(
          `the status is ${value}, but must be from 200 to 399; to answer an error throw an ApiError`,
        );
      }
      status = value;
    },
    get headers() {
      headers ??= new Headers();
      return headers;
    },
    setCookie(name, value, options = {}) {
      // RFC 6265 section 4.1.1: a name is a token, a value has no controls, blanks, quotes, commas, semicolons, backslashes.
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
        throw new TypeError(`${JSON.stringify(name)} is no name for a cookie`);
      if (!/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(value)) {
        throw new TypeError(
          `the value of the cookie ${name} has characters that cannot stand in one; encode it, for example with encodeURIComponent`,
        );
      }
      const { maxAgeSeconds, expires, sameSite } = options;
      if (maxAgeSeconds !== undefined && !Number.isFinite(maxAgeSeconds))
        throw new RangeError(`maxAgeSeconds is ${maxAgeSeconds}, but must be a number of seconds`);
      if (expires !== undefined && Number.isNaN(Number(expires))) throw new RangeError('expires is no valid date');
      if (sameSite !== undefined && !['lax', 'strict', 'none'].includes(sameSite))
        throw new TypeError(`sameSite is ${JSON.stringify(sameSite)}, but must be lax, strict or none`);
      for (const attribute of [options.path, options.domain]) {
        if (attribute !== undefined && /[^\x20-\x3a\x3c-\x7e]/.test(attribute))
          throw new TypeError(`${JSON.stringify(attribute)} cannot stand in a cookie`);
      }
      cookies.push({ name, value, ...options });
    },
  };
  return {
    facade,
    changes() {
      if (status === undefined && headers === undefined && cookies.length === 0) return undefined;
      // `Headers` takes control characters that Node's HTTP does not send: better told here, with the method's name.
      for (const [name, value] of headers ?? [])
        if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
          throw new TypeError(`the header ${name} has a character that HTTP cannot carry`);
      return { ...(status === undefined ? {} : { status }), headers: [...(headers ?? [])], cookies };
    },
  };
}
