/** The page at / in a real browser, without a network: it opens, a call is tried, the answer is seen. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ServerHandle, serve } from 'bentots/serve';
import { type Browser, chromium, type Page } from 'playwright-core';

const screenshots = fileURLToPath(new URL('./screenshots/', import.meta.url));

let server: ServerHandle;
let browser: Browser;
before(async () => {
  mkdirSync(screenshots, { recursive: true });
  const service = fileURLToPath(new URL('./shop/service.ts', import.meta.url));
  server = await serve(service, { port: 0, logTo: { write() {} } });
  browser = await chromium.launch({
    executablePath: process.env.BROWSER ?? '/usr/bin/chromium',
    args: ['--no-sandbox'], // the sandbox refuses to run as root
  });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What went wrong in the page: errors of scripts, refused by its policy, requests that led nowhere. */
  readonly complaints: readonly string[];
  /** Addresses that it asked for outside of the server. */
  readonly strangers: readonly string[];
}

async function open(path: string): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('request', (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) strangers.push(request.url());
  });
  await page.goto(`${server.url}${path}`, { waitUntil: 'load' });
  await page.locator('.swagger-ui .info .title').waitFor();
  return { page, complaints, strangers, [Symbol.asyncDispose]: () => page.close() };
}

async function keep(page: Page, name: string): Promise<void> {
  const path = join(screenshots, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  console.log(`screenshot: ${path}`);
}

const operation = (page: Page, name: string) => page.locator(`.opblock[id$="-Shop__${name}"]`);

/** Opens an operation, fills in the body, sends it, and waits for the answer. */
async function call(page: Page, name: string, body?: object) {
  const block = operation(page, name);
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
  await block.getByRole('button', { name: 'Execute' }).click();
  const live = block.locator('.live-responses-table');
  await live.waitFor();
  return {
    status: (await live.locator('.response-col_status').last().innerText()).split('\n')[0]?.trim(),
    text: await live.locator('.response-col_description').last().innerText(),
  };
}

test('the page lists the methods with their words, and asks nobody but its server', async () => {
  await using opened = await open('/');
  const { page, complaints, strangers } = opened;
  assert.match(await page.locator('.info').innerText(), /Shop[\s\S]*Sells things, and says so\./);
  assert.equal(await page.title(), 'Shop');
  assert.equal(await page.locator('.opblock').count(), 15);
  assert.match(await operation(page, 'price').innerText(), /\/price[\s\S]*Adds up what an order costs\./);
  assert.equal(await operation(page, 'oldPrice').locator('.opblock-summary-path__deprecated').count(), 1);
  await keep(page, 'overview');
  assert.deepEqual([complaints, strangers], [[], []]);
});

test('a call is tried, and its answer is seen', async () => {
  await using opened = await open('/');
  const { page, complaints, strangers } = opened;
  const body = { items: [{ id: 4711, count: 4 }], payment: { kind: 'transfer', iban: 'DE00' }, discount: 0.5 };
  const answer = await call(page, 'price', body);
  assert.equal(answer.status, '200');
  assert.match(answer.text, /"total": 5,\s+"by": "transfer"/);
  await keep(page, 'call');
  assert.deepEqual([complaints, strangers], [[], []]);
});

test('the body that the page suggests is one that the server takes', async () => {
  await using opened = await open('/');
  const suggested = await call(opened.page, 'price');
  assert.equal(suggested.status, '200', suggested.text);
  const greeted = await call(opened.page, 'greet');
  assert.equal(greeted.status, '201', greeted.text);
  assert.match(greeted.text, /Hello, Ada!/); // from @example
  await keep(opened.page, 'suggested');
});

test('what does not fit is refused with the words of the server', async () => {
  await using opened = await open('/');
  const answer = await call(opened.page, 'greet', { nmae: 'Ada' });
  assert.match(answer.text, /"code": "INVALID_INPUT"/);
  await keep(opened.page, 'refused');
});

test('a stream is shown when it has ended', async () => {
  await using opened = await open('/');
  const answer = await call(opened.page, 'countDown', { from: 2 });
  assert.equal(answer.status, '200');
  assert.match(answer.text, /data: 2[\s\S]*data: 1[\s\S]*event: end/);
  await keep(opened.page, 'stream');
});

test('the schemas can be looked at, also those that hold themselves', async () => {
  await using opened = await open('/');
  const { page, complaints } = opened;
  const schemas = page.locator('section.models');
  assert.match(await schemas.innerText(), /Item[\s\S]*Item_2[\s\S]*Error/);
  for (const name of ['Item', 'Item_2', 'Card', 'Transfer']) {
    await schemas.getByText(name, { exact: true }).first().click();
  }
  await keep(page, 'schemas');
  assert.deepEqual(complaints, []);
});
