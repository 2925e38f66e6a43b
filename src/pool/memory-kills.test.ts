import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countMemoryKills } from './memory-kills.ts';

const events = 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n';

for (const [title, files, expected] of [
  ['version 2', { '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/a/b/memory.events': events }, 2],
  ['version 2 in a container', { '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/memory.events': events }, 2],
  [
    'version 1',
    {
      '/proc/self/cgroup': '4:memory:/a\n0::/\n',
      '/sys/fs/cgroup/memory/a/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 7\n',
    },
    7,
  ],
  ['the root, which does not tell', { '/proc/self/cgroup': '0::/\n' }, undefined],
  ['a system without control groups', {}, undefined],
] as const) {
  test(`processes killed for memory are counted: ${title}`, () => {
    const known: Readonly<Record<string, string>> = files;
    assert.equal(
      countMemoryKills((path) => known[path]),
      expected,
    );
  });
}
