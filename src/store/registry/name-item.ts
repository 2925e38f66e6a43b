/** Says where in a registry an item is: by a full name, or by one that begins where the operator keeps all of them. */
import { ServiceError } from '../../errors.ts';
import { type OciReference, parseReference, printReference } from '../../registry/reference.ts';
import type { Tag } from '../../tag.ts';

/**
 * @param place what goes before a name without a host; without it such a name is one of Docker Hub.
 * @throws ServiceError `REFERENCE_INVALID`
 */
function readPlace(text: string, place: string | undefined): OciReference {
  const [first = ''] = text.split('/', 1);
  const hasHost = text.includes('/') && (/[.:A-Z]/.test(first) || first === 'localhost');
  return parseReference(hasHost || place === undefined ? text : `${place}/${text}`);
}

/** Where an item is pushed to: without a tag under its version. */
export function placeToPush(text: string | undefined, tag: Tag, place: string | undefined): OciReference {
  if (text === undefined && place === undefined) {
    const problem = `it says nothing of where to; name a place such as registry.example.com/team/${tag.name}, or let BENTOML_REGISTRY name one for all`;
    throw new ServiceError('REFERENCE_INVALID', { reference: JSON.stringify(String(tag)), problem });
  }
  const reference = readPlace(text ?? tag.name, place);
  if (reference.digest !== undefined) throw refuse(text, 'what is pushed gets its digest by itself; name a tag');
  return { ...reference, tag: reference.tag ?? tag.version };
}

/** Where an item is pulled from: there is no newest one in a registry. */
export function placeToPull(text: string, place: string | undefined): OciReference & { readonly meant: string } {
  const reference = readPlace(text, place);
  const meant = reference.digest ?? reference.tag;
  if (meant === undefined) throw refuse(text, `it has no version; write ${printReference(reference)}:<version>`);
  return { ...reference, meant };
}

function refuse(text: string | undefined, problem: string): ServiceError<'REFERENCE_INVALID'> {
  return new ServiceError('REFERENCE_INVALID', { reference: JSON.stringify(text), problem });
}
