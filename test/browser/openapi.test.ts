/** Two programs that share no code say that the OpenAPI document is one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { serve } from 'bentots/serve';

type Document = Record<string, unknown>;

/** What the published JSON Schema of OpenAPI 3.1 has against a document. */
async function officialComplaints(document: Document): Promise<string[]> {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  return valid ? [] : [JSON.stringify(errors, null, 2)];
}

const redoclyConfig = await createConfig({
  extends: ['spec', 'recommended-strict'],
  rules: {
    'info-license': 'off', // an author's to choose
    'operation-summary': 'off', // an author's to write
    'no-server-example.com': 'off',
    'security-defined': 'off', // nothing is secured yet
    'operation-4xx-response': 'error',
    'operation-operationId-unique': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-schema-examples': 'error',
  },
});

/** What the linter of Redocly has against it: dangling references, examples that do not fit, and so on. */
async function redoclyComplaints(document: Document): Promise<string[]> {
  const problems = await lintFromString({
    source: JSON.stringify(document, null, 2),
    absoluteRef: '/docs.json',
    config: redoclyConfig,
  });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`);
}

async function documentOf(target: string): Promise<Document> {
  await using server = await serve(fileURLToPath(new URL(target, import.meta.url)), { port: 0, logTo: { write() {} } });
  return (await (await fetch(`${server.url}/docs.json`)).json()) as Document;
}

for (const target of ['shop/service.ts', '../fixtures/everyday.ts', '../../examples/hello/service.ts']) {
  test(`the document of ${target} is accepted by both`, async () => {
    const document = await documentOf(target);
    assert.deepEqual(await officialComplaints(document), []);
    assert.deepEqual(await redoclyComplaints(document), []);
  });
}

for (const [what, spoil] of [
  ['without a title', (document: Document) => delete (document.info as Document).title],
  [
    'with a reference to nothing',
    (document: Document) => {
      operation(document).responses = { 200: { $ref: 'nowhere' } };
    },
  ],
  [
    'with a parameter in no place',
    (document: Document) => {
      operation(document).parameters = [{ name: 'a', in: 'nowhere', schema: {} }];
    },
  ],
] as const) {
  test(`a document ${what} is refused by both`, async () => {
    const document = await documentOf('../../examples/hello/service.ts');
    spoil(document);
    assert.notDeepEqual(await officialComplaints(document), []);
    assert.notDeepEqual(await redoclyComplaints(document), []);
  });
}

function operation(document: Document): Document {
  const { post } = (document.paths as Record<string, Record<string, Document>>)['/hello'] ?? {};
  assert.ok(post);
  return post;
}
