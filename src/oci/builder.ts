/** What every way of making OCI images has in common: docker and its like, and our own. */
import type { Environment } from '../config/expand-path.ts';
import type { ImageData } from '../spec/image.ts';

/** One way of making OCI images. */
export interface Builder {
  /** What users call it. */
  readonly name: string;
  /** Why it cannot build here and now, as a clause that says what to do; undefined if it can. */
  findProblem(environment: Environment): Promise<string | undefined>;
  /**
   * Makes the image whole or not at all.
   * @throws ServiceError `IMAGE_FAILED`, `OPTION_INVALID` for what it cannot do, and the reason of the signal.
   */
  build(request: ImageRequest): Promise<BuiltImage>;
}

/** What is made, and how. */
export interface ImageRequest {
  readonly source: ImageSource;
  /** References that it gets, one at least. */
  readonly references: readonly string[];
  /** Such as `linux/amd64`; empty for that of the machine that builds. */
  readonly platforms: readonly string[];
  /** Whether it goes to the registries of its references. */
  readonly isPushed: boolean;
  readonly progress: Progress;
  /** Whether the builder runs as root, by sudo. */
  readonly isRoot: boolean;
  /** Environment of the builder. */
  readonly environment: Environment;
  /** How long it may take. */
  readonly timeoutMs: number;
  /** What the builder alone understands: of `--name value` each value, by the name; empty for one without a value. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** Values of the variables of stage `build`. No message and no file that stays may have them. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Folder for what is there only while the image is made, for nobody else to read; removed by the caller. */
  readonly scratch: string;
  /** Another one for files with secrets; builders read its path in a list, so that it has no comma. */
  readonly secretScratch: string;
  readonly signal: AbortSignal;
  /** Is told what the builder prints; where nobody is, it goes to standard error as it is. */
  readonly onOutput: ((text: string) => void) | undefined;
  /** Is told how what our own builder fetches and sends goes on. */
  onProgress(progress: ImageProgress): void;
  warn(message: string): void;
}

/** How much of what is fetched or sent is there. */
export interface ImageProgress {
  /** Reference of the base, or of what is pushed. */
  readonly what: string;
  readonly bytes: number;
  readonly totalBytes: number;
  /** How many layers are there, for people: `3 of 9 layers`. */
  readonly detail: string;
}

/** How the builder tells what it does. */
export type Progress = 'auto' | 'tty' | 'plain' | 'quiet';

/** An OCI image that was made. */
export interface BuiltImage {
  readonly references: readonly string[];
  /** Of the manifest or the configuration, as the builder says it; undefined where it says none. */
  readonly digest: string | undefined;
  /** Absolute path of the file or folder that it was written to; undefined where the builder keeps it, or it was pushed. */
  readonly place?: string | undefined;
}

/** A bento, as far as an OCI image is made of it. */
export interface ImageSource {
  /** Tag of the bento. */
  readonly tag: string;
  /** Absolute folder of the bento. */
  readonly folder: string;
  readonly image: ImageData;
  /** Version of the Node that built the bento, for where the image says none. */
  readonly nodeMajor: number;
  /** Where the build has put scripts of the image, from the folder, by their path in the project. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly variables: readonly ImageVariable[];
  /** How the packages are installed from `env/node`; undefined where none are locked. */
  readonly packages: LockedInstall | undefined;
  /** Folders with models, from the folder, with slashes: each is a layer of its own. */
  readonly models: readonly string[];
  /** Absolute folder of the bentots that serves it there: the copy that makes the image. */
  readonly bentots: string;
}

/** An environment variable of a bento. */
export interface ImageVariable {
  readonly name: string;
  readonly value: string;
  readonly stage: 'all' | 'build' | 'runtime';
  readonly isSecret: boolean;
}

/** An installation by a lockfile. */
export interface LockedInstall {
  readonly manager: string;
  readonly lockfile: string;
  /** From the folder of the lockfile, with slashes; empty if it is that one. */
  readonly project: string;
}
