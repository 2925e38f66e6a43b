/** The door `bentots/testing`: starts a service for a test, and tests references of an author's own. */
export { type ContractTest, type ModelRefSubject, modelRefContract } from './model-ref-contract.ts';
export { type LogLine, type RunningService, type StartOptions, startService } from './start-service.ts';
