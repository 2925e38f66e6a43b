/** Fastify with the same schemas, and the work in the same process. */
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { announce } from '../http-overhead/control.ts';
import { reflectService } from './contestants.ts';
import type { Item } from './service.ts';

const methods = await reflectService();
const app = fastify({ bodyLimit: 33_554_432, keepAliveTimeout: 65_000, forceCloseConnections: true });
const schemaOf = (name: string) => ({ schema: { body: methods.get(name)?.input } });
app.post<{ Body: { items: Item[] } }>('/sum', schemaOf('sum'), async ({ body }) =>
  String(body.items.reduce((sum, { price }) => sum + price, 0)),
);
app.post<{ Body: { text: string } }>('/ping', schemaOf('ping'), async ({ body }) => body.text);
await app.listen({ port: 0, host: '127.0.0.1' });
announce((app.server.address() as AddressInfo).port, () => app.close());
