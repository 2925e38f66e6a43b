/** How much a log line matters. */

/** `error`: someone must act; `warn`: someone should look; `info`: an operator would miss it. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
