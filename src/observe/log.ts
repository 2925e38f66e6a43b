/** The server's log: one event a line, as text for people or JSON for machines. */
import pino from 'pino';
import type { LogLevel } from './log-level.ts';

/** Writes log lines. */
export type ServerLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** A log and its end. */
export interface LogSink {
  readonly log: ServerLog;
  /** Writes out what is buffered; nothing may be logged afterwards. */
  close(): void;
}

interface LogOptions {
  readonly format: 'text' | 'json';
  /** Where lines go; descriptor 1 is standard output. */
  readonly destination: number | { write(line: string): unknown };
}

const flushEveryMs = 100;

/** Opens a log. */
export function openLog({ format, destination }: LogOptions): LogSink {
  const file =
    typeof destination === 'number'
      ? pino.destination({ fd: destination, sync: false, minLength: 4096, periodicFlush: flushEveryMs })
      : undefined;
  let isClosed = false;
  file?.on('error', () => {
    isClosed = true; // a pipe that was closed downstream is no reason to stop serving, nor to keep what nobody will read
  });
  const target = file ?? (destination as { write(line: string): unknown });
  const stream = format === 'json' ? target : { write: (line: string) => target.write(toText(line)) };
  const logger = pino(
    {
      base: null,
      level: 'debug',
      messageKey: 'message',
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
    },
    stream as pino.DestinationStream,
  );
  return {
    log(level, message, fields) {
      if (isClosed) return;
      if (fields) logger[level](withoutOurs(fields), message);
      else logger[level](message);
    },
    close() {
      isClosed = true;
      try {
        file?.flushSync();
        file?.end();
      } catch {
        // The descriptor is gone already; there is nobody left to tell.
      }
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

function toText(line: string): string {
  const { level, time, message, stack, cause, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const tail = rest.length === 0 ? '' : ` (${rest.join(',')})`;
  const traces = [stack, cause].filter((text) => typeof text === 'string').map((text) => `\n${text}`);
  return `${time} [${String(level).toUpperCase()}] ${message}${tail}${traces.join('\ncaused by:')}\n`;
}
