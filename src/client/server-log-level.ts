import type { ServerCapabilities } from '../protocol/mcp-types.ts';
import type { Session } from '../protocol/session/session.ts';
import type { Caller } from './calls/caller.ts';
import type { LogLevel } from './client-events.ts';

/** What a {@link ServerLogLevel} asks of its client. */
export interface LogLevelOwner {
  readonly caller: Pick<Caller, 'request' | 'session'>;
  /** Of the present or last connection. */
  readonly capabilities: ServerCapabilities | undefined;
  /** Has what every request of the modern era says told anew. */
  redress(): void;
  warn(message: string): void;
}

/** From which severity on a server may log to us: said with each request (modern), or once for a connection (legacy). */
export class ServerLogLevel {
  readonly #client: LogLevelOwner;
  #level: LogLevel | undefined;

  constructor(client: LogLevelOwner) {
    this.#client = client;
  }

  get level(): LogLevel | undefined {
    return this.#level;
  }

  async set(level: LogLevel | undefined): Promise<void> {
    this.#level = level;
    const session = await this.#client.caller.session(undefined);
    if (session.era?.name === 'modern') this.#client.redress();
    else await this.#send();
  }

  /** Another connection stands: a legacy server does not know of the level. */
  renew(era: NonNullable<Session['era']>['name'] | undefined): void {
    if (this.#level === undefined || era !== 'legacy') return;
    this.#send().catch((error: unknown) => {
      this.#client.warn(`the log level could not be set again: ${(error as Error).message}`);
    });
  }

  async #send(): Promise<void> {
    const { caller, capabilities } = this.#client;
    if (capabilities?.logging === undefined) return;
    await caller.request('logging/setLevel', { level: this.#level ?? 'emergency' }, {});
  }
}
