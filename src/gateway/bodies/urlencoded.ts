/** `application/x-www-form-urlencoded`: https://url.spec.whatwg.org/#urlencoded-parsing */
import { ServiceError } from '../../errors.ts';
import { decodeUtf8 } from '../../io/utf-8.ts';
import type { BodyReader } from './body-reader.ts';
import { createForm } from './form.ts';
import { decode } from './json.ts';

const openingBrace = 0x7b;

export const urlencodedReader: BodyReader = {
  takes: (mediaType) => mediaType === 'application/x-www-form-urlencoded',
  async read(incoming) {
    const { limits, route } = incoming;
    const body = await incoming.bytes(limits.jsonBodyLimitBytes);
    const sizeBytes = body.length;
    // `curl -d '{…}'` says that its JSON is a form; no form begins with a brace, so it is read as what it is.
    if (body[0] === openingBrace) return decode(body, incoming);
    const form = createForm(route.api.checkedInput ?? route.api.input, limits.jsonDepthLimit);
    const text = decodeUtf8(body);
    let parts = 0;
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('&', start);
      const pair = text.slice(start, end < 0 ? undefined : end);
      start = end < 0 ? text.length : end + 1;
      if (pair === '') continue;
      parts++;
      if (parts > limits.formPartsLimit) throw tooMuch(`more than ${limits.formPartsLimit} fields`);
      const equals = pair.indexOf('=');
      const field = form.field(undo(equals < 0 ? pair : pair.slice(0, equals)));
      if (!field) continue;
      const value = equals < 0 ? '' : pair.slice(equals + 1);
      if (value.length > limits.fieldLimitBytes) throw tooMuch(`a field of more than ${limits.fieldLimitBytes} bytes`);
      const given = undo(value);
      const address = field.addressIn(given);
      if (address === undefined) field.addText(given);
      else if (!field.isFull) field.addFile()(await incoming.fetchFile(address));
    }
    return { value: form.value(), hasParcels: true, sizeBytes };
  },
};

function undo(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    const problem = `the form has ${JSON.stringify(text.slice(0, 40))}, which is no UTF-8 in percent-encoding`;
    throw new ServiceError('MALFORMED_BODY', { problem }, { cause });
  }
}

function tooMuch(problem: string): ServiceError {
  return new ServiceError('FORM_TOO_LARGE', { problem });
}
