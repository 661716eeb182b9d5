import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { HostAnswer, HostQuestion, HostResults, HostTask } from './host-messages.ts';

const PROGRAM = fileURLToPath(new URL('host-program.ts', import.meta.url));

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** A process with HTTP and SSE servers in it. */
export class Host {
  readonly #child: ChildProcess;
  readonly #waiting: Map<number, Waiting> = new Map();
  readonly #ended: Promise<void>;
  /** Rejects if the process ends before its time. */
  readonly failed: Promise<never>;
  #isClosing = false;
  #lastId = 0;

  /** @param folder of the run: by it the process is found if it is left behind */
  constructor(folder: string) {
    this.#child = fork(PROGRAM, [folder], {
      execArgv: ['--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer) => this.#answered(answer as HostAnswer));
    let fail: (error: Error) => void = () => {};
    this.failed = new Promise((_, reject) => {
      fail = reject;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        const error = new Error(`the process of some servers ended with ${signal ?? code}`);
        for (const waiting of this.#waiting.values()) waiting.reject(error);
        this.#waiting.clear();
        if (!this.#isClosing) fail(error);
        resolve();
      });
    });
    this.failed.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  ask<Task extends HostTask>(task: Task): Promise<HostResults[Task['task']]> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const question: HostQuestion = { id, task };
      this.#child.send(question, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    // One that hangs is ended all the same.
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.ask({ task: 'close' }).catch(() => undefined);
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
    clearTimeout(limit);
  }

  #answered({ id, result, error }: HostAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(error));
  }
}
