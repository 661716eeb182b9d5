import type { CaseSpec } from '../case-spec.ts';
import type { ContractMessage } from '../contract-message.ts';

const KIB = 1024;
const LIMIT = 64 * KIB;
const TOO_LARGE: ReadonlySet<unknown> = new Set(['FRAME_TOO_LARGE', 'BODY_TOO_LARGE']);
const WAITING_BYTES = 64 * KIB * KIB;

export const LIMIT_CASES: readonly CaseSpec[] = [
  {
    title: 'refuses a message beyond limits.frameBytes or limits.bodyBytes, and does not deliver it',
    needs: ['huge'],
    body: async (run) => {
      const connection = await run.opened({ frameBytes: LIMIT, bodyBytes: LIMIT });
      const { transport, receiver } = connection;
      const message = run.send(connection, run.request('huge', { bytes: 16 * LIMIT }));
      const first = await run.within(
        Promise.race([message.outcome, transport.closed]),
        `${message.what} was neither refused nor was the connection ended`,
      );
      run.check(
        first.kind !== 'answered',
        `an answer of ${16 * LIMIT} characters was delivered with limits of ${LIMIT}`,
      );
      run.check(receiver.characters < 16 * LIMIT, 'what is beyond the limits was delivered');
      const code = 'error' in first ? first.error.code : undefined;
      run.check(TOO_LARGE.has(code), `it ended with ${code}, not with FRAME_TOO_LARGE or BODY_TOO_LARGE`);
    },
  },
  {
    title: 'lets no more wait for a peer that does not read than limits.sendQueueBytes',
    needs: ['stall'],
    body: async (run) => {
      const connection = await run.opened({ sendQueueBytes: LIMIT });
      await run.ask(connection, 'stall');
      const value = 'x'.repeat(4 * LIMIT);
      const sent: ContractMessage[] = [];
      // What the system takes in by itself is not ours to bound; 64 MiB it does not.
      for (
        let bytes = 0;
        bytes < WAITING_BYTES && sent.every(({ error }) => error === undefined);
        bytes += value.length
      ) {
        sent.push(run.send(connection, run.request('echo', { value })));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const refused = sent.find(({ error }) => error !== undefined);
      run.check(refused !== undefined, '64 MiB were taken for a peer that does not read');
      const { code, delivered } = refused!.error!;
      run.check(code === 'BACKPRESSURE', `the peer does not read, and a request failed with ${code}`);
      run.check(delivered === 'no', `a request that found no room failed as delivered: ${delivered}`);
      connection.transport.destroy();
      await run.endedLocally(connection, 'after destroy(), with a peer that does not read');
      const missing = sent.filter(({ wasFlushed, settled }) => !wasFlushed && !settled);
      run.check(
        missing.length === 0,
        `${missing.length} requests were lost by destroy(): not flushed, not failed`,
      );
    },
  },
];
