import type { Clock } from '../../core/clock.ts';
import { RemoteError } from '../../core/errors.ts';
import type { ServerCapabilities } from '../../protocol/mcp-types.ts';
import type { Session } from '../../protocol/session/session.ts';

const METHOD_NOT_FOUND = -32601;

/** Lists that can stand for a ping, the one first that costs a server least: few have many prompts. */
const LISTS = [
  ['prompts', 'prompts/list'],
  ['tools', 'tools/list'],
  ['resources', 'resources/list'],
] as const;

/** The client whose server is asked. */
export interface SignOfLifeOwner {
  readonly environment: { readonly clock: Clock };
  /** What the server declared when its connection was set up. */
  readonly capabilities: ServerCapabilities | undefined;
}

/**
 * Asks a server for a sign of life: in the manner of its era, past every cache, queue and breaker. A server that does
 * not know how to be pinged is asked for the first page of a list instead, as long as its connection stands.
 */
export class SignOfLife {
  readonly #owner: SignOfLifeOwner;
  /** The session on which the method of the era turned out to be unknown. */
  #deaf: Session | undefined;

  constructor(owner: SignOfLifeOwner) {
    this.#owner = owner;
  }

  /**
   * Resolves with the time that the answer took, in ms. A JSON-RPC error is an answer.
   * @throws SignalboxError if there is none
   */
  async of(session: Session, timeoutMs: number, signal: AbortSignal | undefined): Promise<number> {
    const { clock } = this.#owner.environment;
    const startedAt = clock.now();
    const list = this.#cheapestList();
    if (this.#deaf !== session || list === undefined) {
      const method = session.era?.pingMethod ?? 'ping';
      const error = await ask(session, method, timeoutMs, signal);
      if (error?.code !== METHOD_NOT_FOUND) return clock.now() - startedAt;
      this.#deaf = session;
      // Nothing else may be asked of it: that it says so is the sign of life.
      if (list === undefined) return clock.now() - startedAt;
    }
    const askedAt = clock.now();
    await ask(session, list, Math.max(1, timeoutMs - (askedAt - startedAt)), signal);
    return clock.now() - askedAt;
  }

  #cheapestList(): string | undefined {
    const { capabilities } = this.#owner;
    return LISTS.find(([capability]) => capabilities?.[capability] !== undefined)?.[1];
  }
}

/** Resolves when there is an answer, with its error if it is one. */
async function ask(
  session: Session,
  method: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<RemoteError | undefined> {
  try {
    await session.request(method, method === 'ping' ? undefined : {}, { timeoutMs, signal });
    return undefined;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
}
