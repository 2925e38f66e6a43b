/** `bento export`: writes a bento as one file or a folder. */
import type { Command } from 'commander';
import { bentoShelf } from '../bento-shelf.ts';
import { defineExport } from '../store-commands.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  defineExport(command, bentoShelf);
}
