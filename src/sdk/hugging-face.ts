/** `huggingFace`: a model of the hub of Hugging Face, or of a server that speaks as it does. */
import { createHash } from 'node:crypto';
import { findHub } from '../config/hub.ts';
import type { ModelInfo } from '../spec/service-spec.ts';
import { createFileFilter, type FileChoice } from '../store/hub/file-pattern.ts';
import { findSnapshot, pathOfSnapshot } from '../store/hub/find-snapshot.ts';
import type { HubModel } from '../store/hub/hub-model.ts';
import type { BentoModelEntry, ModelRef, ModelRefKind } from './model-ref.ts';

/** What of a model of the hub is wanted. */
export interface HuggingFaceOptions {
  /** A branch, a tag or a commit. A bento keeps the commit that it means when it is built. @default 'main' */
  readonly revision?: string;
  /** Patterns of the files that are wanted, for example `onnx/*`; a star stands for slashes, too. @default all */
  readonly include?: readonly string[];
  /** Patterns of files that are not wanted, also where they fit `include`. @default none */
  readonly exclude?: readonly string[];
  /**
   * Address of the hub. `HF_TOKEN` is sent to the hub of the environment only, and not to another one that is named here.
   * @default `HF_ENDPOINT`, else `https://huggingface.co`
   */
  readonly endpoint?: string;
}

/**
 * A model of the hub. It is fetched before the first worker starts, into the cache that Hugging Face's own programs have,
 * and needs the package `@huggingface/hub`.
 *
 * @param modelId `org/name`, as the hub writes it.
 * @example
 * ```ts
 * @model(huggingFace('Xenova/all-MiniLM-L6-v2', { include: ['*.json', 'onnx/*'] })) weights!: string; // a folder
 * ```
 * @throws TypeError if the name or an option is wrong.
 */
export function huggingFace(modelId: string, options: HuggingFaceOptions = {}): ModelRef<string> {
  const asked = readOptions(modelId, options);
  const info = toInfo(asked);
  return {
    toInfo: () => info,
    fromInfo,
    find: ({ models }) => findSnapshot(asked, models),
    async resolve(place) {
      const { fetchSnapshot } = await import('../store/hub/fetch-snapshot.ts');
      return fetchSnapshot(asked, place);
    },
    async pin(place) {
      const { pinCommit } = await import('../store/hub/fetch-snapshot.ts');
      const { commit, lastModified } = await pinCommit(asked, place);
      return { ...info, revision: commit, lastModified };
    },
  };
}

/** Makes references to models of the hub again from their plain data. */
export const huggingFaceKind: ModelRefKind<string> = {
  kind: 'huggingFace',
  fromInfo,
  toEntry,
  pathInBento,
  fileFilter: (pinned) => createFileFilter(pinned as FileChoice), // pinned by this kind
};

// https://huggingface.co/docs/hub/repositories-next-steps, and what its programs refuse: `--` stands for the slash in folders.
const idPattern = /^(?:[A-Za-z0-9][\w.-]{0,95}\/)?[A-Za-z0-9][\w.-]{0,95}$/;
// As git, less what a file of that name in the cache could do: https://git-scm.com/docs/git-check-ref-format
const revisionPattern = /^[\w][\w.+-]*(?:\/[\w][\w.+-]*)*$/;

function readOptions(modelId: string, options: HuggingFaceOptions): HubModel {
  const { revision = 'main', include, exclude, endpoint } = options;
  if (typeof modelId !== 'string' || !idPattern.test(modelId) || /--|\.\.|[.-](?:\/|$)/.test(modelId))
    throw new TypeError(`huggingFace: ${JSON.stringify(modelId)} is no name of a model; write org/name`);
  if (typeof revision !== 'string' || !revisionPattern.test(revision) || revision.length > 200)
    throw new TypeError(`huggingFace: ${JSON.stringify(revision)} is no branch, tag or commit`);
  for (const [name, patterns] of Object.entries({ include, exclude })) {
    const isRight = patterns === undefined || (Array.isArray(patterns) && patterns.every(isText));
    if (!isRight) throw new TypeError(`huggingFace: ${name} must be a list of patterns, for example ["*.json"]`);
  }
  if (endpoint !== undefined && !/^https?:\/\/[^\s/?#@][^\s?#@]*$/.test(endpoint))
    throw new TypeError(`huggingFace: the endpoint ${JSON.stringify(endpoint)} must be an http or https address`);
  return { modelId, revision, include, exclude, endpoint: endpoint?.replace(/\/+$/, '') };
}

const isText = (value: unknown) => typeof value === 'string';

function toInfo({ modelId, revision, include, exclude, endpoint }: HubModel): ModelInfo {
  return {
    kind: 'huggingFace',
    modelId,
    revision,
    ...(include ? { include } : {}),
    ...(exclude ? { exclude } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

function fromInfo(info: ModelInfo): ModelRef<string> {
  if (info.kind !== 'huggingFace') throw new TypeError('huggingFace: the reference is of another kind');
  const { modelId, revision, include, exclude, endpoint } = info as Partial<HubModel>; // checked by the next line
  return huggingFace(modelId as string, {
    ...(revision === undefined ? {} : { revision }),
    ...(include ? { include } : {}),
    ...(exclude ? { exclude } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

/** As BentoML writes it, whose version of the tag is made of what is wanted, not of what is in the files. */
function toEntry(pinned: ModelInfo): BentoModelEntry {
  const {
    modelId,
    revision,
    include = null,
    exclude = null,
    endpoint = findHub().endpoint,
  } = pinned as unknown as HubModel; // pinned by this kind
  const metadata = { endpoint, exclude, include, model_id: modelId, revision }; // sorted by their names
  const version = createHash('md5')
    .update(toAscii(JSON.stringify({ ...metadata, model_id: modelId.toLowerCase() })))
    .digest('hex');
  return {
    tag: `${toTagName(modelId)}:${version}`,
    module: null,
    creation_time: String(pinned.lastModified).replace('Z', '000+00:00'),
    registry: 'huggingface',
    metadata,
  };
}

function pathInBento(pinned: ModelInfo): string {
  return pathOfSnapshot(String(pinned.modelId), String(pinned.revision));
}

const longestName = 63; // of a tag

/** A name that is too long for a tag ends with what tells it from others that begin alike. */
function toTagName(modelId: string): string {
  const name = modelId.toLowerCase().replace('/', '--');
  if (name.length <= longestName) return name;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, longestName - mark.length - 1)}-${mark}`;
}

function toAscii(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
