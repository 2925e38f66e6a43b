/** bentots as its users start it: gateway here, one worker process. */
import { fileURLToPath } from 'node:url';
import { serve } from 'bentots/serve';
import { announce } from '../http-overhead/control.ts';

const server = await serve(fileURLToPath(new URL('service.ts', import.meta.url)), { port: 0, logFormat: 'json' });
announce(Number(new URL(server.url).port), () => server.stop());
