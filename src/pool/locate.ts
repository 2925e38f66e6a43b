/** Finds what a user means to serve: a file or a project, or a bento that was built. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isBento, layout, loadBuiltBento } from '../build/built-bento.ts';
import { missingVariables } from '../config/set-variables.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import { openBentos } from '../store/bentos.ts';
import { findTarget, type Target } from './target.ts';

/**
 * A path goes before a tag. Of a tag without a version the newest is meant, so that it may be another one the next time.
 * @throws ServiceError `TARGET_MISSING`, `SERVICE_MISSING`, `BENTO_UNSERVABLE`, or what is wrong with the store.
 */
export async function locate(text: string, workingFolder: string): Promise<Target> {
  const absolute = resolve(workingFolder, text);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() && isBento(absolute)) {
    return withSecrets(await builtTarget(absolute, workingFolder));
  }
  try {
    return findTarget(text, workingFolder);
  } catch (error) {
    const isPath = /[/\\]|^\.|\.[cm]?[jt]sx?(?::|$)/.test(text);
    if (!isServiceError(error, 'TARGET_MISSING') || isPath) throw error;
    return withSecrets(await builtTarget(await findBento(text, error), workingFolder));
  }
}

/** What was not kept must be there when the bento is served. */
function withSecrets(target: Target): Target {
  const { name = '', variables = [] } = target.bento ?? {};
  const secrets = variables.filter(({ isSecret, stage }) => isSecret && stage !== 'build');
  const missing = missingVariables(secrets.map((secret) => secret.name));
  if (missing.length === 0) return target;
  const problem = `it keeps no secrets, and the environment lacks ${missing.join(', ')}; set what is missing`;
  throw new ServiceError('BENTO_UNSERVABLE', { bento: name, problem });
}

async function findBento(text: string, noPath: ServiceError<'TARGET_MISSING'>): Promise<string> {
  try {
    return (await openBentos({ onWarning: () => {} }).get(text)).folder;
  } catch (cause) {
    if (isServiceError(cause, 'TAG_INVALID')) throw noPath;
    if (!isServiceError(cause, 'STORE_ITEM_MISSING')) throw cause;
    const problem = `${noPath.message.slice(text.length + 2)}; and ${cause.message}`;
    throw new ServiceError('TARGET_MISSING', { target: text, problem }, { cause });
  }
}

/**
 * The target that a bento in a folder is.
 * @param workingFolder where packages are looked for that are not beside it.
 * @throws ServiceError `BENTO_UNSERVABLE`
 */
export async function builtTarget(folder: string, workingFolder: string): Promise<Target> {
  const bento = await loadBuiltBento(folder);
  const installed = join(folder, 'env/node', bento.manifest.packages?.project ?? '');
  return {
    file: join(folder, layout.own, layout.module),
    choice: bento.manifest.service.exportName,
    bento: { ...bento, packageFolders: [installed, join(folder, layout.source), workingFolder] },
  };
}
