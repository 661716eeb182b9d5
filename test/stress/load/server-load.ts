import { messageOf } from '../../../src/core/errors.ts';
import type { ServerRegistry } from '../../../src/index.ts';
import { library } from '../library.ts';

const { RemoteError, SignalboxError } = library;

/** A call that did not end in its own answer. */
export interface FailedCall {
  readonly key: string;
  readonly server: string;
  readonly what: string;
  /** It says that nothing was executed. */
  readonly isDenied: boolean;
  /** An answer to another call, or an error that nobody should see. */
  readonly isDefect: boolean;
}

/** Codes that stand for a defect of ours. */
const DEFECTS: ReadonlySet<string> = new Set(['INTERNAL', 'ILLEGAL_TRANSITION', 'INVALID_ARGUMENT']);

/** Calls one server by its exposed name, one call after the other, and keeps account of them. */
export class ServerLoad {
  readonly server: string;
  readonly failed: FailedCall[] = [];
  made = 0;
  answered = 0;
  /** Of the calls that were answered, since the last {@link reset}. */
  latencySumMs = 0;
  latencyCount = 0;
  readonly #registry: ServerRegistry;

  constructor(registry: ServerRegistry, server: string) {
    this.#registry = registry;
    this.server = server;
  }

  get averageMs(): number {
    return this.latencyCount === 0 ? 0 : this.latencySumMs / this.latencyCount;
  }

  reset(): void {
    this.latencySumMs = 0;
    this.latencyCount = 0;
  }

  async calls(count: number): Promise<void> {
    for (let done = 0; done < count; done++) await this.#call();
  }

  async callsUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) await this.#call();
  }

  async #call(): Promise<void> {
    const key = `${this.server}/${this.made++}`;
    const startedAt = performance.now();
    try {
      const { content } = await this.#registry.callTool(`${this.server}__echo`, { message: key, key });
      const first = content[0] as { readonly text?: string } | undefined;
      if (first?.text === key) {
        this.answered++;
        this.latencySumMs += performance.now() - startedAt;
        this.latencyCount++;
      } else this.#fail(key, `got the answer "${String(first?.text).slice(0, 100)}"`, false, true);
    } catch (error) {
      const isTyped = SignalboxError.is(error) || error instanceof RemoteError;
      const isDenied = SignalboxError.is(error) && error.delivered === 'no';
      const isDefect = !isTyped || (SignalboxError.is(error) && DEFECTS.has(error.code));
      this.#fail(key, messageOf(error).slice(0, 300), isDenied, isDefect);
    }
  }

  #fail(key: string, what: string, isDenied: boolean, isDefect: boolean): void {
    this.failed.push({ key, server: this.server, what, isDenied, isDefect });
  }
}
