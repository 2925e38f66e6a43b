/** `bento delete`: deletes bentos from the store. */
import type { Command } from 'commander';
import { bentoShelf } from '../bento-shelf.ts';
import { defineDelete } from '../store-commands.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  defineDelete(command, bentoShelf);
}
