/** Finds with what to log in at a registry, where `docker login` and its like keep it. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { ServiceError } from '../errors.ts';
import { namesOf, type OciReference } from './reference.ts';

/** A name with its password, or a token that others are made of. Secret: no message may have any of it. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

const fileLimitBytes = 1024 * 1024;
const outputLimitBytes = 64 * 1024;
const helperLimitMs = 30_000; // some ask their user

type Rows = Readonly<Record<string, unknown>>;

/**
 * What is kept for a repository, or a path above it, or else for its registry; undefined if there is nothing, so that it
 * is asked as anybody.
 * @param file path of Docker's `config.json`.
 * @throws ServiceError `REGISTRY_FAILED` if what is kept cannot be read.
 */
export async function findCredentials(
  { registry, repository }: Pick<OciReference, 'registry' | 'repository'>,
  file: string,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const refuse = (problem: string) => new ServiceError('REGISTRY_FAILED', { registry, problem });
  const config = await readConfig(file, refuse);
  if (!config) return undefined;
  const names = namesOf(registry);
  const entries = Object.entries(rowsOf(config.auths));
  const readKept = (wanted: readonly string[]): Credentials | undefined => {
    const fitting = wanted.flatMap((name) => entries.filter(([key]) => key === name || toName(key) === name));
    return fitting.map(([, entry]) => readEntry(rowsOf(entry))).find((found) => found !== undefined);
  };
  const ofPath = readKept(pathsOf(registry, repository)); // only a file can have such
  if (ofPath) return ofPath;
  const [own] = names.flatMap((name) => rowsOf(config.credHelpers)[name] ?? []);
  const helper = own ?? config.credsStore;
  if (typeof helper === 'string' && helper !== '') {
    const found = await askHelper(helper, names[0] ?? registry, signal, (problem) =>
      refuse(`${problem} (named in ${file})`),
    );
    if (found || own !== undefined) return found;
  }
  return readKept(names);
}

/** The longest one first: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md */
function pathsOf(registry: string, repository: string): readonly string[] {
  const parts = repository.split('/');
  return parts.map((_, index) => [registry, ...parts.slice(0, parts.length - index)].join('/'));
}

async function readConfig(file: string, refuse: (problem: string) => Error): Promise<Rows | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw refuse(
      `${file} cannot be read (${error.code}); give this user the right to, or let DOCKER_CONFIG name another folder`,
    );
  });
  if (text === undefined || text.trim() === '') return undefined;
  if (text.length > fileLimitBytes) throw refuse(`${file} has more than ${fileLimitBytes} bytes`);
  try {
    return rowsOf(JSON.parse(text)); // the error would show what is in it
  } catch {
    throw refuse(`${file} is no JSON; mend it, or let DOCKER_CONFIG name another folder`);
  }
}

/** What an entry is for: Docker writes hosts, `docker.io` as an address, older programs all as addresses; Podman paths, too. */
function toName(key: string): string {
  return /^https?:\/\//.test(key)
    ? key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
    : key.replace(/\/(?:v[12]\/?)?$/, '');
}

function readEntry(entry: Rows): Credentials | undefined {
  const { auth, identitytoken, username, password } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'token', token: identitytoken };
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = text.indexOf(':');
    if (colon > 0) return { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  if (typeof username === 'string' && username !== '' && typeof password === 'string') {
    return { kind: 'password', username, password };
  }
  return undefined;
}

/** https://github.com/docker/docker-credential-helpers#development */
async function askHelper(
  name: string,
  server: string,
  signal: AbortSignal,
  refuse: (problem: string) => Error,
): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(name)) throw refuse('the credential helper has a name that no program has');
  const program = `docker-credential-${name}`;
  const { code, output, problem } = await runHelper(program, server, signal);
  signal.throwIfAborted();
  if (problem !== undefined) throw refuse(problem);
  if (code !== 0) {
    if (/not found|no credentials/i.test(output)) return undefined;
    throw refuse(`${program} failed (exit code ${code}); run: echo ${server} | ${program} get`);
  }
  const found = readAnswer(output);
  if (!found) throw refuse(`${program} does not answer as a credential helper does`);
  return found;
}

function readAnswer(output: string): Credentials | undefined {
  try {
    const { Username, Secret } = rowsOf(JSON.parse(output));
    if (typeof Username !== 'string' || typeof Secret !== 'string') return undefined;
    if (Username === '<token>') return { kind: 'token', token: Secret };
    return { kind: 'password', username: Username, password: Secret };
  } catch {
    return undefined;
  }
}

interface HelperEnd {
  readonly code: number | null;
  readonly output: string;
  readonly problem?: string;
}

function runHelper(program: string, server: string, signal: AbortSignal): Promise<HelperEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let problem: string | undefined;
    const end = (why?: string) => {
      problem ??= why;
      child.kill('SIGKILL');
      child.stdout.destroy(); // what it started may hold the other end
    };
    const timer = setTimeout(
      () => end(`${program} said nothing for ${helperLimitMs / 1000} s, and was ended`),
      helperLimitMs,
    );
    const onAbort = () => end();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) end();
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > outputLimitBytes) end(`${program} says more than ${outputLimitBytes} bytes`);
      else chunks.push(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      problem ??=
        error.code === 'ENOENT'
          ? `the credential helper ${program} is not on the PATH; install it, or log in without it`
          : `${program} does not start (${error.code})`;
    });
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(`${server}\n`);
    child.on('close', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8'), ...(problem === undefined ? {} : { problem }) });
    });
  });
}

function rowsOf(value: unknown): Rows {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Rows) : {};
}
