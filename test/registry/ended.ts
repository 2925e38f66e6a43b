/** Tests what is left by commands that are ended while a registry keeps them waiting. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bento } from '../bento.ts';
import { createTestProject } from '../project.ts';
import { createHome } from '../store/home.ts';
import { putBase } from './base-image.ts';
import { type Asked, startRegistry } from './registry.ts';

interface Place {
  readonly host: string;
  readonly base: string;
}

interface Action {
  args(place: Place): readonly string[];
  /** At which request it is ended, and after how many bytes of the answer. */
  at(asked: Asked): number | undefined;
}

const isUpload = ({ method }: Asked) => (method === 'PUT' || method === 'PATCH' ? 0 : undefined);

const actions = {
  pull: {
    args: ({ host }) => ['models', 'pull', `${host}/iris:v1`],
    at: ({ method, path }) => (method === 'GET' && path.includes('/blobs/') ? 1000 : undefined),
  },
  push: { args: ({ host }) => ['push', 'hello:v1', `${host}/hello`], at: isUpload },
  base: {
    args: ({ base, host }) => [
      'containerize',
      'hello:v1',
      '--backend',
      'native',
      '--base',
      base,
      '-t',
      `${host}/image:1`,
      '--push',
    ],
    at: ({ method, path }) => (method === 'GET' && path.includes('base/node/blobs/') ? 10 : undefined),
  },
  image: {
    args: ({ base, host }) => [
      'containerize',
      'hello:v1',
      '--backend',
      'native',
      '--base',
      base,
      '-t',
      `${host}/image:1`,
      '--push',
    ],
    at: isUpload,
  },
} as const satisfies Readonly<Record<string, Action>>;

export const actionNames = Object.keys(actions) as readonly (keyof typeof actions)[]; // as the table has them

export function testEnds(
  rows: readonly (readonly [name: keyof typeof actions, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'])[],
) {
  for (const [name, signal] of rows) {
    test(`${name} that ${signal} ends shows nothing half, and the next one does all of it and tidies up`, {
      skip: process.platform === 'win32' && 'there are no such signals',
    }, async () => {
      await using registry = await startRegistry();
      using from = createHome();
      using project = createTestProject();
      const { stores } = project;
      await from.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'weights'), randomBytes(9_000_000)));
      await from.models.push('iris:v1', `${registry.host}/iris`);
      const place = { host: registry.host, base: await putBase(registry) };
      assert.equal((await project.run('build', '--version', 'v1')).end, 0);
      const before = [...registry.manifests.keys()];
      const { args, at } = actions[name];
      const reached = Promise.withResolvers<void>();
      registry.fault = (asked) => {
        const hangsAfter = at(asked);
        if (hangsAfter === undefined) return undefined;
        reached.resolve();
        return { hangsAfter };
      };
      const env = { BENTOML_HOME: stores.home, DOCKER_CONFIG: stores.home };
      {
        await using running = bento(args(place), { cwd: project.folder, env });
        await Promise.race([reached.promise, running.finished.then(({ stderr }) => assert.fail(stderr))]);
        running.child.kill(signal);
        const { end, stdout, stderr } = await running.finished;
        assert.deepEqual([end, stdout], [signal === 'SIGKILL' ? signal : 128 + constants.signals[signal], ''], stderr);
      }
      assert.deepEqual([[...registry.manifests.keys()], await stores.models.list()], [before, []]);
      const own = () => stores.ls('tmp').filter((path) => !path.startsWith('bentots-blobs'));
      if (signal !== 'SIGKILL') assert.deepEqual(own(), []);
      registry.fault = () => undefined;
      await using again = bento(args(place), { cwd: project.folder, env });
      const { end, stderr } = await again.finished;
      assert.equal(end, 0, stderr);
      assert.deepEqual([own(), stores.ls('tmp').filter((path) => path.endsWith('.part'))], [[], []]);
      if (name === 'pull') assert.equal((await stores.models.list()).length, 1);
      else assert.ok(registry.manifests.size > before.length);
    });
  }
}
