/** `bento list`: lists the bentos of the store. */
import type { Command } from 'commander';
import { bentoShelf } from '../bento-shelf.ts';
import { defineList } from '../store-commands.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  defineList(command, bentoShelf);
}
