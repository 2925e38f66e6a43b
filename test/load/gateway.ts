/** A server in a process of its own, so that what it uses can be told apart from what its callers use. */
import { serve } from 'bentots/serve';
import { ownProcess } from '../../src/gateway/own-process.ts';

type Collect = (options: { type: 'major'; flavor: 'last-resort'; execution: 'sync' }) => void;

const [, , target = '', options = '{}'] = process.argv;

const server = await serve(target, { port: 0, logTo: { write() {} }, ...JSON.parse(options) });
ownProcess(); // as `bento serve` does
process.on('message', (wish) => {
  // Gives back what V8 keeps for later, too: whatever is there afterwards is held by somebody.
  if (wish === 'look')
    (globalThis.gc as Collect | undefined)?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  process.send?.({ rssBytes: process.memoryUsage.rss(), heapBytes: process.memoryUsage().heapUsed, resources });
});
process.once('disconnect', () => server.kill());
process.send?.({ url: server.url });
