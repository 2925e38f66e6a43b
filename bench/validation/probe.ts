/**
 * Sends a small request every few milliseconds, whether the earlier ones were answered or not, from a process of its
 * own: a client that waits for answers would not see those that came late.
 */
import { Agent, request } from 'node:http';

/** What the bench asks of it: begin, and later tell. */
export type ProbeOrder = { readonly kind: 'begin'; readonly port: number } | { readonly kind: 'tell' };

const everyMs = 5;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const body = JSON.stringify({ text: 'hello' });

let port = 0;
let timer: NodeJS.Timeout | undefined;
let asked = 0;
let begunMs = 0;
let answers: Promise<number>[] = [];

process.on('message', (order: ProbeOrder) => {
  if (order.kind === 'begin') begin(order.port);
  else void tell();
});
process.once('disconnect', () => process.exit(0));

function begin(to: number): void {
  [port, asked, answers, begunMs] = [to, 0, [], performance.now()];
  timer = setInterval(() => {
    // A late timer asks for all that it missed, each with the time at which it was due.
    for (; begunMs + asked * everyMs <= performance.now(); asked++) answers.push(ask(begunMs + asked * everyMs));
  }, 1);
}

async function tell(): Promise<void> {
  clearInterval(timer);
  try {
    process.send?.({ latenciesMs: await Promise.all(answers) });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
}

function ask(dueMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const call = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/ping', headers }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - dueMs);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    call.once('error', reject);
    call.end(body);
  });
}
