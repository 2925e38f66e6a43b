/** Takes out of manifests and lockfiles what an OCI image brings itself or cannot do while it is made. */
import { parse, stringify } from 'yaml';

type Rows = Record<string, unknown>;

const own = 'bentots';
const lists = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

// What npm runs in the project itself when it installs, though nothing but manifests is there.
const ownScripts = ['preinstall', 'install', 'postinstall'];
const preparing = ['prepare', 'preprepare', 'postprepare', 'prepublish'];

/** A `package.json`, edited. */
export interface EditedManifest {
  readonly text: string;
  /** Whether it asks for packages. */
  readonly hasPackages: boolean;
  /** Names of scripts that would have changed what is installed, and are not run. */
  readonly skipped: readonly string[];
}

export function editManifest(text: string): EditedManifest {
  const rows = JSON.parse(text) as Rows;
  dropOwn(rows);
  const scripts = isRows(rows.scripts) ? rows.scripts : {};
  const skipped = ownScripts.filter((name) => Object.hasOwn(scripts, name));
  for (const name of [...ownScripts, ...preparing]) delete scripts[name];
  const hasPackages = ['dependencies', 'optionalDependencies'].some((list) => Object.keys(rows[list] ?? {}).length > 0);
  return { text: `${JSON.stringify(rows, null, 2)}\n`, hasPackages, skipped };
}

/** A lockfile that says the same as the edited manifests; what nothing asks for any longer is not installed. */
export function editLockfile(name: string, text: string): string {
  if (name.endsWith('.json')) {
    const rows = JSON.parse(text) as Rows;
    for (const [path, entry] of Object.entries(isRows(rows.packages) ? rows.packages : {})) {
      if (!/(?:^|\/)node_modules\//.test(path) && isRows(entry)) dropOwn(entry);
    }
    return `${JSON.stringify(rows, null, 2)}\n`;
  }
  if (name !== 'pnpm-lock.yaml') return text; // yarn takes a lockfile that has more
  const rows = parse(text) as Rows;
  for (const importer of [rows, ...Object.values(isRows(rows.importers) ? rows.importers : {})]) {
    if (isRows(importer)) dropOwn(importer);
  }
  return stringify(rows);
}

/** Without the files that they name, which are not there. */
export function editYarnSettings(text: string): string {
  const { yarnPath: _, plugins: __, ...rows } = (parse(text) ?? {}) as Rows;
  return stringify(rows);
}

/** Version of the manager: what the manifest says, else the one that wrote such a lockfile. */
export function managerVersionOf(manager: string, manifest: string, lockfile: string): string | undefined {
  if (manager === 'npm') return undefined; // the one that Node brings
  const { packageManager } = JSON.parse(manifest) as { readonly packageManager?: unknown };
  const [, name, version] = /^([a-z]+)@([\w.-]+)/.exec(String(packageManager)) ?? [];
  if (name === manager && !/^[23]\./.test(version ?? '')) return version; // those of Yarn leave nothing out without a plugin
  if (manager === 'yarn') return /^# yarn lockfile v1$/m.test(lockfile) ? '1' : '4';
  const [, form = '9'] = /^lockfileVersion: '?(\d+)/m.exec(lockfile) ?? [];
  return Number(form) >= 9 ? '10' : form === '6' ? '8' : '7';
}

function dropOwn(rows: Rows): void {
  for (const list of lists) {
    const entries = rows[list];
    if (!isRows(entries)) continue;
    delete entries[own];
    if (Object.keys(entries).length === 0) delete rows[list];
  }
}

const isRows = (value: unknown): value is Rows => typeof value === 'object' && value !== null && !Array.isArray(value);
