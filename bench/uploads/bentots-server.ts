/** bentots with its limits raised as far as the bench needs it. */
import { fileURLToPath } from 'node:url';
import { serve } from 'bentots/serve';
import { announce } from '../http-overhead/control.ts';

const limitBytes = 1024 ** 3;
const server = await serve(fileURLToPath(new URL('service.ts', import.meta.url)), {
  port: 0,
  logFormat: 'json',
  fileLimitBytes: limitBytes,
  formLimitBytes: limitBytes,
  requestTimeoutMs: 600_000,
});
announce(Number(new URL(server.url).port), () => server.stop());
