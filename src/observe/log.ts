/** The server's log: one event a line, as text for people or JSON for machines. */
import pino from 'pino';
import { openDestination } from './log-destination.ts';
import type { LogLevel } from './log-level.ts';
import { toPlainText } from './plain-text.ts';

/** Writes log lines. */
export type ServerLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** A log and its end. */
export interface LogSink {
  readonly log: ServerLog;
  /** Writes out what is buffered; nothing may be logged afterwards. */
  close(): Promise<void>;
}

interface LogOptions {
  readonly format: 'text' | 'json';
  /** Lines that matter less are left out. */
  readonly level: LogLevel;
  /** Where lines go; descriptor 1 is standard output. */
  readonly destination: number | { write(line: string): unknown };
}

/** Opens a log. */
export function openLog({ format, level: lowest, destination }: LogOptions): LogSink {
  const target =
    typeof destination === 'number'
      ? openDestination(destination, (pieces) =>
          write('warn', `${pieces} lines of the log were left out: whoever reads it is too slow`),
        )
      : { write: (line: string) => destination.write(line), close: async () => {} };
  let isClosed = false;
  const stream = format === 'json' ? target : { write: (line: string) => target.write(toText(line)) };
  const logger = pino(
    {
      base: null,
      level: lowest,
      messageKey: 'message',
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
    },
    stream as pino.DestinationStream,
  );
  const write: ServerLog = (level, message, fields) => {
    if (fields) logger[level](withoutOurs(fields), message);
    else logger[level](message);
  };
  return {
    log(level, message, fields) {
      if (!isClosed) write(level, message, fields);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await target.close();
    },
  };
}

const ours = ['level', 'time', 'message'];

// Two keys of one name would make a line that parsers read in different ways.
function withoutOurs(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!ours.some((name) => name in fields)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [ours.includes(name) ? `field_${name}` : name, value]),
  );
}

// Many lines share their millisecond, and writing a date out costs 0.7 µs.
function createTimestamp(): () => string {
  let writtenMs = Number.NaN;
  let written = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs === writtenMs) return written;
    writtenMs = nowMs;
    written = `,"time":"${new Date(nowMs).toISOString()}"`;
    return written;
  };
}

const levelNames: Readonly<Record<string, string>> = { warn: 'WARNING' };

/** A line as the Python original writes it, with what it has no place for at the end. */
function toText(line: string): string {
  const { level, time, message, stack, cause, trace, requestId, sampled, service, worker, ...others } = JSON.parse(
    line,
  ) as Record<string, unknown>;
  const name = levelNames[String(level)] ?? String(level).toUpperCase();
  const component = service === undefined ? 'gateway' : ['entry_service', service, worker].filter(isThere).join(':');
  const known = {
    trace,
    span: requestId,
    ...(trace === undefined ? {} : { sampled: sampled === true ? 1 : 0 }),
    'service.name': service,
    ...(service === undefined ? { worker } : {}),
  };
  const fields = Object.entries({ ...known, ...others }).flatMap(([key, value]) =>
    isThere(value) ? [`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`] : [],
  );
  const tail = fields.length === 0 ? '' : ` (${fields.join(',')})`;
  const traces = [stack, cause].filter((text) => typeof text === 'string').map((text) => `\n${text}`);
  const text = `[${name}] [${component}] ${message}${tail}${traces.join('\ncaused by:')}`;
  // Lines that belong to this one begin with blanks, so that none passes for one of its own.
  return `${toLocalTime(new Date(String(time)))} ${toPlainText(text).replaceAll('\n', '\n    ')}\n`;
}

function isThere(value: unknown): boolean {
  return value !== undefined;
}

/** `%Y-%m-%dT%H:%M:%S%z`, as Python writes it. */
function toLocalTime(time: Date): string {
  const pad = (value: number) => String(Math.trunc(value)).padStart(2, '0');
  const offset = -time.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.abs(offset) / 60)}${pad(Math.abs(offset) % 60)}`;
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${date}T${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}${zone}`;
}
