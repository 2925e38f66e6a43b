/** How long `bento build` takes, from the shell's point of view. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandomBlocks } from './random-blocks.ts';

/** One way of building, each time again. */
export interface BuildSample {
  readonly what: string;
  readonly ms: readonly number[];
}

const service = (models: string) => `import { api, type Model, model, service } from 'bentots';
@service() export class Large {
  ${models}
  @api() ping(text: string): string { return text; }
}
`;

/**
 * Builds a service with 50 MiB of files, and one that needs the model `large:v1` of the store.
 * @param root of the built bentots.
 */
export function measureBuilds(root: string, place: string, rounds: number): readonly BuildSample[] {
  const home = join(place, 'home');
  const [files, model] = [join(place, 'files'), join(place, 'with-model')];
  for (const [folder, models] of [
    [files, ''],
    [model, "@model('large:v1') weights!: Model;"],
  ] as const) {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules/bentots'), 'junction');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'service.ts'), service(models));
  }
  mkdirSync(join(files, 'data'));
  for (const [at, block] of [...createRandomBlocks(50)].entries())
    writeFileSync(join(files, 'data', `${at}.bin`), block);
  const build = (folder: string) => {
    const startedMs = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'bin/bento.js'), 'build', folder, '-o', 'json'],
      { encoding: 'utf8', cwd: folder, env: { ...process.env, BENTOML_HOME: home } },
    );
    if (status !== 0) throw new Error(stderr);
    return { ms: performance.now() - startedMs, built: JSON.parse(stdout) as { readonly folder: string } };
  };
  const first = build(files).ms;
  const again = Array.from({ length: rounds }, () => build(files).ms);
  build(model);
  const linked = Array.from({ length: rounds }, () => {
    const { ms, built } = build(model);
    const inode = (folder: string) => statSync(join(folder, 'large/v1/weights.bin')).ino;
    if (inode(join(built.folder, 'models')) !== inode(join(home, 'models'))) throw new Error('the model was copied');
    return ms;
  });
  return [
    { what: '50 MiB of files, the first time: types are read', ms: [first] },
    { what: 'the same again', ms: again },
    { what: 'the model above, which is hard-linked, and summed up', ms: linked },
  ];
}
