/** `bento push`: pushes a bento to a registry of OCI images. */
import type { Command } from 'commander';
import { bentoShelf } from '../bento-shelf.ts';
import { definePush } from '../store-commands.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  definePush(command, bentoShelf);
}
