/** Says how pnpm and yarn are run to install what a lockfile says, also for another machine than this one. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Environment } from '../../config/expand-path.ts';
import type { LockedInstall } from '../builder.ts';

/** How one is run. */
export interface ManagerRun {
  readonly program: 'pnpm' | 'yarn';
  /** Versions that will do begin so: `10`, or all of `10.4.1`. */
  readonly version: string;
  /** Package of npm that brings it, with its version. */
  readonly source: string;
  readonly words: readonly string[];
  readonly environment: Environment;
  /** Where it is run, from the folder of the lockfile. */
  readonly folder: string;
  /** File beside the lockfile that says for which machines packages are fetched, and the keys that lead there. */
  readonly settings: readonly [file: string, ...keys: string[]] | undefined;
}

/** What machine packages are for, as npm names it. */
export interface Machine {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string;
}

/** @param isCrossing whether they are for another machine: nothing is run then. */
export function toManagerRun({ manager, project }: LockedInstall, version: string, isCrossing: boolean): ManagerRun {
  if (manager === 'pnpm') {
    const filter = project === '' ? [] : ['--filter', `{./${project}}...`];
    // Without links between packages, of which the images of other builders have some that only their pnpm knows.
    const linker = ['--config.node-linker=hoisted', '--config.manage-package-manager-versions=false'];
    const scripts = isCrossing ? ['--ignore-scripts'] : [];
    return {
      program: 'pnpm',
      version,
      source: `pnpm@${version}`,
      words: [
        'install',
        '--frozen-lockfile',
        '--prod',
        ...filter,
        ...linker,
        '--package-import-method',
        'copy',
        ...scripts,
      ],
      environment: { CI: '1' },
      folder: '',
      settings: isOlderPnpm(version)
        ? ['package.json', 'pnpm', 'supportedArchitectures']
        : ['pnpm-workspace.yaml', 'supportedArchitectures'],
    };
  }
  if (/^1(?:\.|$)/.test(version)) {
    const foreign = isCrossing ? ['--ignore-scripts', '--ignore-platform'] : [];
    return {
      program: 'yarn',
      version,
      source: `yarn@${version}`,
      words: ['install', '--frozen-lockfile', '--production', '--non-interactive', ...foreign],
      environment: {},
      folder: '',
      settings: undefined, // it takes all of them, or those of this machine
    };
  }
  return {
    program: 'yarn',
    version,
    source: `@yarnpkg/cli-dist@${version}`,
    words: ['workspaces', 'focus', '--production'],
    environment: {
      YARN_NODE_LINKER: 'node-modules',
      YARN_ENABLE_TELEMETRY: '0',
      ...(isCrossing ? { YARN_ENABLE_SCRIPTS: '0' } : {}),
    },
    folder: project,
    settings: ['.yarnrc.yml', 'supportedArchitectures'],
  };
}

/** Before 10 there was no file for its settings in a project that is no workspace. */
const isOlderPnpm = (version: string) => Number.parseInt(version, 10) < 10;

/** Lets the manager fetch what another machine needs. @param root folder of the lockfile. */
export async function writeMachine(
  root: string,
  [file, ...keys]: NonNullable<ManagerRun['settings']>,
  { os, cpu, libc }: Machine,
): Promise<void> {
  const path = join(root, file);
  const rows = (parse(await readFile(path, 'utf8').catch(() => '')) ?? {}) as Record<string, unknown>;
  let at = rows;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>; // made by the line above, or by its author
  }
  at[keys.at(-1) ?? ''] = { os: [os], cpu: [cpu], libc: [libc] };
  await writeFile(path, file.endsWith('.json') ? JSON.stringify(rows) : stringify(rows));
}

// What managers note for themselves, with times and paths of this machine.
const notes = [
  /(?:^|\/)node_modules\/(?:\.modules\.yaml|\.pnpm\/lock\.yaml|\.pnpm-workspace-state[\w-]*\.json)$/,
  /(?:^|\/)node_modules\/(?:\.yarn-integrity|\.yarn-state\.yml|\.package-map\.json)$/,
  /^env\/node\/\.yarn(?:\/|$)/,
];

/** Whether a file or a folder of an installation is of no use where the packages are used. */
export function isNote(path: string): boolean {
  return notes.some((pattern) => pattern.test(path));
}

/**
 * Which packages run scripts when they are installed.
 * @param root folder of the lockfile.
 */
export async function findScriptRule(
  { program, version }: ManagerRun,
  root: string,
): Promise<(name: string) => boolean> {
  if (program !== 'pnpm' || isOlderPnpm(version)) return () => true;
  // Of pnpm since version 10 only those that its user has allowed.
  const read = async (file: string) => parse(await readFile(join(root, file), 'utf8').catch(() => '')) ?? {};
  const { pnpm = {} } = await read('package.json');
  const {
    onlyBuiltDependencies: listed = [],
    allowBuilds = {},
    dangerouslyAllowAllBuilds: all,
  } = {
    ...pnpm,
    ...(await read('pnpm-workspace.yaml')),
  };
  return (name) => all === true || allowBuilds[name] === true || (Array.isArray(listed) && listed.includes(name));
}
