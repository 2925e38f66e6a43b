import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countProcessors } from './processors.ts';

const count = (files: Readonly<Record<string, string>>, allowed = 8) => countProcessors(allowed, (path) => files[path]);

const withMax = (max: string) => ({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': max });

for (const [max, expected] of [
  ['200000 100000\n', 2],
  ['150000 100000\n', 1],
  ['50000 100000\n', 1],
  ['0 100000\n', 1],
  ['900000 100000\n', 8],
  ['max 100000\n', 8],
  ['-1 100000\n', 8],
  ['200000 0\n', 8],
  ['200000\n', 8],
  ['\n', 8],
  ['many of them\n', 8],
] as const) {
  test(`of 8 processors a quota of ${JSON.stringify(max)} leaves ${expected}`, () => {
    assert.equal(count(withMax(max)), expected);
  });
}

test('without control groups it is what the processor mask allows', () => {
  assert.equal(count({}), 8);
});

test('the quota of a group above holds, too', () => {
  const files = {
    '/proc/self/cgroup': '0::/system.slice/bento.service\n',
    '/sys/fs/cgroup/system.slice/bento.service/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/system.slice/cpu.max': '300000 100000\n',
  };
  assert.equal(count(files), 3);
});

for (const [mount, controllers] of [
  ['cpu', 'cpu'],
  ['cpu,cpuacct', 'cpu,cpuacct'],
  ['cpu', 'cpu,cpuacct'],
] as const) {
  test(`a quota of version 1 under ${mount} holds for ${controllers}`, () => {
    const files = {
      '/proc/self/cgroup': `3:memory:/a\n2:${controllers}:/a\n0::/\n`,
      [`/sys/fs/cgroup/${mount}/a/cpu.cfs_quota_us`]: '250000\n',
      [`/sys/fs/cgroup/${mount}/a/cpu.cfs_period_us`]: '100000\n',
    };
    assert.equal(count(files), 2);
  });
}

test('no quota of version 1 is -1', () => {
  const files = {
    '/proc/self/cgroup': '1:cpu:/\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  assert.equal(count(files), 8);
});

test('a container that sees its own group as the root is held to it', () => {
  const files = {
    '/proc/self/cgroup': '1:cpu:/docker/0123\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '100000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  assert.equal(count(files), 1);
});
