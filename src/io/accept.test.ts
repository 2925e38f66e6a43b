import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseOffer, type Offer } from './accept.ts';

const text: Offer = { mediaType: 'text/plain; charset=utf-8' };
const json: Offer = { mediaType: 'application/json' };
const frame: Offer = { mediaType: 'application/vnd.safetensors', isByName: true };
const events: Offer = { mediaType: 'text/event-stream', isByName: true };
const image: Offer = { mediaType: 'image/*' };
const any: Offer = { mediaType: '*/*' };

const offersOf = {
  text: [text, json],
  tensors: [json, frame],
  picture: [image, json],
  file: [any, json],
  stream: [any, events],
} as const;

for (const [accept, kind, chosen] of [
  // Nothing said.
  [undefined, 'text', text],
  ['*/*', 'text', text],
  ['', 'text', text],
  ['*/*', 'tensors', json],
  // Named.
  ['application/json', 'text', json],
  ['APPLICATION/JSON', 'text', json],
  ['application/json; charset=utf-8', 'text', json],
  ['text/plain', 'text', text],
  ['text/*', 'text', text],
  ['application/*', 'text', json],
  ['application/vnd.safetensors', 'tensors', frame],
  // Weights.
  ['text/plain;q=0.5, application/json', 'text', json],
  ['text/plain;q=0.5, application/json;q=0.4', 'text', text],
  ['text/plain; Q=0.1 , application/json;q=0.200', 'text', json],
  ['text/plain;q=0, */*', 'text', json],
  ['text/*;q=0.3, text/plain;q=0.9, */*;q=0.5', 'text', text],
  ['text/*;q=0.9, text/plain;q=0.1, */*;q=0.5', 'text', json],
  ['application/vnd.safetensors;q=0.1, application/json', 'tensors', json],
  // What clients send without thinking of it.
  ['application/json, text/plain, */*', 'text', text],
  ['application/json, text/plain, */*', 'picture', image],
  ['application/json, text/plain, */*', 'file', any],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', 'picture', image],
  // Only by name, and then before what comes first.
  ['application/*', 'tensors', json],
  ['application/vnd.safetensors, */*', 'tensors', frame],
  ['application/vnd.safetensors, application/json', 'tensors', frame],
  ['text/event-stream', 'stream', events],
  ['text/event-stream, */*', 'stream', events],
  ['text/*', 'stream', any],
  // Ranges of types, of which only the value knows which it is.
  ['application/json', 'file', json],
  ['application/json', 'picture', json],
  ['image/png', 'picture', image],
  ['image/*', 'picture', image],
  ['image/*', 'file', any],
  ['application/pdf', 'file', any],
  ['audio/*;q=0.4, application/json;q=0.5', 'file', json],
  ['audio/wav, application/json;q=0.5', 'file', any],
  // What nobody can give, and what is no header at all.
  ['text/csv', 'text', text],
  ['*/*;q=0', 'text', text],
  ['application/json;q=2', 'text', text],
  ['application/json;q=x', 'text', text],
  ['application', 'text', text],
  [',;,q=1,;;;=', 'text', text],
] as const) {
  test(`${JSON.stringify(accept)} gets ${chosen.mediaType} of ${offersOf[kind].map((one) => one.mediaType).join(', ')}`, () => {
    assert.equal(chooseOffer<Offer>(accept, offersOf[kind]), chosen);
  });
}

test('of a header full of types the first hundred count', () => {
  const choose = (others: number) => chooseOffer(`${'a/b;"\\",'.repeat(others)}application/json`, [text, json]);
  assert.deepEqual([choose(99), choose(100), choose(4000)], [json, text, text]);
});
