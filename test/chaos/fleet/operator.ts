import type { ServerRegistry } from '../../../src/index.ts';
import type { Deed, OperatorDeed } from '../plan/fault-menu.ts';

/** Does with a server what people and programs do. Never rejects: what comes of it the calls tell. */
export function operate(registry: ServerRegistry, server: string, deed: OperatorDeed): void {
  switch (deed.do) {
    case 'reconnect':
      registry
        .getServer(server)
        ?.client.reconnect()
        .catch(() => undefined);
      return;
    case 'retire':
      registry.markUnavailable(server, 'taken out of service by the run');
      return;
    case 'restore':
      // It resolves with a failure to connect, which the server then goes on repairing by itself.
      void registry.markAvailable(server);
      return;
  }
}

const OPERATOR_DEEDS: ReadonlySet<string> = new Set<OperatorDeed['do']>(['reconnect', 'retire', 'restore']);

export function isForOperator(deed: Deed): deed is OperatorDeed {
  return OPERATOR_DEEDS.has(deed.do);
}
