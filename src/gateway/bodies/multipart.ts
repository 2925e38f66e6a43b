/** `multipart/form-data`: RFC 7578. Files go to disk where they are large, while the rest of the form is still coming. */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { ServiceError } from '../../errors.ts';
import { decodeUtf8 } from '../../io/utf-8.ts';
import type { BodyReader, IncomingBody, ReadBody } from './body-reader.ts';
import { toFilePart } from './file-part.ts';
import { createMemorySink } from './file-sink.ts';
import { createForm, type FormField } from './form.ts';

const longestBoundary = 70; // RFC 2046 section 5.1.1
const longestName = 200;
const headerLimitBytes = 16 * 1024;
const headersLimit = 32;

export const multipartReader: BodyReader = {
  takes: (mediaType) => mediaType === 'multipart/form-data',
  read: readForm,
};

/** A part as it comes. */
interface Part {
  readonly name: string;
  readonly stream: Readable;
  readonly fileName: string | undefined;
  readonly mediaType: string;
}

async function readForm(body: IncomingBody): Promise<ReadBody> {
  const { limits, route } = body;
  const form = createForm(route.api.checkedInput ?? route.api.input, limits.jsonDepthLimit);
  const parser = createParser(body);
  const open: Promise<void>[] = [];
  const streams: Readable[] = []; // of the parts that are wanted
  let sizeBytes = 0;

  const readFile = async ({ stream, fileName, mediaType }: Part, field: FormField) => {
    const add = field.addFile();
    const file = body.createFile(limits.fileLimitBytes);
    await pipeline(stream, file.stream);
    add(toFilePart({ content: file.content(), mediaType: field.typeOf(mediaType), name: fileName }));
  };
  const readText = async ({ stream }: Part, field: FormField) => {
    const add = field.takesAddresses && !field.isFull ? field.addFile() : undefined; // in its place among the others
    const memory = createMemorySink(limits.fieldLimitBytes);
    await pipeline(stream, memory.stream);
    sizeBytes += memory.size;
    const text = decodeUtf8(memory.bytes());
    const address = field.addressIn(text);
    if (address === undefined) field.addText(text);
    else add?.(await body.fetchFile(address));
  };
  const readPart = (part: Part): Promise<void> | undefined => {
    if (part.name.length > longestName) throw tooMuch(`a field whose name is longer than ${longestName} characters`);
    const field = form.field(part.name);
    const isFile = part.fileName !== undefined && field?.takesFiles === true;
    if (field && !(isFile && field.isFull)) return isFile ? readFile(part, field) : readText(part, field);
    part.stream.on('error', () => {}); // the parser says the same
    part.stream.resume();
    return undefined;
  };

  const fail = (error: unknown) => void parser.destroy(error as Error);
  parser.on('file', (name: string | undefined, stream, fileName: string | undefined, _encoding, mediaType) => {
    try {
      if (name === undefined) throw malformed('a part has no name');
      streams.push(stream);
      const reading = readPart({ name, stream, fileName, mediaType });
      reading?.catch(fail);
      if (reading) open.push(reading);
    } catch (error) {
      stream.on('error', () => {});
      stream.resume();
      fail(error);
    }
  });
  parser.on('partsLimit', () => fail(tooMuch(`more than ${limits.formPartsLimit} parts`)));
  try {
    await body.flowInto(parser, limits.formLimitBytes);
    await Promise.all(open);
  } catch (error) {
    for (const stream of streams) stream.destroy(error as Error); // the parser leaves them open
    await Promise.allSettled(open);
    throw error instanceof ServiceError ? error : malformed((error as Error).message.toLowerCase(), error);
  }
  return { value: form.value(), hasParcels: true, sizeBytes };
}

/** Every part comes as a stream, so that what is in it is judged by its name, and not by what it says that it is. */
function createParser({ headers, limits }: IncomingBody) {
  const { 'content-type': contentType = '' } = headers;
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType);
  const length = (boundary?.[1] ?? boundary?.[2] ?? '').length;
  if (length === 0 || length > longestBoundary) {
    throw malformed(`its Content-Type has no boundary of 1 to ${longestBoundary} characters`);
  }
  return new Busboy({
    headers: { 'content-type': contentType },
    isPartAFile: () => true,
    preservePath: true,
    limits: { parts: limits.formPartsLimit, headerPairs: headersLimit, headerSize: headerLimitBytes },
  });
}

function malformed(problem: string, cause?: unknown): ServiceError {
  const extras = cause === undefined ? {} : { cause };
  return new ServiceError('MALFORMED_BODY', { problem: `the form cannot be read: ${problem.slice(0, 200)}` }, extras);
}

function tooMuch(problem: string): ServiceError {
  return new ServiceError('FORM_TOO_LARGE', { problem });
}
