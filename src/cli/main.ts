#!/usr/bin/env node
import { Redactor } from '../core/redact.ts';
import { Interruption } from './interruption.ts';
import { runCli } from './program.ts';
import { listenForBrokenPipes, listenForDefects, listenForSignals } from './signals.ts';

const args = process.argv.slice(2);
const interruption = new Interruption();
const redactor = new Redactor();
const exit = (code: number): void => process.exit(code);
const showStack = args.some((arg) => /^(?:--log-level=)?(?:debug|trace)$/u.test(arg));

listenForDefects(redactor, showStack, exit);
listenForSignals(interruption, exit);
listenForBrokenPipes(interruption);

const { stdin, stdout, stderr, env } = process;
const code = await runCli(args, { stdin, stdout, stderr, env, cwd: process.cwd(), redactor, interruption });
// Whatever is still open must not keep a finished command alive, but its output has to leave first.
stdout.write('', () => exit(code));
