/** Creates or deletes a model and is killed at a call to the file system, the one whose number it is given. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { openModels } from 'bentots/models';

const [home = '', action = '', number = ''] = process.argv.slice(2);

let callsLeft = Number(number);
const functions = fs as unknown as Record<string, (...given: unknown[]) => unknown>;
for (const [name, run] of Object.entries(functions)) {
  if (typeof run !== 'function') continue;
  functions[name] = (...given) => {
    if (callsLeft-- === 0) {
      process.kill(process.pid, 'SIGKILL');
      for (;;); // the signal is on its way
    }
    return run(...given);
  };
}
syncBuiltinESMExports();

const models = openModels({ home });
if (action === 'delete') await models.delete('a:2');
else {
  await models.create('a:2', async (folder) => {
    await fs.writeFile(`${folder}/first`, '1');
    await fs.writeFile(`${folder}/second`, '2');
  });
}
