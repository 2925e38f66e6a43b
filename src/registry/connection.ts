/** Asks a registry, once: logs in where it wants that, follows where it leads, and says in a sentence what it refuses. */
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { isServiceError, ServiceError } from '../errors.ts';
import { longestPauseMs, readRetryAfter, reasonOf, TryLater } from '../outbound/retry.ts';
import type { RegistryAccess } from './access.ts';
import { createAgents } from './agents.ts';
import { parseChallenge } from './challenge.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { findScheme } from './find-scheme.ts';
import { follow } from './follow.ts';
import { readBody } from './read-body.ts';
import { hostOf, type OciReference } from './reference.ts';

/** One question. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  /** A path, or the address that an answer gave. */
  readonly to: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try. */
  readonly body?: () => Uint8Array | Readable;
  /** What it is asked for, for the message of an error, for example `the manifest of team/iris:v1`. */
  readonly what: string;
  /** Statuses that the caller understands. */
  readonly expects: readonly number[];
}

/** An answer with one of the expected statuses; its body must be read, or dumped. */
export interface RegistryAnswer {
  readonly status: number;
  header(name: string): string;
  /** The address that answered, which is another one after a redirect. */
  readonly url: URL;
  readonly body: Dispatcher.ResponseData['body'];
}

/** A registry that is asked; leaving the block closes its connections. */
export interface Connection extends AsyncDisposable {
  /** As it is named. */
  readonly registry: string;
  readonly access: RegistryAccess;
  /**
   * @throws TryLater for what may go well the next time; ServiceError `REGISTRY_DENIED`, `REGISTRY_FAILED`
   */
  ask(request: RegistryRequest): Promise<RegistryAnswer>;
}

const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];
const silenceMs = 60_000;
const answerMs = 5 * 60_000; // a registry may copy a large blob before it says that it has it
const problemLimitBytes = 64 * 1024;
const tokenLimitBytes = 1024 * 1024;

/**
 * @param scopes what tokens are asked for, for example `repository:team/iris:pull`.
 */
export async function connect(
  { registry, repository }: Pick<OciReference, 'registry' | 'repository'>,
  scopes: readonly string[],
  access: RegistryAccess,
): Promise<Connection> {
  const { settings, signal } = access;
  const host = hostOf(registry);
  const isPlain = settings.plainHttp.includes(registry) || (await findScheme(host, signal)) === 'http';
  const origin = new URL(`${isPlain ? 'http' : 'https'}://${host}`).origin;
  const refusal = () =>
    fail('it leads to an address that is not public; if that is meant, let BENTOML_REGISTRY_NETWORKS name its network');
  const agents = await createAgents(origin, access, refusal);
  let authorization: string | undefined;
  let credentials: Promise<Credentials | undefined> | undefined;
  let loggingIn: Promise<void> | undefined;

  const fail = (problem: string, cause?: unknown) =>
    new ServiceError('REGISTRY_FAILED', { registry, problem }, { cause });
  const deny = (problem: string) => new ServiceError('REGISTRY_DENIED', { registry, problem });

  const send = async (
    url: URL,
    { method, headers, body }: Pick<RegistryRequest, 'method' | 'headers' | 'body'>,
    secret: string | undefined,
  ): Promise<Dispatcher.ResponseData> => {
    const { agent, proxy } = await agents.find(url);
    const payload = body?.();
    try {
      const response = await agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: {
          'user-agent': 'bentots',
          'accept-encoding': 'identity',
          ...headers,
          ...(secret === undefined ? {} : { authorization: secret }),
        },
        ...(payload === undefined ? {} : { body: payload }),
        headersTimeout: method === 'GET' || method === 'HEAD' ? silenceMs : answerMs,
        bodyTimeout: silenceMs,
        signal,
      });
      response.body.on('error', () => {}); // whatever comes of a body that nobody reads on
      return response;
    } catch (cause) {
      signal.throwIfAborted();
      if (isServiceError(cause)) throw cause;
      if (payload instanceof Readable && payload.errored && !isOfNetwork(payload.errored)) throw payload.errored;
      if ((cause as NodeJS.ErrnoException).code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
        throw fail('a file changed while it was sent; try again', cause);
      }
      if (isOfTrust(cause)) throw fail(`its certificate is not trusted (${reasonOf(cause)}); ${trustRemedy}`, cause);
      const refused = proxy === undefined ? undefined : readProxyAnswer(cause);
      if (refused !== undefined) {
        const problem = `the proxy ${proxy} answered ${refused} for ${url.host}`;
        if (refused < 500) throw fail(`${problem}; ${proxyRemedy}`, cause);
        throw new TryLater(`${problem}; try again later`, { cause });
      }
      const by = proxy === undefined ? '' : ` by the proxy ${proxy}`;
      throw new TryLater(`${url.host} cannot be reached${by}: ${reasonOf(cause)}`, { cause });
    }
  };

  /** Gets what proves who asks; nobody else does so at the same time. */
  const logIn = async (header: string): Promise<void> => {
    const challenge = parseChallenge(header);
    if (!challenge) throw deny('it wants a login of a kind that is not known here (401)');
    credentials ??= findCredentials({ registry, repository }, settings.credentialsFile, signal);
    const known = await credentials;
    if (challenge.kind === 'basic') {
      if (known?.kind !== 'password') throw deny(`it wants a login (401); ${loginRemedy(registry)}`);
      authorization = toBasic(known);
      return;
    }
    authorization = `Bearer ${await fetchToken(challenge, known)}`;
  };

  const fetchToken = async (
    { realm, service }: { readonly realm: string; readonly service: string | undefined },
    known: Credentials | undefined,
  ): Promise<string> => {
    const url = URL.parse(realm, origin);
    const isRight = url && (url.protocol === 'https:' || (isPlain && url.protocol === 'http:')) && url.username === '';
    if (!isRight) throw fail('it names no https address at which tokens are given');
    const named: Record<string, string> = service === undefined ? {} : { service };
    const request =
      known?.kind === 'token'
        ? toForm({
            ...named,
            grant_type: 'refresh_token',
            client_id: 'bentots',
            scope: scopes.join(' '),
            refresh_token: known.token,
          })
        : { method: 'GET' as const };
    if (known?.kind !== 'token') {
      for (const [name, value] of [...Object.entries(named), ...scopes.map((scope) => ['scope', scope] as const)]) {
        url.searchParams.append(name, value);
      }
    }
    const secret = known?.kind === 'password' ? toBasic(known) : undefined;
    const response = await send(url, request, secret);
    const { statusCode: status, headers, body } = response;
    if (status !== 200) {
      await body.dump();
      const refused = known
        ? `the login that is kept for it is refused (${status}); ${loginRemedy(registry)}`
        : undefined;
      if (status === 401 || status === 403)
        throw deny(refused ?? `it gives nobody a token (${status}); ${loginRemedy(registry)}`);
      throw explainStatus(status, textOf(headers['retry-after']), 'a token', '');
    }
    const reading = { limitBytes: tokenLimitBytes, what: 'the answer with the token', signal, fail };
    const token = readToken((await readBody(body, reading)).toString('utf8'));
    if (token === undefined) throw fail('it answers without a token');
    return token;
  };

  const explainStatus = (status: number, retryAfter: string, what: string, codes: string): Error => {
    const pauseMs = readRetryAfter(retryAfter);
    if (status === 429) {
      const wish = pauseMs > 0 ? ` and asks to wait ${Math.ceil(pauseMs / 1000)} s` : '';
      const problem = `it has too many requests (429)${wish}; try again later, or log in`;
      return pauseMs > longestPauseMs ? fail(problem) : new TryLater(problem, { pauseMs });
    }
    const [problem, reason] = [`it answered ${status} for ${what}${codes}`, reasons[status]];
    if (reason !== undefined) return fail(`it refused ${what} (${status})${codes}: ${reason}`);
    if (status >= 500 || status === 408) {
      return new TryLater(`${problem}; try again later`, { pauseMs: Math.min(pauseMs, longestPauseMs) });
    }
    return fail(problem);
  };

  /** What it answers, with those who ask for the same at the same time logged in once. */
  const askLoggedIn = async (request: RegistryRequest, url: URL): Promise<Dispatcher.ResponseData> => {
    await loggingIn;
    const used = authorization;
    const response = await send(url, request, used);
    if (response.statusCode !== 401 || url.origin !== origin) return response;
    await response.body.dump();
    if (authorization === used) {
      loggingIn ??= logIn(textOf(response.headers['www-authenticate'])).finally(() => {
        loggingIn = undefined;
      });
    }
    await loggingIn;
    return send(url, request, authorization);
  };

  return {
    registry,
    access,
    async ask(request) {
      let url = new URL(request.to, origin);
      for (let hops = 0; ; hops++) {
        const isOwn = url.origin === origin;
        const response = isOwn ? await askLoggedIn(request, url) : await send(url, request, undefined);
        const { statusCode: status, headers, body } = response;
        const location = textOf(headers.location);
        if (redirects.includes(status) && (request.method === 'GET' || request.method === 'HEAD')) {
          await body.dump();
          if (hops === mostRedirects) throw fail(`it leads on more than ${mostRedirects} times for ${request.what}`);
          url = follow(location, url, fail);
          continue;
        }
        if (request.expects.includes(status)) {
          return { status, url, body, header: (name) => textOf(headers[name]) };
        }
        const reading = { limitBytes: problemLimitBytes, what: 'its problem', signal, fail };
        const codes = readCodes(await readBody(body, reading).catch(() => Buffer.alloc(0)));
        if (isOwn && status === 401)
          throw deny(`it does not show ${request.what} (401)${codes}; ${loginRemedy(registry)}`);
        if (isOwn && status === 403) {
          throw deny(`${request.what} is forbidden (403)${codes}: the account that is logged in may not do that`);
        }
        // Where it leads to, an address that has run out is no longer known; the registry gives another one.
        if (!isOwn && status < 500)
          throw new TryLater(`${url.host} answered ${status} for ${request.what}; try again later`);
        throw explainStatus(status, textOf(headers['retry-after']), request.what, codes);
      }
    },
    async [Symbol.asyncDispose]() {
      await agents[Symbol.asyncDispose]();
    },
  };
}

// What does not go well the next time either.
const reasons: Readonly<Record<number, string>> = {
  413: 'it is larger than the registry, or a proxy before it, takes; let its operator raise the limit',
  507: 'the registry has no room left; let its operator make some',
};

const trustRemedy =
  'let NODE_EXTRA_CA_CERTS name the file of its authority, or BENTOML_PLAIN_HTTP_REGISTRIES the registry if it has no encryption';

const loginRemedy = (registry: string) => `run docker login ${registry}, or its like, with an account that may`;

const proxyRemedy = 'correct HTTPS_PROXY and the login in it, or let NO_PROXY name the registry';

/** The status of a proxy that made no connection, which undici says in the text of an error alone. */
function readProxyAnswer(error: unknown): number | undefined {
  const { message, cause } = error as Error;
  const [, status] = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(message) ?? [];
  if (status !== undefined) return Number(status);
  return cause instanceof Error ? readProxyAnswer(cause) : undefined;
}

function isOfTrust(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return /CERT|SIGNATURE|ERR_TLS|ERR_SSL|EPROTO/.test(code);
}

/** Undici ends a body that it could not send with the error of the connection. */
function isOfNetwork(error: Error): boolean {
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException;
  return (
    /^UND_|^ECONN|^EPIPE|^ETIMEDOUT|^ABORT|DESTROYED|PREMATURE/.test(code) ||
    (/^(?:write|read|connect)$/.test(syscall) && !('path' in error))
  );
}

function toForm(fields: Readonly<Record<string, string>>): Pick<RegistryRequest, 'method' | 'headers' | 'body'> {
  const body = Buffer.from(new URLSearchParams(fields).toString());
  return { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: () => body };
}

function toBasic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
function readToken(text: string): string | undefined {
  try {
    const { token, access_token: other } = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    const found = token ?? other;
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The codes of a problem, which are words; the sentences with them are anybody's, and may repeat what was sent. */
function readCodes(body: Buffer): string {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: unknown };
    const codes = (Array.isArray(errors) ? errors : []).map((error: { code?: unknown } | null) => String(error?.code));
    const known = codes.filter((code) => /^[A-Z_]{1,40}$/.test(code)).slice(0, 5);
    return known.length === 0 ? '' : `, ${known.join(', ')}`;
  } catch {
    return '';
  }
}

function textOf(value: string | string[] | undefined): string {
  return [value ?? ''].flat()[0] ?? '';
}
