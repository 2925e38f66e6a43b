/** The commands that install the packages of a bento where its OCI image is made, in the words of a shell. */
import { quoteForShell } from '../spec/image-info.ts';
import type { LockedInstall } from './builder.ts';

/** What is installed. */
export interface InstallPlan {
  /** Undefined where nothing is locked. */
  readonly locked: LockedInstall | undefined;
  /** Version of the manager, such as `10` or `10.4.1`, where it is not the one that comes with Node. */
  readonly managerVersion: string | undefined;
  /** Whether there is a manifest that asks for packages, although none are locked. */
  readonly isUnlocked: boolean;
  /** Names with or without a version, beside those of the project. */
  readonly extra: readonly string[];
}

/** One command, and the folder that it keeps for the next time. */
export interface Install {
  readonly command: string;
  readonly cache: string;
}

const quiet = '--no-audit --no-fund --no-update-notifier';
const lean = 'NODE_DISABLE_COMPILE_CACHE=1'; // npm would leave 1.4 MB in the layer
const cache = '/root/.npm'; // also of what npm itself has to fetch to run another manager

/** Commands to be run in the folder of the bento, in their order. */
export function toInstalls({ locked, managerVersion = 'latest', isUnlocked, extra }: InstallPlan): readonly Install[] {
  const installs: Install[] = [];
  const project = locked?.project ?? '';
  const inside = (command: string) => `cd env/node && ${command}`;
  const npm = (words: string) => inside(`${lean} npm ${words} --omit=dev ${quiet} --cache ${cache}`);
  const only = project === '' ? '' : ` --workspace ${quoteForShell(project)}`;
  const fetched = (program: string) => `${lean} npm exec --yes --cache ${cache} --package ${quoteForShell(program)} --`;
  switch (locked?.manager) {
    case undefined:
      if (isUnlocked) installs.push({ command: npm('install --no-package-lock'), cache });
      break;
    case 'pnpm': {
      const filter = project === '' ? '' : ` --filter ${quoteForShell(`{./${project}}...`)}`;
      const words = `install --frozen-lockfile --prod${filter} --store-dir /root/.npm/pnpm --package-import-method copy`;
      installs.push({ command: inside(`CI=1 ${fetched(`pnpm@${managerVersion}`)} pnpm ${words}`), cache });
      break;
    }
    case 'yarn': {
      const isFirst = /^1(?:\.|$)/.test(managerVersion);
      const program = isFirst ? `yarn@${managerVersion}` : `@yarnpkg/cli-dist@${managerVersion}`;
      const words = isFirst
        ? 'install --frozen-lockfile --production --non-interactive'
        : 'workspaces focus --production';
      const places = isFirst ? 'YARN_CACHE_FOLDER' : 'YARN_NODE_LINKER=node-modules YARN_GLOBAL_FOLDER';
      const at = isFirst || project === '' ? '' : `cd ${quoteForShell(project)} && `;
      installs.push({ command: inside(`${at}${places}=${cache}/yarn ${fetched(program)} yarn ${words}`), cache });
      break;
    }
    default:
      installs.push({ command: npm(`ci${only}`), cache });
  }
  if (extra.length > 0) {
    // Beside the code, where they go before those of the lockfile: no manager takes away what another has installed.
    const packages = extra.map(quoteForShell).join(' ');
    const words = `install --no-save --no-package-lock --prefix . --omit=dev ${quiet} --cache ${cache}`;
    installs.push({ command: `${lean} npm ${words} ${packages}`, cache });
  }
  return installs;
}
