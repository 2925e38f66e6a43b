import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findRegistries } from './registries.ts';

test('credentials are where docker login puts them, unless DOCKER_CONFIG names another folder', () => {
  assert.equal(findRegistries({}).credentialsFile, join(homedir(), '.docker/config.json'));
  assert.equal(findRegistries({ DOCKER_CONFIG: '/keys', HOME: '/x' }).credentialsFile, join('/keys', 'config.json'));
});

test('a place without a tag, hosts, networks and proxies are read from the environment', () => {
  const found = findRegistries({
    BENTOML_REGISTRY: 'registry.local:5000/team',
    BENTOML_PLAIN_HTTP_REGISTRIES: 'registry.local:5000, other',
    BENTOML_REGISTRY_NETWORKS: '10.1.0.0/16',
    HTTPS_PROXY: 'http://proxy.local:3128',
    NO_PROXY: '.local',
  });
  const { credentialsFile: _, ...rest } = found;
  assert.deepEqual(rest, {
    place: 'registry.local:5000/team',
    plainHttp: ['registry.local:5000', 'other'],
    networks: ['10.1.0.0/16'],
    proxies: { httpProxy: undefined, httpsProxy: 'http://proxy.local:3128', noProxy: '.local' },
  });
  for (const [name, value] of [
    ['BENTOML_REGISTRY', 'https://registry.local'],
    ['BENTOML_PLAIN_HTTP_REGISTRIES', 'http://registry.local'],
    ['BENTOML_REGISTRY_NETWORKS', 'somewhere'],
  ] as const) {
    assert.throws(() => findRegistries({ [name]: value }), { code: 'OPTION_INVALID', message: new RegExp(name) });
  }
});
