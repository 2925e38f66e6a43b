/** The door `bentots/testing`: starts a service for a test. */
export { type LogLine, type RunningService, type StartOptions, startService } from './start-service.ts';
