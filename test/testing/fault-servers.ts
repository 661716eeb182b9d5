import { afterEach } from 'vitest';
import {
  type FaultControl,
  type FaultServer,
  type FaultServerCommand,
  type FaultServerCommandEntry,
  type FaultServerEntry,
  type FaultServerEra,
  type FaultServerOptions,
  faultServerCommand,
  type Journal,
  startFaultServer,
} from '../../src/testing/index.ts';
import type { Wire } from '../helpers/protocol-peer.ts';

/** What the fault servers of all wires have in common. */
export interface AnyFaultServer {
  readonly entry: FaultServerEntry | FaultServerCommandEntry;
  readonly faults: FaultControl;
  readonly journal: Journal;
}

export interface FaultServers {
  on(wire: Wire, options?: { readonly era?: FaultServerEra }): Promise<AnyFaultServer>;
  http(options?: FaultServerOptions): Promise<FaultServer>;
  stdio(options?: Parameters<typeof faultServerCommand>[0]): FaultServerCommand;
}

/** Starts fault servers that are closed after each test. Call it before `testFactories`: hooks run in reverse order. */
export function testFaultServers(): FaultServers {
  const started: { close(): void | Promise<void> }[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) await server.close();
  });
  const http = async (options?: FaultServerOptions): Promise<FaultServer> => {
    const server = await startFaultServer(options);
    started.push(server);
    return server;
  };
  const stdio: FaultServers['stdio'] = (options) => {
    const server = faultServerCommand(options);
    started.push(server);
    return server;
  };
  return {
    http,
    stdio,
    on: async (wire, { era } = {}) => {
      const own = era === undefined ? {} : { era };
      return wire === 'stdio' ? stdio(own) : await http({ ...own, wire });
    },
  };
}
