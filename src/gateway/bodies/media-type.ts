/** What a `Content-Type` says without its parameters, and what is never read. */
import { ServiceError } from '../../errors.ts';

/** Lower-case: RFC 9110 section 8.3.1. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType?.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** @throws ServiceError `UNSUPPORTED_MEDIA_TYPE` */
export function refusePickles(mediaType: string): void {
  if (mediaType !== 'application/vnd.bentoml+pickle') return;
  const remedy = 'a pickle can run code; send application/json';
  throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', { mediaType, remedy });
}
