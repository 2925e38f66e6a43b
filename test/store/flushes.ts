/** Creates a model and exports it; prints what was flushed and renamed on the way, a line of JSON for each. */
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, relative } from 'node:path';
import { openModels } from 'bentots/models';

const [home = ''] = process.argv.slice(2);
const tell = (what: string, path: string) => {
  // The names of temporary files are made up anew each time.
  const short = relative(home, path)
    .replace(/[\da-f]{8}-[\da-f-]{27}/g, '*')
    .replace(/^tmp\/bentots_[^/]+/, 'staging');
  console.log(JSON.stringify(`${what} ${short === '' ? '.' : short}`));
};

const { open, rename, writeFile } = fs;
fs.open = async (path, ...rest) => {
  const handle: FileHandle = await open(path, ...rest);
  const sync = handle.sync.bind(handle);
  handle.sync = async () => {
    await sync();
    tell('flush', String(path));
  };
  return handle;
};
fs.writeFile = async (file, data, options) => {
  await writeFile(file, data, options);
  if (typeof options === 'object' && options?.flush) tell('flush', String(file));
};
fs.rename = async (from, to) => {
  await rename(from, to);
  tell(`rename ${basename(String(from)).replace(/^\..*/, 'a temporary file')} to`, String(to));
};
syncBuiltinESMExports();

const models = openModels({ home });
await models.create('a:1', async (folder) => {
  await fs.mkdir(`${folder}/below`);
  await writeFile(`${folder}/below/weights`, 'x');
});
await models.export('a:1', `${home}/`, { format: 'folder' });
