import type { Clock } from '../../core/clock.ts';
import { RemoteError } from '../../core/errors.ts';
import { LateMap } from '../../core/late-map.ts';
import { JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import type { ToolBook } from '../calls/tool-book.ts';

/** How long a tool that was doubted is believed to be there again, in ms. */
const BELIEVED_MS = 60_000;

/**
 * A listed tool that a call is refused for with -32602 may be gone without a word (F-126): the list is doubted, once.
 * The same error means wrong arguments, and then the tool is still listed: it is not doubted again for a while.
 */
export class ToolDoubts {
  readonly #clock: Clock;
  readonly #book: ToolBook;
  readonly #doubted: () => void;
  readonly #doubtedAt: LateMap<string, number> = new LateMap();

  /** @param doubted the list of tools should be read again */
  constructor(clock: Clock, book: ToolBook, doubted: () => void) {
    this.#clock = clock;
    this.#book = book;
    this.#doubted = doubted;
  }

  /** A request has failed. */
  failed(method: string, params: Params | undefined, error: unknown): void {
    if (method !== 'tools/call' || !(error instanceof RemoteError)) return;
    const tool = params?.['name'];
    if (error.code !== JSON_RPC_ERROR.invalidParams || typeof tool !== 'string') return;
    const now = this.#clock.now();
    for (const [name, at] of this.#doubtedAt) if (now - at >= BELIEVED_MS) this.#doubtedAt.delete(name);
    if (this.#book.find(tool) === undefined || this.#doubtedAt.has(tool)) return;
    this.#doubtedAt.set(tool, now);
    this.#doubted();
  }
}
