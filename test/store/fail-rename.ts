/** Pulls a model in the place of one that is there, again and again, while one rename in the store fails, each in its turn. */
import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { openModels } from 'bentots/models';

const [home = '', reference = ''] = process.argv.slice(2);

let callsLeft = Number.POSITIVE_INFINITY;
const { rename } = fs;
fs.rename = async (from, to) => {
  const isInStore = [from, to].some((path) => String(path).startsWith(join(home, 'models')));
  if (isInStore && callsLeft-- === 0) {
    throw Object.assign(new Error('ENOSPC: no space left on device, rename'), {
      code: 'ENOSPC',
      syscall: 'rename',
      path: String(from),
    });
  }
  return rename(from, to);
};
syncBuiltinESMExports();

const models = openModels({ home });
for (let number = 0; ; number++) {
  callsLeft = number;
  const failure = await models.pull(reference, { force: true }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  callsLeft = Number.POSITIVE_INFINITY;
  const found = await models.get('iris:v1');
  const note = readFileSync(found.pathOf('note.txt'), 'utf8');
  console.log(
    JSON.stringify({
      failure,
      note,
      listed: (await models.list()).length,
      left: await fs.readdir(join(home, 'models/iris')),
    }),
  );
  if (failure === undefined) break;
}
