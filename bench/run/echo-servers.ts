import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Wire } from '../plan/contenders.ts';

const PROGRAMS = join(import.meta.dirname, '..', 'programs');

/** Where a contender finds its server: a program that it starts, or a URL. */
export type Target =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly url: string };

export interface StdioServer {
  readonly knowsModern?: boolean;
  readonly chunkBytes?: number | undefined;
}

/** The echo servers of one run: one program for stdio, one process for all that is HTTP. */
export class EchoServers implements AsyncDisposable {
  readonly #http: ChildProcess;
  readonly #port: number;

  private constructor(http: ChildProcess, port: number) {
    this.#http = http;
    this.#port = port;
  }

  static async start(): Promise<EchoServers> {
    const http = fork(join(PROGRAMS, 'echo-http.mjs'), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [message] = (await once(http, 'message')) as [{ port: number }];
    return new EchoServers(http, message.port);
  }

  get httpPid(): number {
    return this.#http.pid ?? -1;
  }

  target(wire: Wire, stdio: StdioServer = {}): Target {
    if (wire !== 'stdio') return { url: `http://127.0.0.1:${this.#port}/${wire}` };
    const args = [join(PROGRAMS, 'echo-stdio.mjs')];
    if (stdio.knowsModern === false) args.push('--legacy');
    if (stdio.chunkBytes !== undefined) args.push('--chunk', String(stdio.chunkBytes));
    return { command: process.execPath, args };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#http, 'exit');
    this.#http.disconnect();
    await exited;
  }
}
