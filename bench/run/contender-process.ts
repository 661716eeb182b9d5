import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Contender, Wire } from '../plan/contenders.ts';
import type { Target } from './echo-servers.ts';
import type { Answers, Orders } from './orders.ts';

const PROGRAMS = join(import.meta.dirname, '..', 'programs');

/** A contender that takes longer for one order hangs. */
const ORDER_MS = 180_000;

/** A contender in a process of its own. */
export class ContenderProcess {
  readonly contender: Contender;
  readonly #child: ChildProcess;
  #said = '';

  constructor(contender: Contender, wire: Wire, target: Target) {
    this.contender = contender;
    const module = join(PROGRAMS, 'contenders', `${contender.program}.mjs`);
    const env = { ...process.env, NODE_NO_WARNINGS: '1' };
    this.#child = fork(
      join(PROGRAMS, 'contender.mjs'),
      [JSON.stringify({ contender: nameOf(contender), module, wire, target })],
      {
        execArgv: ['--expose-gc'],
        env: contender.build === undefined ? env : { ...env, SIGNALBOX_BENCH_BUILD: contender.build },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk.toString('utf8')}`.slice(-2000);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** @throws Error with what went wrong in the process */
  async tell<Name extends keyof Orders>(
    order: Orders[Name] & { readonly order: Name },
  ): Promise<Answers[Name]> {
    const child = this.#child;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), ORDER_MS);
    try {
      const answered = once(child, 'message', { signal: over.signal });
      const exited = once(child, 'exit', { signal: over.signal });
      answered.catch(() => {});
      exited.catch(() => {});
      child.send(order);
      const [message] = (await Promise.race([answered, exited])) as [unknown];
      if (typeof message === 'object' && message !== null) {
        const { done, failed } = message as { done?: Answers[Name]; failed?: string };
        if (done !== undefined) return done;
        throw new Error(`${this.contender.id}: ${failed}`);
      }
      throw new Error(`${this.contender.id} ended in the middle of "${order.order}": ${this.#said}`);
    } catch (error) {
      if (!over.signal.aborted) throw error;
      throw new Error(`${this.contender.id} did not come to the end of "${order.order}" in ${ORDER_MS} ms`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }

  /** Closes what is open and ends the process. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await this.tell({ order: 'close' }).catch(() => {});
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(timer);
  }
}

/** A second build does what the first does. */
function nameOf({ id, build }: Contender): string {
  return build === undefined ? id : id.replace(/@.*$/u, '');
}
