/** Knows where the sockets of running servers lie: in a folder that only their user can reach. */
import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceError } from '../../errors.ts';

/** The places of one home's servers. */
export interface RunFolder {
  /**
   * A place for the socket of one more server; the folder is made if it is missing.
   * @throws ServiceError `CONTROL_UNAVAILABLE`.
   */
  create(port: number): SocketPlace;
  /**
   * What looks like the socket of a server.
   * @throws ServiceError `CONTROL_UNAVAILABLE` if somebody else could have put it there.
   */
  list(): readonly SocketPlace[];
}

/** One socket. */
export interface SocketPlace {
  /** What a client connects to. */
  readonly path: string;
  /** Where it is made before it gets that name; the same where sockets are no files. */
  readonly temporary: string;
  /** The port that its server serves. */
  readonly port: number;
  /** Whether nobody but a server on this machine can have made it. */
  readonly isLocal: boolean;
}

// sockaddr_un has 108 bytes on Linux, 104 on macOS and the BSDs, the last one a NUL: unix(7), unix(4).
const longestPathBytes = process.platform === 'linux' ? 107 : 103;
const namePattern = /^([0-9a-f]{6})-(\d{1,5})-[0-9a-f]{8}\.sock$/;
const longestName = `${'0'.repeat(6)}-65535-${'0'.repeat(8)}.sock`;

/** The run folder of a home; nothing is read or made yet. */
export function openRunFolder(home: string): RunFolder {
  return process.platform === 'win32' ? pipes(home) : sockets(home);
}

function sockets(home: string): RunFolder {
  const folder = shortEnough(home);
  return {
    create(port) {
      make(home, folder);
      checkOwner(folder);
      // By machine, for homes on a shared disk; by chance, for containers that share one and all have the process id 1.
      const name = `${machineTag()}-${port}-${randomBytes(4).toString('hex')}.sock`;
      return toPlace(folder, name, port, true);
    },
    list() {
      if (!checkOwner(folder)) return [];
      return readdirSync(folder).flatMap((name) => {
        const [, machine, port] = namePattern.exec(name) ?? [];
        return machine === undefined ? [] : [toPlace(folder, name, Number(port), machine === machineTag())];
      });
    },
  };
}

/** Named pipes lie in one list for the whole system, where the name alone says whose they are. */
function pipes(home: string): RunFolder {
  const prefix = `bentots-${hash(home.toLowerCase(), 16)}-`;
  const list = '\\\\.\\pipe\\';
  const toPipe = (name: string, port: number) => ({ path: list + name, temporary: list + name, port, isLocal: true });
  return {
    create: (port) => toPipe(`${prefix}${port}-${randomBytes(4).toString('hex')}`, port),
    list: () =>
      readdirSync(list)
        .filter((name) => name.startsWith(prefix))
        .map((name) => toPipe(name, Number(name.slice(prefix.length).split('-')[0]))),
  };
}

function toPlace(folder: string, name: string, port: number, isLocal: boolean): SocketPlace {
  const path = join(folder, name);
  return { path, temporary: path.replace(/sock$/, 'new'), port, isLocal };
}

function shortEnough(home: string): string {
  const inHome = join(home, 'run');
  if (fits(inHome)) return inHome;
  return join(tmpdir(), `bentots-${process.getuid?.()}-${hash(home, 8)}`);
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, longestName)) <= longestPathBytes;
}

function make(home: string, folder: string): void {
  if (!fits(folder))
    throw refuse(folder, 'its path is too long for a socket; set BENTOML_HOME or TMPDIR to a shorter one');
  for (const one of folder.startsWith(home) ? [home, folder] : [folder]) {
    try {
      mkdirSync(one, one === home ? { recursive: true } : { mode: 0o700 });
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException; // what file operations throw
      if (code !== 'EEXIST' || one === home) throw refuse(folder, `it cannot be made (${message})`, cause);
    }
  }
}

/** Gives false if there is no folder. */
function checkOwner(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats) return false;
  if (!stats.isDirectory()) throw refuse(folder, 'it is a link or a file; remove it');
  const user = process.getuid?.();
  if (stats.uid !== user) {
    throw refuse(
      folder,
      `it belongs to user ${stats.uid}, and this is user ${user}; set BENTOML_HOME to a folder of your own`,
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    throw refuse(folder, `others can reach it (mode ${(stats.mode & 0o777).toString(8)}); run: chmod 700 ${folder}`);
  }
  return true;
}

function refuse(folder: string, problem: string, cause?: unknown): ServiceError {
  return new ServiceError('CONTROL_UNAVAILABLE', { folder, problem }, { cause });
}

function machineTag(): string {
  return hash(hostname(), 6);
}

function hash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
