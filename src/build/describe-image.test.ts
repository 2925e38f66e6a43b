import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Image } from '../spec/image.ts';
import { noSettings } from './build-settings.ts';
import { describeImage } from './describe-image.ts';

const refuse = (message: string) => assert.fail(message);
const ofService = new Image({ node: 22 }).systemPackages('ffmpeg').toData();

test('the configuration goes before the service, and what BentoML says goes over it', () => {
  const image = new Image({ distro: 'alpine' }).toData();
  assert.equal(describeImage({ ...noSettings, image }, ofService, '/p', refuse), image);
  assert.deepEqual(describeImage(noSettings, ofService, '/p', refuse), ofService);
  const docker = { distro: 'ubi8', system_packages: ['git'], setup_script: 'setup.sh', env: { A: 1 } };
  const python = { packages: ['vllm==0.8.5'], index_url: 'https://example.com/simple' };
  const merged = describeImage({ ...noSettings, docker, python }, ofService, '/p', refuse);
  assert.deepEqual([merged.distro, merged.node, merged.env], ['ubi', 22, { A: '1' }]);
  assert.deepEqual(merged.steps, [
    { kind: 'systemPackages', packages: ['ffmpeg'] },
    { kind: 'systemPackages', packages: ['git'] },
    { kind: 'install', npmPackages: [], pythonPackages: ['--index-url https://example.com/simple', 'vllm==0.8.5'] },
    { kind: 'runScript', path: 'setup.sh' },
  ]);
});

test('what has no counterpart is told, and what cannot be is refused', () => {
  const warnings: string[] = [];
  const docker = { python_version: '3.11', env: './.env', base_image: 'registry.example.com/base:1' };
  describeImage({ ...noSettings, docker }, undefined, '/p', (message) => warnings.push(message));
  assert.deepEqual(warnings, [
    'docker.python_version is left out: it means nothing here',
    'docker.env is left out: write a map or a list there, not the name of a file',
  ]);
  assert.throws(() => describeImage({ ...noSettings, docker: { distro: 'arch' } }, undefined, '/p', refuse), {
    code: 'BUILD_FAILED',
    message: /docker or python: new Image: distro is "arch"/,
  });
});
