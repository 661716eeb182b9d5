import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

/** What a command does: resolves with its exit code. */
export type Run = (context: CommandContext) => Promise<number>;

/** Runs a command with the options that were given, and takes care of what it throws. */
export type Start = (command: Command, run: Run) => Promise<void>;
