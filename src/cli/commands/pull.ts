/** `bento pull`: puts a bento of a registry into the store. */
import type { Command } from 'commander';
import { bentoShelf } from '../bento-shelf.ts';
import { definePull } from '../store-commands.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  definePull(command, bentoShelf);
}
