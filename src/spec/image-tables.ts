/** Which base an OCI image starts from: distributions, versions of Node and of CUDA, as tables. */

/** Versions of Node that bentots runs on and that have base images. */
export const nodeVersions = [22, 24, 26] as const;

export type NodeVersion = (typeof nodeVersions)[number];

export type Distro = 'debian' | 'alpine' | 'ubi' | 'amazonlinux';

/** One distribution. */
export interface DistroRow {
  /** What the base is called; where it brings no Node, a builder puts that in. */
  base(node: NodeVersion): string;
  readonly hasNode: boolean;
  readonly nodeVersions: readonly NodeVersion[];
  /** The base with CUDA and cuDNN, where there is one; no such base brings Node. */
  readonly cudaBase?: (cuda: string) => string;
  readonly platforms: readonly string[];
  readonly cudaPlatforms: readonly string[];
  /** A command that installs packages, which come behind it, and what ends the command. */
  readonly install: readonly [command: string, end: string];
}

// Bases of NVIDIA have the version of cuDNN in their name until 12.1, and not from 12.6 on.
const cudnnOf = (cuda: string) => (/^12\.(?:[6-9]|\d\d)\./.test(cuda) ? 'cudnn' : 'cudnn8');

export const distros: Readonly<Record<Distro, DistroRow>> = {
  debian: {
    base: (node) => `node:${node}-slim`,
    hasNode: true,
    nodeVersions,
    cudaBase: (cuda) =>
      `nvidia/cuda:${cuda}-${cudnnOf(cuda)}-runtime-${cudnnOf(cuda) === 'cudnn' ? 'ubuntu24.04' : 'ubuntu22.04'}`,
    platforms: ['linux/amd64', 'linux/arm64', 'linux/ppc64le', 'linux/s390x'],
    cudaPlatforms: ['linux/amd64', 'linux/arm64'],
    install: [
      'apt-get update -q && apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef',
      '&& rm -rf /var/lib/apt/lists/*',
    ],
  },
  alpine: {
    base: (node) => `node:${node}-alpine`,
    hasNode: true,
    nodeVersions,
    platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'],
    cudaPlatforms: [],
    install: ['apk add --no-cache', ''],
  },
  ubi: {
    base: (node) => `registry.access.redhat.com/ubi9/nodejs-${node}:latest`,
    hasNode: true,
    nodeVersions: [22, 24], // Red Hat follows with those that are supported for long
    cudaBase: (cuda) => `nvidia/cuda:${cuda}-${cudnnOf(cuda)}-runtime-ubi8`,
    platforms: ['linux/amd64', 'linux/arm64', 'linux/ppc64le', 'linux/s390x'],
    cudaPlatforms: ['linux/amd64', 'linux/arm64'],
    install: ['dnf install -y', '&& dnf clean all'],
  },
  amazonlinux: {
    base: () => 'public.ecr.aws/amazonlinux/amazonlinux:2023',
    hasNode: false,
    nodeVersions,
    platforms: ['linux/amd64', 'linux/arm64'],
    cudaPlatforms: [],
    install: ['dnf install -y', '&& dnf clean all'],
  },
};

export const distroNames: readonly Distro[] = ['debian', 'alpine', 'ubi', 'amazonlinux'];

/** Versions of CUDA with a base, the newest first, as the Python original has them. */
const cudaVersions: readonly string[] = [
  '12.8.1', '12.8.0', '12.6.3', '12.6.2', '12.6.1', '12.6.0', '12.1.1', '12.1.0', '12.0.1', '12.0.0',
  '11.8.0', '11.7.1', '11.6.2', '11.4.3', '11.2.2',
]; // biome-ignore format: a list reads as a list

/** The newest version that begins so: `12` and `12.8` are `12.8.1`, `11` is `11.8.0`; undefined where none does. */
export function findCuda(text: string): string | undefined {
  if (text === 'default') return cudaVersions[0];
  return cudaVersions.find((version) => version === text || version.startsWith(`${text}.`));
}

/** What may be written for a version of CUDA. */
export const cudaWanted = `one of ${cudaVersions.join(', ')}, or the beginning of one, such as 12 or 12.6`;
