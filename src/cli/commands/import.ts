/** `bento import`: puts an exported bento into the store. */
import type { Command } from 'commander';
import { bentoShelf } from '../bento-shelf.ts';
import { defineImport } from '../store-commands.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  defineImport(command, bentoShelf);
}
