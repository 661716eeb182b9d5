import { RemoteError } from '../../core/errors.ts';
import { LateMap } from '../../core/late-map.ts';
import { JSON_RPC_ERROR, type Params } from '../../wire/json-rpc.ts';
import type { ClientEnvironment } from '../connection/connector.ts';

/** How long a tool that was doubted is believed to be there again, in ms. */
const BELIEVED_MS = 60_000;

/** What {@link ToolDoubts} ask of their client. */
export interface ToolDoubtsOwner {
  readonly environment: Pick<ClientEnvironment, 'clock'>;
  /** A tool as it was last listed. */
  findTool(name: unknown): unknown;
  /** The list of tools should be read again. */
  toolsDoubted(): void;
}

/**
 * A listed tool that a call is refused for with -32602 may be gone without a word (F-126): the list is doubted, once.
 * The same error means wrong arguments, and then the tool is still listed: it is not doubted again for a while.
 */
export class ToolDoubts {
  readonly #client: ToolDoubtsOwner;
  readonly #doubtedAt: LateMap<string, number> = new LateMap();

  constructor(client: ToolDoubtsOwner) {
    this.#client = client;
  }

  /** A request has failed. */
  failed(method: string, params: Params | undefined, error: unknown): void {
    if (method !== 'tools/call' || !(error instanceof RemoteError)) return;
    const tool = params?.['name'];
    if (error.code !== JSON_RPC_ERROR.invalidParams || typeof tool !== 'string') return;
    const now = this.#client.environment.clock.now();
    for (const [name, at] of this.#doubtedAt) if (now - at >= BELIEVED_MS) this.#doubtedAt.delete(name);
    if (this.#client.findTool(tool) === undefined || this.#doubtedAt.has(tool)) return;
    this.#doubtedAt.set(tool, now);
    this.#client.toolsDoubted();
  }
}
