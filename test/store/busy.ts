/** Creates or deletes versions of one model, as one of several processes; prints what became of each as a line of JSON. */
import { writeFile } from 'node:fs/promises';
import { isServiceError, openModels } from 'bentots/models';

const [home = '', action = '', tags = ''] = process.argv.slice(2);
const models = openModels({ home });

for (const tag of tags.split(',')) {
  try {
    if (action === 'delete') await models.delete(tag);
    else {
      await models.create(tag, async (folder) => {
        for (const name of ['first', 'second']) await writeFile(`${folder}/${name}`, String(process.pid));
      });
    }
    console.log(JSON.stringify({ tag, result: 'done' }));
  } catch (error) {
    console.log(JSON.stringify({ tag, result: isServiceError(error) ? error.code : String(error) }));
  }
}
