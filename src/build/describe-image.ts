/** Says which OCI image a bento is to be put into: what its configuration says, else what its service says. */
import { ServiceError } from '../errors.ts';
import { Image, type ImageData } from '../spec/image.ts';
import type { BuildSettings } from './build-settings.ts';

type Rows = Readonly<Record<string, unknown>>;

/**
 * BentoML's `docker` and `python` go over what the service says, key by key; `image` goes before all of it.
 * @param warn is told of what means nothing here.
 * @throws ServiceError `BUILD_FAILED`
 */
export function describeImage(
  { image, docker, python }: BuildSettings,
  ofService: ImageData | undefined,
  folder: string,
  warn: (message: string) => void,
): ImageData {
  if (image) return image;
  for (const key of ignored) {
    const [part, name = ''] = key.split('.');
    if (Object.hasOwn(part === 'docker' ? docker : python, name)) warn(`${key} is left out: it means nothing here`);
  }
  if (typeof docker.env === 'string')
    warn('docker.env is left out: write a map or a list there, not the name of a file');
  try {
    return merge(docker, python, ofService);
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    throw new ServiceError('BUILD_FAILED', { folder, problem: `docker or python: ${cause.message}` }, { cause });
  }
}

const ignored = [
  'docker.python_version', 'docker.dockerfile_template', 'python.pip_args', 'python.wheels', 'python.is_src_layout',
  'python.pack_git_packages', 'python.lock_packages', 'python.no_index',
]; // biome-ignore format: a list reads as a list

function merge(docker: Rows, python: Rows, ofService: ImageData | undefined): ImageData {
  const { steps = [], env = {}, labels = {}, ...base } = ofService ?? {};
  const { base_image, distro, cuda_version, system_packages, setup_script } = docker;
  const own = {
    ...(base_image === undefined ? {} : { base: base_image }),
    ...(distro === undefined ? {} : { distro: distro === 'ubi8' ? 'ubi' : distro }),
    ...(cuda_version === undefined ? {} : { cuda: cuda_version }),
  };
  // Another base has neither the Node nor the CUDA of the one before.
  const onto = base_image === undefined ? { ...base, ...own } : own;
  const pythonPackages = [
    ...listOf(python.index_url).map((url) => `--index-url ${url}`),
    ...listOf(python.extra_index_url).map((url) => `--extra-index-url ${url}`),
    ...listOf(python.trusted_host).map((host) => `--trusted-host ${host}`),
    ...listOf(python.find_links).map((url) => `--find-links ${url}`),
    ...listOf(python.packages),
  ];
  const packages = listOf(system_packages);
  const at = steps.findIndex(({ kind }) => kind === 'install');
  const install = steps[at];
  const { npmPackages = [], pythonPackages: more = [] } = install?.kind === 'install' ? install : {};
  const described = {
    ...onto,
    steps: [
      ...steps.slice(0, Math.max(0, at)),
      ...(packages.length > 0 ? [{ kind: 'systemPackages', packages }] : []),
      { kind: 'install', npmPackages, pythonPackages: [...more, ...pythonPackages] },
      ...steps.slice(at + 1),
      ...(setup_script === undefined ? [] : [{ kind: 'runScript', path: String(setup_script) }]),
    ],
    env: { ...env, ...toEnv(docker.env) },
    labels,
  };
  return Image.from(described).toData();
}

function listOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map(String);
}

/** A list of `NAME=value`, or a map. */
function toEnv(value: unknown): Readonly<Record<string, string>> {
  if (typeof value === 'string') return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
  }
  const pairs = listOf(value).map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
  return Object.fromEntries(pairs) as Readonly<Record<string, string>>; // two texts each
}
