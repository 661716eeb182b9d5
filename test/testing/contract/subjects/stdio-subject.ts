import { join } from 'node:path';
import type { ContractSubject } from '../../../../src/testing/index.ts';
import { StdioTransport } from '../../../../src/transports/stdio/stdio-transport.ts';
import { QUICK_STOP } from '../../../helpers/stdio-probe.ts';

export const CONTRACT_STDIO: string = join(
  import.meta.dirname,
  '../../../fixtures/servers/contract-stdio.mjs',
);

export const stdioSubject: ContractSubject = {
  start: () => ({
    transport: (context) =>
      new StdioTransport({ command: process.execPath, args: [CONTRACT_STDIO], stop: QUICK_STOP }, context),
    stop: () => {},
  }),
  unreachable: (context) => new StdioTransport({ command: '/no/such/program', stop: QUICK_STOP }, context),
};
