/** Sends rows to a method that adds 1 to each, with a bad one, -1, in every 32, each in a request of its own. */
import { Agent, request } from 'node:http';

/** @returns how many rows were answered wrongly, and how many bad ones were refused. */
export async function sendRows(url: string, path: string, rows: number): Promise<{ wrong: number; refused: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const counts = { wrong: 0, refused: 0 };
  let next = 0;
  const send = (row: number) =>
    new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
      const call = request(`${url}${path}`, { method: 'POST', agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
      });
      call.on('error', reject).end(JSON.stringify({ rows: [row] }));
    });
  const work = async () => {
    for (let at = next++; at < rows; at = next++) {
      const isBad = at % 32 === 7;
      const { status, text } = await send(isBad ? -1 : at);
      if (isBad && status >= 400) counts.refused++;
      else if (isBad || text !== `[${at + 1}]`) counts.wrong++;
    }
  };
  await Promise.all(Array.from({ length: 128 }, work));
  agent.destroy();
  return counts;
}
