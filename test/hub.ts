/** A server that speaks as the hub of Hugging Face does, and one beside it that has the large files, as its CDN. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What was asked. */
export interface HubRequest {
  readonly host: 'hub' | 'cdn';
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** What goes wrong with a request; undefined if nothing does. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** So many bytes of the body are sent, then the connection is cut; or the body just ends there. */
  | { readonly cutAfter: number; readonly endsWell?: boolean }
  /** Nothing more is said after so many bytes. */
  | { readonly stallAfter: number }
  /** Something else is sent. */
  | { readonly content: Buffer }
  | { readonly ignoresRange: true };

/** A hub with models. */
export interface TestHub extends AsyncDisposable {
  readonly url: string;
  readonly cdnUrl: string;
  readonly requests: HubRequest[];
  /** Decides what goes wrong; asked for each request. */
  fault: (request: HubRequest) => Fault | undefined;
  /** Has a branch mean a commit with these files; files of `large` are on the CDN. @returns the commit */
  put(
    modelId: string,
    files: Readonly<Record<string, Buffer | string>>,
    large?: readonly string[],
    branch?: string,
  ): string;
  /** Changes what the tree says. */
  listing: (entries: TreeEntry[]) => unknown;
  /** Resolves with the first request, past or to come, that fits. */
  asked(fits: (request: HubRequest) => boolean): Promise<HubRequest>;
  /** Ends all requests that are under way. */
  cut(): void;
}

/** A file as the hub lists it. */
export interface TreeEntry {
  type: string;
  path: string;
  size: number;
  oid: string;
  lfs?: { oid: string; size: number; pointerSize: number };
}

interface Model {
  readonly branches: Map<string, string>;
  readonly commits: Map<string, Map<string, { readonly content: Buffer; readonly isLarge: boolean }>>;
}

const pageSize = 3;

/** Starts both servers. */
export async function startHub(): Promise<TestHub> {
  const models = new Map<string, Model>();
  const blobs = new Map<string, Buffer>();
  const requests: HubRequest[] = [];
  const waiting: (() => void)[] = [];

  const serve = (
    host: 'hub' | 'cdn',
    answer: (
      path: string,
      search: URLSearchParams,
      response: ServerResponse,
      fault: Fault | undefined,
      range: string | undefined,
    ) => void,
  ) =>
    createServer((request: IncomingMessage, response) => {
      const url = new URL(request.url ?? '/', 'http://hub');
      const { range, authorization } = request.headers;
      const noted = { host, path: url.pathname, range, authorization };
      requests.push(noted);
      for (const wake of waiting.splice(0)) wake();
      const fault = hub.fault(noted);
      if (fault && 'status' in fault) {
        response.writeHead(fault.status, fault.headers).end(fault.body ?? 'refused');
        return;
      }
      answer(url.pathname, url.searchParams, response, fault, range);
    });

  const cdn = serve('cdn', (path, _search, response, fault, range) => {
    const blob = blobs.get(path.slice(1));
    if (blob) send(response, blob, range, fault);
    else response.writeHead(404).end();
  });
  const main = serve('hub', (path, search, response, fault, range) => {
    const api = /^\/api\/models\/(.+)\/(revision|tree)\/([^/]+)$/.exec(path);
    const file = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const model = models.get(api?.[1] ?? file?.[1] ?? '');
    if (!model) return void response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    const revision = decodeURIComponent(api?.[3] ?? file?.[2] ?? '');
    const commit = model.branches.get(revision) ?? revision;
    const files = model.commits.get(commit);
    if (!files) return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
    if (api?.[2] === 'revision') {
      return json(response, {
        _id: 'x',
        id: api[1],
        private: false,
        gated: false,
        downloads: 0,
        likes: 0,
        sha: commit,
        lastModified: '2024-05-01T10:00:00.000Z',
      });
    }
    if (api) {
      const entries = [...files].map(
        ([name, { content, isLarge }]): TreeEntry => ({
          type: 'file',
          path: name,
          size: content.byteLength,
          oid: gitSha(isLarge ? Buffer.from('pointer') : content),
          ...(isLarge ? { lfs: { oid: sha256(content), size: content.byteLength, pointerSize: 130 } } : {}),
        }),
      );
      const all = hub.listing(entries);
      if (!Array.isArray(all)) return json(response, all);
      const from = Number(search.get('cursor') ?? 0);
      const next = `${hub.url}${path}?recursive=true&cursor=${from + pageSize}`;
      return json(
        response,
        all.slice(from, from + pageSize),
        from + pageSize < all.length ? { link: `<${next}>; rel="next"` } : {},
      );
    }
    const found = files.get(decodeURIComponent(file?.[3] ?? ''));
    if (!found) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    if (!found.isLarge) return send(response, found.content, range, fault);
    response
      .writeHead(302, {
        location: `${hub.cdnUrl}/${sha256(found.content)}`,
        'x-linked-etag': `"${sha256(found.content)}"`,
      })
      .end();
  });
  const [url, cdnUrl] = await Promise.all([listen(main), listen(cdn)]);

  const hub: TestHub = {
    url,
    cdnUrl,
    requests,
    fault: () => undefined,
    listing: (entries) => entries,
    put(modelId, files, large = [], branch = 'main') {
      const model = models.get(modelId) ?? { branches: new Map(), commits: new Map() };
      models.set(modelId, model);
      const contents = new Map(
        Object.entries(files).map(([name, content]) => [
          name,
          { content: Buffer.from(content), isLarge: large.includes(name) },
        ]),
      );
      for (const { content, isLarge } of contents.values()) if (isLarge) blobs.set(sha256(content), content);
      const commit = createHash('sha1')
        .update(JSON.stringify([...contents]))
        .digest('hex');
      model.commits.set(commit, contents);
      model.branches.set(branch, commit);
      return commit;
    },
    async asked(fits) {
      for (;;) {
        const found = requests.find(fits);
        if (found) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    cut() {
      main.closeAllConnections();
      cdn.closeAllConnections();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([close(main), close(cdn)]);
    },
  };
  return hub;
}

export const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const gitSha = (content: Buffer) =>
  createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');

function send(response: ServerResponse, content: Buffer, range: string | undefined, fault: Fault | undefined): void {
  const whole = fault && 'content' in fault ? fault.content : content;
  const [, from] = (fault && 'ignoresRange' in fault ? null : /^bytes=(\d+)-/.exec(range ?? '')) ?? [];
  const body = whole.subarray(Number(from ?? 0));
  const ranged =
    from === undefined ? {} : { 'content-range': `bytes ${from}-${whole.byteLength - 1}/${whole.byteLength}` };
  const endsWell = fault && 'endsWell' in fault && fault.endsWell === true;
  response.writeHead(from === undefined ? 200 : 206, {
    ...ranged,
    ...(endsWell ? {} : { 'content-length': body.byteLength }),
  });
  if (fault && 'cutAfter' in fault) {
    const part = body.subarray(0, fault.cutAfter);
    if (endsWell) response.end(part);
    else response.write(part, () => response.destroy());
  } else if (fault && 'stallAfter' in fault) response.write(body.subarray(0, fault.stallAfter));
  else response.end(body);
}

function json(response: ServerResponse, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
