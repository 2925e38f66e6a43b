/** Bytes of a request → checked arguments. Bad input stops here. */
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../errors.ts';
import type { FileOnDisk } from '../../io/file-content.ts';
import { type Route, toArguments } from '../../pool/route.ts';
import type { Spool } from '../../pool/spool.ts';
import type { BatchFacts } from '../../spec/batch-facts.ts';
import type { CallArguments } from '../../spec/invocation.ts';
import type { BodyForm } from '../../spec/service-spec.ts';
import type { BodyMemory } from '../bodies/body-memory.ts';
import type { BodyLimits, BodyReader, MemoryView } from '../bodies/body-reader.ts';
import { openBody } from '../bodies/incoming-body.ts';
import { jsonReader } from '../bodies/json.ts';
import { mediaTypeOf, refusePickles } from '../bodies/media-type.ts';
import { multipartReader } from '../bodies/multipart.ts';
import { tensorReader } from '../bodies/tensors.ts';
import { urlencodedReader } from '../bodies/urlencoded.ts';
import { fileReader, textReader } from '../bodies/whole.ts';
import { listEverythingUpToBytes } from '../decode/decode-body.ts';
import type { DecodeThreads } from '../decode/decode-threads.ts';

/** What it takes to read a body. */
export interface ReadDeps {
  readonly limits: BodyLimits;
  readonly memory: MemoryView;
  /** Out of which large bodies are given memory. */
  readonly bodyMemory: BodyMemory;
  readonly spool: Pick<Spool, 'place' | 'remove'>;
  /** Where large bodies are decoded; undefined for here. */
  readonly threads: DecodeThreads | undefined;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** What a method is called with. */
export interface Arguments {
  /** In the order of its parameters. */
  readonly args: CallArguments;
  /** What decides with which others the call goes, where that is known already. */
  readonly batch?: BatchFacts;
  /** What of them lies on disk; whoever gets this removes it. */
  readonly files?: readonly Pick<FileOnDisk, 'path'>[];
  /** Memory that some of them lie in; whoever gets this gives it back once the call has ended. */
  readonly lent?: Uint8Array<ArrayBuffer>;
}

/** In this order they are asked; the last takes everything. */
const readers: readonly BodyReader[] = [
  textReader,
  fileReader,
  multipartReader,
  urlencodedReader,
  tensorReader,
  jsonReader,
];

/**
 * Reads, decodes and checks the body of a call.
 * @throws ServiceError `UNSUPPORTED_MEDIA_TYPE`, `UNSUPPORTED_ENCODING`, `BODY_TOO_LARGE`, `FORM_TOO_LARGE`,
 * `MALFORMED_BODY`, `INVALID_INPUT`, `MEMORY_LOW`, `SPOOL_FAILED`, `URL_REFUSED`, `URL_FAILED`,
 * `CANCELLED`.
 */
export async function readArguments(request: IncomingMessage, route: Route, deps: ReadDeps): Promise<Arguments> {
  const { memory, spool } = deps;
  if (memory.isLow()) throw new ServiceError('MEMORY_LOW', {});
  refusePickles(mediaTypeOf(request.headers['content-type']));
  const body = openBody(request, route, deps);
  const reader = readers.find(({ takes }) => takes(body.mediaType, route.api)) as BodyReader; // the last takes everything
  try {
    const given = await reader.read(body);
    if (!given) return { args: leaveOut(route) };
    const decoded =
      'args' in given ? given : { args: toArguments(route, given, given.sizeBytes <= listEverythingUpToBytes) };
    if (!body.files && !body.lent) return decoded;
    return { ...decoded, ...(body.files && { files: body.files }), ...(body.lent && { lent: body.lent }) };
  } catch (error) {
    if (body.files) spool.remove(body.files);
    request.unpipe(); // what nobody inflates must not hold up the connection
    throw error;
  }
}

/** An empty body says nothing: where it is the whole argument, JavaScript's own default applies. */
function leaveOut({ api }: Route): unknown[] {
  const [parameter] = api.parameters;
  if (!parameter?.isRequired) return [undefined];
  const problem = `the body is empty, but ${api.route} takes it as a whole; send ${wantedBodies[api.body]}`;
  throw new ServiceError('INVALID_INPUT', { problem });
}

const wantedBodies: Readonly<Record<BodyForm, string>> = {
  fields: 'a JSON object',
  json: 'a JSON document',
  text: 'text',
  bytes: 'bytes',
  file: 'a file',
};
