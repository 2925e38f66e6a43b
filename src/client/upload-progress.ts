/** Tells how much of a body has been sent. */
import type { Content } from './arguments.ts';
import type { Fetch } from './transport.ts';

/** How far an upload is. */
export interface UploadProgress {
  /** Handed over to the network so far; begins again when the call is tried again. */
  readonly sentBytes: number;
  /** Of the whole body, with what a form puts around its files. */
  readonly totalBytes: number;
}

/** Is told of progress, some time after it was made. */
export type OnUploadProgress = (progress: UploadProgress) => void;

/** What is sent with its progress. */
interface UploadRequest {
  readonly url: string;
  readonly init: RequestInit;
  readonly content: Content;
  readonly onProgress: OnUploadProgress;
}

/** Sends a request and tells its progress. */
export type Upload = (request: UploadRequest) => Promise<Response>;

/**
 * How to tell the progress of calls, by whether they stream their answers; `undefined` where nothing tells it. In browsers,
 * which are known by what they alone have, a request is a stream only over HTTP/2.
 * @param isGiven whether the user gave this `fetch`, which must then be used.
 */
export function chooseUploads(fetch: Fetch, isGiven: boolean): (isStream: boolean) => Upload | undefined {
  if (typeof XMLHttpRequest === 'function') return (isStream) => (isGiven || isStream ? undefined : uploadByXhr);
  const upload = createCountedUpload(fetch);
  return () => upload;
}

/** Sends as a stream that counts what is taken from it. */
function createCountedUpload(fetch: Fetch): Upload {
  return ({ url, init, content, onProgress }) => {
    const blob = content instanceof Blob ? content : new Blob([content]);
    const report = reportTo(onProgress);
    let sentBytes = 0;
    const counter = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sentBytes += chunk.byteLength;
        report({ sentBytes, totalBytes: blob.size });
        controller.enqueue(chunk);
      },
    });
    const headers = new Headers(init.headers);
    headers.set('content-length', String(blob.size)); // nobody knows that of a stream
    const body = blob.stream().pipeThrough(counter);
    const request: RequestInit & { duplex: 'half' } = { ...init, headers, body, duplex: 'half' };
    return fetch(url, request);
  };
}

/** Sends by `XMLHttpRequest`, since the `fetch` of browsers tells nothing of the way. The answer comes as a whole. */
const uploadByXhr: Upload = ({ url, init, content, onProgress }) =>
  new Promise((resolve, reject) => {
    const { method = 'POST', headers, signal } = init;
    const report = reportTo(onProgress);
    const xhr = new XMLHttpRequest();
    const leave = () => xhr.abort();
    xhr.open(method, url);
    xhr.responseType = 'blob';
    for (const [name, value] of new Headers(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded, total }) => report({ sentBytes: loaded, totalBytes: total });
    xhr.onload = () => resolve(toResponse(xhr));
    xhr.onerror = () => reject(new TypeError('the connection failed'));
    xhr.onabort = () => reject(signal?.reason);
    xhr.onloadend = () => signal?.removeEventListener('abort', leave);
    signal?.addEventListener('abort', leave, { once: true });
    xhr.send(content);
  });

const bodylessStatuses = [204, 205, 304];

function toResponse(xhr: XMLHttpRequest): Response {
  const { status, statusText } = xhr;
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().trim().split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const body = bodylessStatuses.includes(status) ? null : (xhr.response as Blob); // as its response type says
  return new Response(body, { status, statusText, headers });
}

/** What a listener throws is its own affair: it goes where unhandled rejections go, and the upload goes on. */
function reportTo(onProgress: OnUploadProgress): OnUploadProgress {
  return (progress) => void Promise.resolve(progress).then(onProgress);
}
