import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The DevTools protocol over `--remote-debugging-pipe`: JSON texts with a zero byte behind each. */
export class PipeConnection {
  readonly #output: Writable;
  readonly #onEvent: (method: string, params: unknown) => void;
  readonly #waiting: Map<number, Waiting> = new Map();
  #lastId = 0;
  #rest = '';
  #end: Error | undefined;

  constructor(output: Writable, input: Readable, onEvent: (method: string, params: unknown) => void) {
    this.#output = output;
    this.#onEvent = onEvent;
    const decoder = new StringDecoder('utf8');
    input.on('data', (chunk: Buffer) => this.#take(decoder.write(chunk)));
    for (const stream of [input, output]) {
      stream.on('error', (error: Error) => this.end(error));
      stream.on('close', () => this.end(new Error('the browser has gone')));
    }
  }

  async send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    sessionId?: string,
  ): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end;
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
    });
    this.#output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return await answer;
  }

  /** Whoever waits for an answer hears that none will come. */
  end(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split('\0');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) this.#handle(JSON.parse(part) as Message);
  }

  #handle({ id, method, params, result, error }: Message): void {
    if (method !== undefined) {
      this.#onEvent(method, params);
      return;
    }
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || waiting === undefined) return;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(`${waiting.method}: ${error.message}`));
  }
}
