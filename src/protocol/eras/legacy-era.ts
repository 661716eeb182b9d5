import { receivesBatches, sendsVersionHeader } from '../versions.ts';
import type { Era, ResultReading } from './era.ts';

/** Those that were asked for; no more than there are legacy versions. */
const made = new Map<string, LegacyEra>();

/** Revisions up to 2025-11-25: a handshake opened the connection, requests carry nothing but themselves. */
export class LegacyEra implements Era {
  readonly name = 'legacy';
  readonly protocolVersion: string;
  readonly pingMethod = 'ping';
  readonly answersRequests = true;
  readonly receivesBatches: boolean;
  readonly #headers: Readonly<Record<string, string>> | undefined;

  /**
   * The one of this version: it knows nothing of its connection, so all may share it.
   * @param version a legacy one
   */
  static of(version: string): LegacyEra {
    let era = made.get(version);
    if (era === undefined) {
      era = new LegacyEra(version);
      made.set(version, era);
    }
    return era;
  }

  /** @internal use {@link LegacyEra.of} */
  private constructor(protocolVersion: string) {
    this.protocolVersion = protocolVersion;
    this.receivesBatches = receivesBatches(protocolVersion);
    this.#headers = sendsVersionHeader(protocolVersion)
      ? Object.freeze({ 'mcp-protocol-version': protocolVersion })
      : undefined;
  }

  meta(progressToken: number | undefined): string {
    return progressToken === undefined ? '' : `"progressToken":${progressToken}`;
  }

  headers(): Readonly<Record<string, string>> | undefined {
    return this.#headers;
  }

  readResult(): ResultReading {
    return 'complete';
  }

  /** A lost stream is not a cancellation in this era (2025-11-25, transports): it must be said. */
  cancelsByNotification(): boolean {
    return true;
  }
}
