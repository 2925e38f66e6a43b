/** The door `bentots/container`: making OCI images of bentos from a program. */
export { isServiceError, ServiceError } from '../errors.ts';
export {
  type BuilderHealth,
  type ContainerizeOptions,
  type ContainerizeResult,
  checkBuilder as health,
  containerize as build,
} from '../gateway/containerize.ts';
export type { ImageProgress } from './builder.ts';
