/** Makes the files of a model of a hub present, in a folder on this machine. */
import { readFileSync } from 'node:fs';
import { findHub, type HubSettings } from '../../config/hub.ts';
import { inLanes } from '../../outbound/in-lanes.ts';
import { importPeer } from '../../peer.ts';
import { isSystemError } from '../store-error.ts';
import { type ModelCache, openModelCache } from './cache.ts';
import { downloadFile, type OpenFile } from './download-file.ts';
import { choose, findBrought, isFolder, missingFrom } from './find-snapshot.ts';
import { createApiFetch, endpointOf, type HubConnection, HubUnreachable } from './hub-fetch.ts';
import { type HubFile, type HubModel, HubRefusal, isCommit } from './hub-model.ts';
import { readListing } from './listing.ts';

const atOnce = 8; // as Hugging Face's library for Python

/** What fetching is told beside the model. */
export interface SnapshotPlace {
  /** Absolute folder of the models that a bento brings. */
  readonly models?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  onProgress?(progress: { readonly what: string; readonly bytes: number; readonly totalBytes: number }): void;
  onWarning?(message: string): void;
  /** Waits before a next try. @default by the clock */
  readonly pause?: HubConnection['pause'];
}

/** The commit that a revision means now. */
export interface PinnedCommit {
  readonly commit: string;
  /** ISO 8601. */
  readonly lastModified: string;
}

/** Asks the hub which commit a revision means; offline the cache. @throws Error with a sentence */
export async function pinCommit(model: HubModel, place: SnapshotPlace): Promise<PinnedCommit> {
  const settings = readSettings();
  const cache = openModelCache(settings.cacheFolder, model.modelId);
  const commit = isCommit(model.revision) ? model.revision : cache.commitOf(model.revision);
  const description = commit === undefined ? undefined : cache.describe(commit);
  if (commit !== undefined && (settings.isOffline || (description && isCommit(model.revision)))) {
    return { commit, lastModified: description?.lastModified ?? new Date(0).toISOString() };
  }
  if (settings.isOffline) throw offlineProblem(model, settings, `nothing says what ${model.revision} is`);
  return askCommit(connect(model, settings, place));
}

/**
 * Makes the files present and gives their folder. What is in the cache is not fetched again, and a commit that is there
 * as a whole needs no hub.
 * @throws Error with a sentence; ServiceError `PEER_MISSING`
 */
export async function fetchSnapshot(model: HubModel, place: SnapshotPlace): Promise<string> {
  const brought = findBrought(model, place.models);
  if (brought !== undefined) return brought;
  const settings = readSettings();
  const cache = openModelCache(settings.cacheFolder, model.modelId);
  try {
    return settings.isOffline ? findOffline(model, settings, cache) : await fetchMissing(model, settings, cache, place);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const remedy = 'make room or give the right to, or let BENTOML_HF_CACHE_DIR name another folder';
    throw new Error(`${model.modelId} cannot be kept in ${settings.cacheFolder}: ${error.message}; ${remedy}`, {
      cause: error,
    });
  }
}

async function fetchMissing(
  model: HubModel,
  settings: HubSettings,
  cache: ModelCache,
  place: SnapshotPlace,
): Promise<string> {
  const connection = connect(model, settings, place);
  const { commit, lastModified } = await currentCommit(connection, cache, place);
  let description = cache.describe(commit);
  if (!description) {
    const files = await listFiles(connection, commit);
    description = { files, lastModified: lastModified ?? (await askCommit(connection)).lastModified };
    await cache.noteDescription(commit, description);
  }
  const wanted = choose(description, model);
  await download(wanted, { commit, cache, connection, place });
  if (commit !== model.revision) await cache.noteCommit(model.revision, commit);
  return cache.snapshot(commit);
}

/** A hub that is out of order is no reason not to serve what is there. */
async function currentCommit(
  connection: HubConnection,
  cache: ModelCache,
  { onWarning }: SnapshotPlace,
): Promise<{ readonly commit: string; readonly lastModified?: string }> {
  const { model } = connection;
  if (isCommit(model.revision)) return { commit: model.revision };
  try {
    return await askCommit(connection);
  } catch (error) {
    const known = error instanceof HubUnreachable ? cache.commitOf(model.revision) : undefined;
    const description = known === undefined ? undefined : cache.describe(known);
    if (known === undefined || !description) throw error;
    if (missingFrom(cache, known, choose(description, model)).length > 0) throw error;
    onWarning?.(`${(error as Error).message}; ${model.modelId} is served as it was at ${known}, which is here`);
    return { commit: known };
  }
}

async function download(
  wanted: readonly HubFile[],
  {
    commit,
    cache,
    connection,
    place,
  }: {
    readonly commit: string;
    readonly cache: ModelCache;
    readonly connection: HubConnection;
    readonly place: SnapshotPlace;
  },
): Promise<void> {
  const missing = missingFrom(cache, commit, wanted);
  if (missing.length === 0) return;
  const { downloadFile: openBlob } = await loadLibrary();
  const { modelId } = connection.model;
  const totalBytes = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let bytes = totalBytes - missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const failed = new AbortController(); // the first failure ends the others
  const own: HubConnection = { ...connection, signal: AbortSignal.any([connection.signal, failed.signal]) };

  const fetchOne = async (file: HubFile): Promise<void> => {
    let before = 0;
    await downloadFile(file, cache.blobs, own, openFile, (now) => {
      bytes += now - before;
      before = now;
      place.onProgress?.({ what: modelId, bytes, totalBytes });
    });
    await cache.show(commit, file);
  };
  const openFile: OpenFile = async ({ path, sizeBytes, digest }, offset, fetchFile) => {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    // Where the library would ask for this first, and leave names as they are.
    const url = `${endpointOf(own)}/${modelId}/resolve/${commit}/${encoded}`;
    const downloadInfo = { size: sizeBytes, etag: digest, url };
    const blob = await openBlob({ repo: modelId, path, revision: commit, fetch: fetchFile, downloadInfo });
    if (!blob) throw new HubRefusal(`${path} of ${modelId} is no longer there`);
    return (offset === 0 ? blob : blob.slice(offset)).stream() as ReadableStream<Uint8Array>;
  };

  await inLanes(missing, atOnce, failed, fetchOne).finally(() => connection.signal.throwIfAborted());
}

function findOffline(model: HubModel, settings: HubSettings, cache: ModelCache): string {
  const commit = isCommit(model.revision) ? model.revision : cache.commitOf(model.revision);
  if (commit === undefined) throw offlineProblem(model, settings, `nothing says what ${model.revision} is`);
  const description = cache.describe(commit);
  // What another program fetched is believed to be whole, as by that program.
  if (!description && isFolder(cache.snapshot(commit))) return cache.snapshot(commit);
  if (!description) throw offlineProblem(model, settings, `there is nothing of ${commit}`);
  const [missing] = missingFrom(cache, commit, choose(description, model));
  if (missing) throw offlineProblem(model, settings, `${missing.path} is missing`);
  return cache.snapshot(commit);
}

function offlineProblem({ modelId }: HubModel, { cacheFolder }: HubSettings, problem: string): Error {
  const remedy = 'HF_HUB_OFFLINE forbids to fetch it; unset that, or bring the cache from a machine that has it';
  return new Error(`${modelId} is not whole in ${cacheFolder}: ${problem}, and ${remedy}`);
}

function connect(model: HubModel, settings: HubSettings, { signal, pause }: SnapshotPlace): HubConnection {
  return { model, settings, signal: signal ?? new AbortController().signal, pause };
}

async function askCommit(connection: HubConnection): Promise<PinnedCommit> {
  const { modelId: name, revision } = connection.model;
  const { modelInfo } = await loadLibrary();
  const hubUrl = endpointOf(connection);
  const { sha, updatedAt } = await understood(hubUrl, () =>
    modelInfo({ name, revision, hubUrl, additionalFields: ['sha'], fetch: createApiFetch(connection) }),
  );
  if (typeof sha !== 'string' || !isCommit(sha)) {
    throw new HubRefusal(`${hubUrl} names no commit for ${revision} of ${name}`);
  }
  const isTime = updatedAt instanceof Date && !Number.isNaN(updatedAt.getTime());
  return { commit: sha, lastModified: (isTime ? updatedAt : new Date(0)).toISOString() };
}

async function listFiles(connection: HubConnection, commit: string): Promise<readonly HubFile[]> {
  const { listFiles: list } = await loadLibrary();
  const hubUrl = endpointOf(connection);
  const asked = { repo: connection.model.modelId, revision: commit, recursive: true, hubUrl };
  return understood(hubUrl, () => readListing(list({ ...asked, fetch: createApiFetch(connection) })));
}

/** The library believes what it is sent, and stumbles over what is not as it expects. */
async function understood<T>(endpoint: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new HubRefusal(`${endpoint} does not answer as a hub does: ${error.message}`, { cause: error });
  }
}

function loadLibrary() {
  return importPeer('@huggingface/hub', 'huggingFace(…)', () => import('@huggingface/hub'));
}

function readSettings(): HubSettings {
  const settings = findHub();
  const token = settings.token ?? readToken(settings.tokenFile);
  // Without it in the message, and before anything that would put it there.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new Error('the token in HF_TOKEN, or in its file, has characters that no token has; correct it');
  }
  return { ...settings, token };
}

function readToken(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined; // there is none, or it is not for us to read
  }
}
