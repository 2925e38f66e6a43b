/** Names of OCI images and artifacts, read and printed: `registry[:port]/repository[:tag][@digest]`, short ones as Docker reads them. */
import { ServiceError } from '../errors.ts';

/** What a name says. */
export interface OciReference {
  /** The host, with its port where one is written: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  /** For example `sha256:…`; goes before the tag. */
  readonly digest: string | undefined;
}

// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests
const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const longest = 1024;
const longestRepository = 255;

const docker = 'docker.io';
const dockerNames = [docker, 'index.docker.io', 'registry-1.docker.io'];

/**
 * Reads a name. Without a host it is one of Docker Hub, and there without an owner one of `library/`.
 * @throws ServiceError `REFERENCE_INVALID`
 */
export function parseReference(text: string): OciReference {
  const refuse = (problem: string) =>
    new ServiceError('REFERENCE_INVALID', { reference: JSON.stringify(String(text).slice(0, 200)), problem });
  if (typeof text !== 'string' || text === '') throw refuse('it is empty');
  if (text.length > longest) throw refuse(`it has ${text.length} characters, of which ${longest} are allowed`);
  if (/^[a-z]+:\/\//i.test(text)) throw refuse('it begins with a scheme; leave that out');
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0) throw refuse('it has several @; write name@sha256:… once');
  if (digest !== undefined && !isDigest(digest))
    throw refuse(`${JSON.stringify(digest)} is no digest such as sha256:… with 64 digits`);
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const hasHost = /[.:A-Z]/.test(first) || first === 'localhost';
  const rest = hasHost ? named.slice(slash + 1) : named;
  const host = hasHost ? first : docker;
  const colon = rest.lastIndexOf(':');
  const [path, tag] = colon === -1 ? [rest, undefined] : [rest.slice(0, colon), rest.slice(colon + 1)];
  if (!hostPattern.test(host) || Number(/:(\d+)$/.exec(host)?.[1] ?? 1) > 65_535) {
    throw refuse(`${JSON.stringify(host)} is no host of a registry`);
  }
  if (tag !== undefined && !tagPattern.test(tag))
    throw refuse(`${JSON.stringify(tag)} is no tag: it may have letters, digits, "_", "." and "-", at most 128`);
  const registry = dockerNames.includes(host) ? docker : host;
  const repository = registry === docker && !path.includes('/') ? `library/${path}` : path;
  if (repository.length > longestRepository || !repositoryPattern.test(repository)) {
    throw refuse(
      `${JSON.stringify(path)} is no name of a repository: it may have small letters and digits, with ".", "_", "-" and "/" between them`,
    );
  }
  return { registry, repository, tag, digest };
}

/** The name in full. */
export function printReference({ registry, repository, tag, digest }: OciReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The host that answers for a registry: Docker Hub has one of its own for that. */
export function hostOf(registry: string): string {
  return registry === docker ? 'registry-1.docker.io' : registry;
}

/** The names under which credentials of a registry are kept. */
export function namesOf(registry: string): readonly string[] {
  return registry === docker ? ['https://index.docker.io/v1/', ...dockerNames] : [registry];
}

/** Whether a text is a digest that can be checked here. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && digestPattern.test(text);
}
