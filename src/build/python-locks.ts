/** Takes the files along that say which Python packages a wrapped server needs. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readInside } from './readme.ts';

// The most exact first; https://packaging.python.org/en/latest/specifications/pylock-toml/ is the standard one.
const locks = [['pylock.toml'], ['uv.lock', 'pyproject.toml'], ['requirements.txt']] as const;

/**
 * @param requirements a file that the settings name.
 * @throws ServiceError `BUILD_FAILED` if that is not in the project.
 */
export async function copyPythonLocks({
  folder,
  requirements,
  to,
}: {
  readonly folder: string;
  readonly requirements: unknown;
  readonly to: string;
}): Promise<void> {
  const found = locks.find((names) => names.every((name) => existsSync(join(folder, name)))) ?? [];
  const named = requirements === undefined ? [] : [[String(requirements), 'requirements.txt'] as const];
  const files = named.length > 0 ? named : found.map((name) => [name, name] as const);
  if (files.length === 0) return;
  await mkdir(join(to, 'env/python'), { recursive: true });
  for (const [from, name] of files) await writeFile(join(to, 'env/python', name), readInside(folder, from));
}
