// Makes OCI images with real builders and runs them: daemons and stores of its own, in a folder that is removed again.
// What is missing is installed from Debian. Public bases cannot be had everywhere, so that one is made of this very Node
// and kept in a registry of its own, from which it comes as any base of a user's does.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureProgram } from '../../scripts/system-program.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const purpose = 'test:containers';
const startLimitMs = 60_000;

if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error(`${purpose} needs root on Linux`);

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'bentots-containers-'));
/** @type {import('node:child_process').ChildProcess[]} */
const started = [];
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {}); // Ctrl-C ends the tests; here it is tidied up
try {
  const programs = Object.fromEntries(
    Object.entries({
      dockerd: 'docker.io', runc: 'runc', buildah: 'buildah', podman: 'podman', skopeo: 'skopeo',
      'docker-registry': 'docker-registry', iptables: 'iptables', busybox: 'busybox-static', mmdebstrap: 'mmdebstrap',
      faketime: 'faketime',
    }).map(([name, debianPackage]) => [name, ensureProgram({ names: [name], debianPackage, purpose })]),
  ); // biome-ignore format: a table reads as a table
  const port = await findFreePort();
  const registry = `127.0.0.1:${port}`;
  const env = {
    ...process.env,
    ...writeSettings(registry),
    CONTAINER_TEST_FOLDER: folder,
    CONTAINER_TEST_REGISTRY: registry,
  };
  await start(String(programs['docker-registry']), ['serve', join(folder, 'registry.yml')], env, 'listening on');
  const [data, run, pid] = ['data', 'run', 'pid'].map((name) => join(folder, 'docker', name));
  mkdirSync(join(folder, 'docker'));
  const words = [
    '--data-root',
    data,
    '--exec-root',
    run,
    '--pidfile',
    pid,
    '-H',
    env.DOCKER_HOST,
    '--insecure-registry',
    registry,
  ];
  await start(String(programs.dockerd), words.map(String), env, 'API listen on');
  await makeBase(`${registry}/node-base:1`, String(programs.busybox), env);
  makeDebianBase(`${registry}/debian-base:1`, String(programs.mmdebstrap), env);
  // Each installs and builds: on a busy machine that takes longer than a test of the suite may.
  const tests = [join(repository, 'scripts/run-tests.js'), '--long', 'test/containers/*.test.ts'];
  const test = spawn(process.execPath, tests, { stdio: 'inherit', cwd: repository, env });
  const [code] = await once(test, 'exit');
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(`${purpose}: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await tidyUp();
}

/** @param {string} registry */
function writeSettings(registry) {
  /** @param {string} name @param {string} text */
  const write = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const storage = join(folder, 'containers');
  write('config.json', '{}');
  write(
    'registry.yml',
    `version: 0.1\nlog: { level: info, accesslog: { disabled: true } }\nstorage: { filesystem: { rootdirectory: ${join(folder, 'registry')} } }\nhttp: { addr: "${registry}" }\n`,
  );
  // Debian's own docker: a newer one that comes before it on the PATH may have no plugin for BuildKit.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  if (existsSync('/usr/bin/docker')) symlinkSync('/usr/bin/docker', join(bin, 'docker'));
  return {
    PATH: [bin, process.env.PATH].join(delimiter),
    DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`,
    DOCKER_CONFIG: folder,
    BUILDAH_ISOLATION: 'chroot',
    // What the runtime of containers and their limits need where this runs inside of a container or a small machine.
    CONTAINERS_CONF: write(
      'containers.conf',
      '[containers]\ndefault_ulimits = ["nofile=1024:4096", "nproc=500:500"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n',
    ),
    CONTAINERS_STORAGE_CONF: write(
      'storage.conf',
      `[storage]\ndriver = "overlay"\ngraphroot = "${storage}/graph"\nrunroot = "${storage}/run"\n`,
    ),
    CONTAINERS_REGISTRIES_CONF: write(
      'registries.conf',
      `unqualified-search-registries = []\n[[registry]]\nlocation = "${registry}"\ninsecure = true\n`,
    ),
    BENTOML_HOME: join(folder, 'home'),
  };
}

/**
 * Starts a server and waits until it says that it is ready.
 * @param {string} program
 * @param {string[]} words
 * @param {NodeJS.ProcessEnv} env
 * @param {string} ready
 */
async function start(program, words, env, ready) {
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let output = '';
  await new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ how) => reject(new Error(`${basename(program)} ${how}:\n${output}`));
    const timer = setTimeout(() => fail(`was not ready within ${startLimitMs / 1000} s`), startLimitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-20_000);
        if (!output.includes(ready)) return;
        clearTimeout(timer);
        resolve(undefined);
      });
    }
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => fail(`ended with ${signal ?? code}`));
  });
}

/**
 * Node with the libraries that it needs, npm, a shell, and what makes the registry of packages trusted where this runs.
 * @param {string} reference
 * @param {string} busybox
 * @param {NodeJS.ProcessEnv} env
 */
async function makeBase(reference, busybox, env) {
  const base = join(folder, 'base');
  /** @param {string} from @param {string} to */
  const copy = (from, to) => {
    mkdirSync(dirname(join(base, to)), { recursive: true });
    copyFileSync(realpathSync(from), join(base, to));
  };
  for (const path of ['bin', 'usr/bin', 'etc', 'root', 'tmp', 'usr/local/lib/node_modules', 'etc/ssl'])
    mkdirSync(join(base, path), { recursive: true });
  chmodSync(join(base, 'tmp'), 0o1777);
  copy(process.execPath, 'usr/local/bin/node');
  const libraries = read('ldd', [process.execPath]).matchAll(/(\/\S+\.so\S*)/g);
  for (const [, path = ''] of libraries) copy(path, path.replace(/^\//, ''));
  const resolvers = dirname(read('ldd', [process.execPath]).match(/(\/\S+\/libc\.so\.6)/)?.[1] ?? '');
  for (const name of ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2']) {
    if (existsSync(join(resolvers, name))) copy(join(resolvers, name), join(resolvers, name).slice(1));
  }
  copy(busybox, 'bin/busybox');
  for (const name of [
    'sh',
    'cat',
    'chmod',
    'chown',
    'cp',
    'env',
    'grep',
    'id',
    'ln',
    'ls',
    'mkdir',
    'rm',
    'test',
    '[',
  ]) {
    symlinkSync('busybox', join(base, 'bin', name));
  }
  symlinkSync('../../bin/busybox', join(base, 'usr/bin/env'));
  const npm = dirname(
    dirname(realpathSync(process.env.npm_execpath ?? fail('is run by npm: npm run test:containers'))),
  );
  cpSync(npm, join(base, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(base, 'usr/local/bin/npm'));
  writeFileSync(join(base, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(base, 'etc/group'), 'root:x:0:\n');
  const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin'];
  const trusted = [process.env.NODE_EXTRA_CA_CERTS, '/etc/ssl/certs/ca-certificates.crt'].find(
    (file) => file !== undefined && existsSync(file),
  ); // whom this machine trusts: what packages come by may be its own
  if (trusted !== undefined) {
    copy(trusted, 'etc/ssl/extra.pem');
    changes.push('ENV NODE_EXTRA_CA_CERTS=/etc/ssl/extra.pem');
  }
  const archive = join(folder, 'base.tar');
  read('tar', ['-C', base, '-cf', archive, '.']);
  read('docker', ['import', ...changes.flatMap((change) => ['--change', change]), archive, reference], env);
  read('docker', ['push', '--quiet', reference], env);
  rmSync(archive);
}

/**
 * Debian with the Node of the other base, for what is installed from Debian itself.
 * @param {string} reference
 * @param {string} mmdebstrap
 * @param {NodeJS.ProcessEnv} env
 */
function makeDebianBase(reference, mmdebstrap, env) {
  const archive = join(folder, 'debian.tar');
  const [, codename = 'stable'] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  read(mmdebstrap, ['--variant=minbase', '--include=ca-certificates', codename, archive]);
  read('docker', ['import', archive, 'debian:0'], env);
  rmSync(archive);
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  const trusted = existsSync(join(folder, 'base/etc/ssl/extra.pem'));
  writeFileSync(
    join(folder, 'base/Dockerfile'),
    `FROM debian:0
COPY usr/local/ /usr/local/
COPY etc/ssl/ /tmp/ssl/
RUN if [ -f /tmp/ssl/extra.pem ]; then cat /tmp/ssl/extra.pem >> ${bundle}; fi; rm -rf /tmp/ssl
ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
${trusted ? `ENV NODE_EXTRA_CA_CERTS=${bundle} PIP_CERT=${bundle} SSL_CERT_FILE=${bundle}` : ''}
`,
  );
  read('docker', ['build', '--quiet', '--tag', reference, join(folder, 'base')], env);
  read('docker', ['push', '--quiet', reference], env);
}

/**
 * What a program prints; it has to end well.
 * @param {string} program
 * @param {readonly string[]} words
 * @param {NodeJS.ProcessEnv} [env]
 */
function read(program, words, env = process.env) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', env, maxBuffer: 2 ** 28 });
  if (status === 0) return stdout;
  throw new Error(`${program} ${words.join(' ')} failed: ${error?.message ?? stderr}`);
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : fail('found no free port');
}

/** Ends what was started, in the opposite order, and unmounts what is left before the folder goes. */
async function tidyUp() {
  for (const child of started.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(timer);
  }
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse())
    spawnSync('umount', ['-l', mount]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  throw new Error(`${purpose} ${message}`);
}
