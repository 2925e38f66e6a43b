/** Writes the README of a bento. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { ServiceError } from '../errors.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';

/**
 * What the description says, or the file that it names; else the README of the project, if there is one.
 * @throws ServiceError `BUILD_FAILED` for a file outside of the project.
 */
export function readDescription(description: string | undefined, folder: string): string | undefined {
  if (description?.startsWith('file:')) return readInside(folder, description.slice('file:'.length).trim());
  if (description !== undefined) return withLineEnd(description);
  return existsSync(join(folder, 'README.md')) ? readInside(folder, 'README.md') : undefined;
}

/** A page that says what the methods are. */
export function toReadme(spec: ServiceSpec): string {
  const methods = spec.apis.map(
    ({ route, description: text }) => `- \`POST ${route}\`${text === undefined ? '' : `: ${text.split('\n', 1)[0]}`}`,
  );
  const about = spec.description === undefined ? '' : `${spec.description}\n\n`;
  return `# ${spec.name}\n\n${about}${methods.join('\n')}\n`;
}

const withLineEnd = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);

/**
 * A file of the project that its settings name.
 * @throws ServiceError `BUILD_FAILED`
 */
export function readInside(folder: string, path: string): string {
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('BUILD_FAILED', { folder, problem: `${JSON.stringify(path)} ${problem}` }, { cause });
  if (isAbsolute(path)) throw refuse('is an absolute path; name a file of the project by its path in it');
  let real: string;
  try {
    real = realpathSync(join(folder, path));
  } catch (cause) {
    throw refuse('is not in the project; check the path', cause);
  }
  const way = relative(realpathSync(folder), real);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw refuse('leads out of the project; put the file into it');
  }
  // Such as .env or .git: what is hidden is not meant to be shown.
  if (way.split(sep).some((part) => part.startsWith('.'))) throw refuse('is hidden, or in a hidden folder; copy it');
  if (!statSync(real).isFile()) throw refuse('is no file');
  return readFileSync(real, 'utf8');
}
