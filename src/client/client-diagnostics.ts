import type { Session } from '../protocol/session/session.ts';
import type { WireCounters } from '../protocol/session/wire-counters.ts';
import type { TransportDiagnostics } from '../transports/transport.ts';

/** What went wrong on the wire of a connection, and what its transport knows. */
export interface ClientDiagnostics {
  /** Undefined before the first connection. */
  readonly wire: Readonly<WireCounters> | undefined;
  readonly transport: TransportDiagnostics;
}

export function diagnosticsOf(session: Session | undefined): ClientDiagnostics {
  return {
    wire: session === undefined ? undefined : { ...session.counters },
    transport: session?.transport.diagnostics() ?? {},
  };
}
