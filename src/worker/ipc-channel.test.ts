import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { createIpcChannel } from './ipc-channel.ts';
import { createSharedMemory, openSharedMemory } from './shared-memory.ts';

/** A port like that of a process: refuses functions as Node's does, and delivers when the test says so. */
class Port extends EventEmitter {
  connected = true;
  hasRoom = true;
  readonly parcels: unknown[] = [];
  readonly callbacks: ((error: Error | null) => void)[] = [];

  send(parcel: unknown, _handle: undefined, _options: undefined, sent: (error: Error | null) => void): boolean {
    this.parcels.push(structuredClone(parcel)); // throws where Node's IPC would
    this.callbacks.push(sent);
    this.emit('sent');
    return this.hasRoom;
  }

  disconnect() {
    this.connected = false;
    this.emit('disconnect');
  }

  deliver() {
    for (const sent of this.callbacks.splice(0)) sent(null);
  }
}

const unsendable = () => 'a function';

test('messages of one turn travel as one parcel, and arrive one by one', async () => {
  const port = new Port();
  const channel = createIpcChannel<string, string>(port);
  const heard: string[] = [];
  channel.onMessage((message) => heard.push(message));
  channel.send('a');
  channel.send('b');
  await once(port, 'sent');
  port.emit('message', ['c', 'd']);
  assert.deepEqual([port.parcels, heard], [[['a', 'b']], ['c', 'd']]);
});

test('what is no parcel arrives as it is, and it is for the listener to say that it knows no such message', () => {
  const port = new Port();
  const heard: unknown[] = [];
  createIpcChannel<string, unknown>(port).onMessage((message) => heard.push(message));
  for (const foreign of ['ready', { type: 'axm:monitor' }, null]) port.emit('message', foreign);
  assert.deepEqual(heard, ['ready', { type: 'axm:monitor' }, null]);
});

test('a congested line says so until everything is delivered', async () => {
  const port = new Port();
  port.hasRoom = false;
  const channel = createIpcChannel<string, string>(port);
  assert.equal(channel.send('a'), true);
  channel.flush();
  assert.equal(channel.send('b'), false);
  let isDrained = false;
  const drained = channel.drained().then(() => {
    isDrained = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDrained, false);
  port.deliver();
  await drained;
  port.hasRoom = true;
  assert.equal(channel.send('c'), true);
});

test('a line on which nothing is under way is drained', async () => {
  await createIpcChannel(new Port()).drained();
});

test('a message that cannot cross is replaced, and its neighbours arrive', () => {
  const port = new Port();
  const asked: unknown[] = [];
  const channel = createIpcChannel<unknown, unknown>(port, (message) => {
    asked.push(message);
    return 'replacement';
  });
  for (const message of ['before', unsendable, 'after']) channel.send(message);
  channel.flush();
  assert.deepEqual([port.parcels, asked], [[['before'], ['replacement'], ['after']], [unsendable]]);
});

test('a message that cannot cross may be left out', () => {
  const port = new Port();
  const channel = createIpcChannel<unknown, unknown>(port, () => undefined);
  channel.send(unsendable);
  channel.flush();
  assert.deepEqual(port.parcels, []);
});

test('without anyone to ask for a replacement the error is thrown, and the line still counts right', async () => {
  const port = new Port();
  const channel = createIpcChannel<unknown, unknown>(port);
  channel.send(unsendable);
  assert.throws(() => channel.flush(), { name: 'DataCloneError' });
  await channel.drained();
});

test('what is sent after the other side is gone is dropped', async () => {
  const port = new Port();
  const channel = createIpcChannel<string, string>(port);
  channel.send('a');
  channel.close();
  channel.flush();
  assert.deepEqual(port.parcels, []);
  await channel.drained();
});

test('the end of the line is told once, and it may be closed twice', () => {
  const port = new Port();
  const channel = createIpcChannel<string, string>(port);
  let ends = 0;
  channel.onClose(() => ends++);
  channel.close();
  channel.close();
  port.emit('disconnect');
  assert.equal(ends, 1);
});

test('what was under way when the other side left is settled by its error', async () => {
  const port = new Port();
  const channel = createIpcChannel<string, string>(port);
  channel.send('a');
  channel.flush();
  const drained = channel.drained();
  for (const sent of port.callbacks.splice(0)) sent(new Error('write EPIPE'));
  await drained;
});

test('large bytes go through the memory that both ends share, which is told with the next message that they were taken', {
  skip: process.platform !== 'linux',
}, async () => {
  const opened = openSharedMemory();
  assert.ok(opened, 'this machine has no /dev/shm');
  const [here, there] = [new Port(), new Port()];
  const near = createIpcChannel<unknown, unknown>(here, undefined, opened.memory);
  const far = createIpcChannel<unknown, unknown>(
    there,
    undefined,
    createSharedMemory(opened.toGateway, opened.toWorker),
  );
  const heard: unknown[] = [];
  far.onMessage((message) => heard.push(message));
  const message = { data: new Float32Array(100_000).fill(1.5) };
  near.send(message, true);
  near.send('small', true);
  near.flush();
  assert.equal(here.parcels.length, 1);
  assert.ok(JSON.stringify(here.parcels).length < 10_000, 'the bytes are not on the line');
  there.emit('message', here.parcels[0]);
  assert.deepEqual(heard, [message, 'small']);
  far.send('next');
  far.flush();
  assert.deepEqual(there.parcels, [['next', [0]]]);
  here.emit('disconnect');
});

test('bytes that are none of ours arrive as they are, also where memory is shared', {
  skip: process.platform !== 'linux',
}, () => {
  const opened = openSharedMemory();
  assert.ok(opened, 'this machine has no /dev/shm');
  const port = new Port();
  const heard: unknown[] = [];
  createIpcChannel<string, unknown>(port, undefined, opened.memory).onMessage((message) => heard.push(message));
  port.emit('message', [Buffer.from('foreign'), [1, 'two']]);
  assert.deepEqual(heard, [Buffer.from('foreign'), [1, 'two']]);
  port.emit('disconnect');
});
