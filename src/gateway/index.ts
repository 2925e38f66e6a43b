/** The door `bentots/serve`: serving a service from a program. */
export { type ServeOptions, type ServerHandle, type StopOptions, serve } from './serve.ts';
