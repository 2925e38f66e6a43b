/** Fastify with schemas for body and answer; no log, no metrics. */
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { announce } from './control.ts';
import { predict } from './predict.ts';

const app = fastify({ keepAliveTimeout: 65_000, forceCloseConnections: true });
const body = {
  type: 'object',
  properties: { features: { type: 'array', items: { type: 'number' } } },
  required: ['features'],
};
const answer = {
  type: 'object',
  properties: { sum: { type: 'number' }, label: { type: 'string' } },
  required: ['sum', 'label'],
};
app.post<{ Body: { features: number[] } }>(
  '/predict',
  { schema: { body, response: { 200: answer } } },
  async (request) => predict(request.body.features),
);
await app.listen({ port: 0, host: '127.0.0.1' });
announce((app.server.address() as AddressInfo).port, () => app.close());
