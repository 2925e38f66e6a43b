/** Where things lie in an OCI image of a bento, as whom it runs, and what it starts: the same whoever makes it. */
import type { ImageSource } from './builder.ts';

export const imageLayout = {
  home: '/home/bentoml',
  /** The bento, as it lies in a store. */
  bento: '/home/bentoml/bento',
  /** The bentots that serves it, with the packages that it needs. */
  bentots: '/opt/bentots',
  /** Python packages of a server that is wrapped. */
  python: '/app/.venv',
  /** Where the build finds secrets, one file each. */
  secrets: '/run/secrets',
  port: 3000,
} as const;

/** As whom it runs: the user of BentoML's images, too, so that volumes fit both. */
export const imageUser = { name: 'bentoml', id: 1034 } as const;

/** Environment variables of the container that are ours. */
export const ownVariables: Readonly<Record<string, string>> = {
  LANG: 'C.UTF-8',
  NODE_ENV: 'production',
  BENTO_PATH: imageLayout.bento,
  BENTOML_HOME: imageLayout.home,
  BENTOML_HOST: '0.0.0.0', // a container has a network of its own
  BENTOML_CONTAINERIZED: 'true',
};

/** Those of its author; what holds while it runs only, and secrets, are left to whoever runs it. */
export function authorVariables({ image, variables }: ImageSource): Readonly<Record<string, string>> {
  const always = variables.filter(({ stage, isSecret }) => stage === 'all' && !isSecret);
  return { ...image.env, ...Object.fromEntries(always.map(({ name, value }) => [name, value])) };
}

/** Names of variables whose values the build gets and the OCI image does not. */
export function buildSecrets({ variables }: Pick<ImageSource, 'variables'>): readonly string[] {
  return variables.filter(({ stage, isSecret }) => stage === 'build' || (isSecret && stage === 'all')).map(nameOf);
}

const nameOf = ({ name }: { readonly name: string }) => name;

/** Labels of the OCI image: https://specs.opencontainers.org/image-spec/annotations/ */
export function labelsOf({ image, tag }: ImageSource): Readonly<Record<string, string>> {
  const [name = '', version = ''] = tag.split(':');
  return { 'org.opencontainers.image.title': name, 'org.opencontainers.image.version': version, ...image.labels };
}

/** Folder of the packages of the bento, from its own. */
function packageFolder({ packages }: Pick<ImageSource, 'packages'>): string {
  return ['env/node', packages?.project ?? ''].filter((part) => part !== '').join('/');
}

/** Where `require` finds packages that bentots itself asks for: those that are installed by whoever needs them. */
export function nodePath(source: ImageSource): string {
  const folders = [...new Set(['env/node', packageFolder(source)])].reverse();
  return folders.map((folder) => `${imageLayout.bento}/${folder}/node_modules`).join(':');
}

/** Name of the file in the folder of bentots that a container starts. */
export const entrypointFile = 'entrypoint.sh';

/**
 * What it says, as BentoML's: without words or with flags the bento is served; anything else is run as it is. `exec`
 * leaves no shell between the container and the server, which gets every signal itself.
 */
export const entrypointText = `#!/bin/sh
set -eu
if [ -n "\${PORT:-}" ]; then export BENTOML_PORT="$PORT"; fi
case "\${1:-}" in
  '' | -*) set -- bento serve ${imageLayout.bento} "$@" ;;
  serve) shift; set -- bento serve ${imageLayout.bento} "$@" ;;
esac
exec "$@"
`;

/** What tells whether the service is ready, and how often it is asked. */
export const healthCheck = {
  command: [
    'node',
    '-e',
    `const { env } = process; fetch('http://127.0.0.1:' + (env.PORT || env.BENTOML_PORT || ${imageLayout.port}) + '/readyz')` +
      '.then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))',
  ],
  intervalMs: 10_000,
  timeoutMs: 5_000,
  /** Models may take their time to load; until then nobody counts. */
  startPeriodMs: 120_000,
  retries: 3,
} as const;
