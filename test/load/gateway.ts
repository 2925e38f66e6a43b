/** A server in a process of its own, so that what it uses can be told apart from what its callers use. */
import { serve } from 'bentots/serve';

const [, , target = '', options = '{}'] = process.argv;

const server = await serve(target, { port: 0, logTo: { write() {} }, ...JSON.parse(options) });
process.on('message', () => {
  globalThis.gc?.();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  process.send?.({ rssBytes: process.memoryUsage.rss(), heapBytes: process.memoryUsage().heapUsed, resources });
});
process.once('disconnect', () => server.kill());
process.send?.({ url: server.url });
