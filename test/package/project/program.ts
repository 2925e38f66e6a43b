/** The user's program: it serves by itself, and catches what goes wrong. */
import { isServiceError, type ServiceError } from 'bentots';
import { type ServeOptions, type ServerHandle, serve } from 'bentots/serve';

const options: ServeOptions = { port: 0 };

/** Serves for the time of one question. */
export async function ask(path: string): Promise<number | ServiceError['code']> {
  try {
    const server: ServerHandle = await serve('.', options);
    const { status } = await fetch(`${server.url}${path}`);
    await server.stop();
    return status;
  } catch (error) {
    if (isServiceError(error)) return error.code;
    throw error;
  }
}
