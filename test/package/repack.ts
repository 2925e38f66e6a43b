/** Makes another version of the packed package. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tarball } from './project.ts';

/** What one file of the other version says instead of what this one says. */
interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Packs the same program under another version; gives the path of the archive. */
export function repack(version: string, ...edits: readonly Edit[]): string {
  const folder = join(dirname(tarball), `version ${version}`);
  mkdirSync(folder);
  run('tar', ['-xzf', tarball, '-C', folder]);
  const unpacked = join(folder, 'package');
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as object;
  writeFileSync(join(unpacked, 'package.json'), JSON.stringify({ ...manifest, version }));
  for (const { file, from, to } of edits) {
    const text = readFileSync(join(unpacked, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
    writeFileSync(join(unpacked, file), text.replaceAll(from, to));
  }
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder, unpacked]);
  return join(folder, `bentots-${version}.tgz`);
}

function run(program: string, words: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} failed:\n${stderr}`);
}
