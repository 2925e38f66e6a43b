/** Copies the author's files into a bento. */
import { constants as flags } from 'node:fs';
import { copyFile, lstat, mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import ignore from 'ignore';
import { ServiceError } from '../errors.ts';
import { inTurns } from '../store/in-turns.ts';
import { createFileSelection, type SelectionRules } from './select-files.ts';

/** What is copied. */
export interface ProjectCopy {
  /** Absolute; no link. */
  readonly folder: string;
  readonly rules: SelectionRules;
  /** Absolute folders in the project that do not belong to it: the store. */
  readonly without: readonly string[];
  /** Absolute folders in the project that belong to it, whatever the rules say: models. */
  readonly with: readonly string[];
  /** Absolute; it need not be there. */
  readonly to: string;
  warn(message: string): void;
}

// What holds keys as a rule, and is needed by nobody who runs a bento; whoever does names it.
const privateFiles = ['.env', '.env.*', '!.env.example', '.npmrc'];

/**
 * Links stay links; files are cloned where the disk can do that.
 * @throws ServiceError `BUILD_FAILED` for links to what is not copied, and folders that cannot be read.
 */
export async function copyProject({ folder, rules, without, with: forced, to, warn }: ProjectCopy): Promise<void> {
  const isWithout = (path: string) => without.some((one) => `${path}${sep}`.startsWith(`${one}${sep}`));
  const links: string[] = [];
  const selected = new Set<string>();
  const select = async (root: string, { include, exclude }: SelectionRules) => {
    const files = await createFileSelection(root, { include, exclude }).list(undefined, (path, what) => {
      if (isWithout(path) || forced.includes(path)) return;
      if (what === 'unreadable')
        throw failed(folder, `${path} cannot be read; give this user the right to, or exclude it`);
      if (what === 'folder link') links.push(path);
      else warn(`left out: ${path} is no file (a socket, a pipe, a device, or a link that leads nowhere)`);
    });
    for (const file of files) if (!isWithout(file)) selected.add(file);
  };
  await select(folder, rules);
  dropPrivate(selected, folder, rules, warn);
  for (const one of forced) await select(one, { include: ['*'], exclude: [] });
  const folders = new Set([...selected].flatMap((file) => foldersOf(folder, file)));
  const isCopied = (path: string) => selected.has(path) || folders.has(path);
  for (const one of [to, ...[...folders].map((path) => join(to, relative(folder, path)))].sort()) {
    await mkdir(one, { recursive: true });
  }
  await inTurns([...selected, ...links], async (path) => {
    const destination = join(to, relative(folder, path));
    const stats = await lstat(path);
    if (!stats.isSymbolicLink()) return copyFile(path, destination, flags.COPYFILE_FICLONE | flags.COPYFILE_EXCL);
    await mkdir(dirname(destination), { recursive: true });
    return symlink(await findLinked(folder, path, isCopied), destination, links.includes(path) ? 'dir' : 'file');
  });
}

/** What the link says in the copy. */
async function findLinked(folder: string, link: string, isCopied: (path: string) => boolean): Promise<string> {
  const target = resolve(dirname(link), await readlink(link));
  const real = await realpath(link);
  if (isCopied(target) && isCopied(real)) return relative(dirname(link), target);
  const problem = `${link} is a link to ${real}, which does not come into the bento; put the file itself there, include what it leads to, or exclude the link`;
  throw failed(folder, problem);
}

function dropPrivate(
  selected: Set<string>,
  folder: string,
  { include }: SelectionRules,
  warn: (message: string) => void,
): void {
  const isPrivate = ignore({ ignorecase: false }).add(privateFiles);
  const isNamed = (name: string) => include.some((pattern) => basename(pattern) === name);
  for (const file of selected) {
    const name = basename(file);
    if (!isPrivate.ignores(name) || isNamed(name)) continue;
    selected.delete(file);
    warn(`left out: ${relative(folder, file)} may hold keys; include it by its name if the service needs it`);
  }
}

/** Those that lead from the project to a file. */
function foldersOf(project: string, file: string): string[] {
  const folders: string[] = [];
  for (let at = dirname(file); at !== project && dirname(at) !== at; at = dirname(at)) folders.push(at);
  return folders;
}

function failed(folder: string, problem: string): ServiceError<'BUILD_FAILED'> {
  return new ServiceError('BUILD_FAILED', { folder, problem });
}
