/** `bento get`: prints what is known of a bento. */
import type { Command } from 'commander';
import { bentoShelf } from '../bento-shelf.ts';
import { defineGet } from '../store-commands.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  defineGet(command, bentoShelf);
}
