/** The argument that says which service a command is about. */
import type { Command } from 'commander';

/** Adds it; without it the service of the working folder is meant. */
export function addTarget(command: Command): void {
  command.argument('[target]', 'file, file:Class, or folder with a service.ts', '.');
}
