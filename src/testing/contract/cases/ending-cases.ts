import type { CaseSpec } from '../case-spec.ts';
import type { ContractMessage } from '../contract-message.ts';
import type { ContractConnection, ContractRun } from '../contract-run.ts';

/** The reason of a loss that a person and a program can use. */
async function lost(run: ContractRun, connection: ContractConnection, after: string): Promise<void> {
  const reason = await run.ended(connection, after);
  run.check(reason.kind !== 'local', `\`closed\` says "local" ${after}; it was not ended on our side`);
}

/** A flushed request whose connection ended: either it is told so, or `closed` tells it for all. */
async function failsOrIsLost(
  run: ContractRun,
  connection: ContractConnection,
  message: ContractMessage,
  after: string,
): Promise<void> {
  const closed = connection.transport.closed.then(() => 'closed' as const);
  const first = await run.within(
    Promise.race([message.outcome, closed]),
    `${message.what} neither failed nor did \`closed\` resolve ${after}`,
  );
  if (first === 'closed') return;
  run.check(first.kind === 'failed', `${message.what} was answered ${after}`);
  const { error } = message;
  run.check(error!.delivered !== 'no', `${message.what} had left, and failed as not delivered ${after}`);
  run.keepsSecrets(error!.message, 'the error of a request');
}

function breaking(command: 'die' | 'end', how: string): CaseSpec {
  const after = `after the peer ${how}`;
  return {
    title: `the peer ${how}: what is in flight fails, typed, and the loss is told with its reason`,
    needs: [command, 'silent', 'echo'],
    body: async (run) => {
      const connection = await run.opened();
      const { transport } = connection;
      const waiting = run.send(connection, run.request('silent'));
      await run.within(waiting.left, `${waiting.what} was not flushed`);
      const breaks = run.send(connection, run.request(command));
      await failsOrIsLost(run, connection, breaks, after);
      if (transport.streamPerRequest) {
        // Only the exchange of that request broke.
        run.check(
          !waiting.settled || waiting.error !== undefined,
          'a request that is never answered was answered',
        );
        const value = await run.ask(connection, 'echo', { value: 1 });
        run.check(value === 1, `another request is not answered ${after}`);
      } else {
        await lost(run, connection, after);
        await run.refused(connection, after);
      }
      await run.within(transport.close(), `close() did not settle ${after}`);
      await run.ended(connection, `after close(), ${after}`);
    },
  };
}

export const ENDING_CASES: readonly CaseSpec[] = [
  breaking('die', 'dies'),
  breaking('end', 'ends in good order'),
  {
    title: 'close ends it: `closed` says "local", and what is sent later fails',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      await run.ask(connection, 'echo', { value: 1 });
      await run.within(connection.transport.close(), 'close() did not settle');
      await run.endedLocally(connection, 'after close()');
      await run.refused(connection, 'after close()');
    },
  },
  {
    title: 'destroy ends it: `closed` says "local", and what is sent later fails',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      await run.ask(connection, 'echo', { value: 1 });
      connection.transport.destroy();
      await run.endedLocally(connection, 'after destroy()');
      await run.refused(connection, 'after destroy()');
    },
  },
  {
    title: 'close and destroy can be called again, in any order',
    needs: [],
    body: async (run) => {
      for (const ends of [
        ['close', 'close', 'destroy'],
        ['destroy', 'destroy', 'close'],
        ['close', 'destroy', 'close'],
      ] as const) {
        const connection = await run.opened();
        const { transport } = connection;
        const done = ends.map((end) =>
          end === 'close' ? transport.close() : Promise.resolve(transport.destroy()),
        );
        await run.within(Promise.all(done), `${ends.join('(), ')}() did not settle`);
        await run.endedLocally(connection, `after ${ends.join('(), ')}()`);
        await run.within(transport.close(), 'close() of what has ended did not settle');
      }
    },
  },
  {
    title: 'close loses nothing in silence: what was sent has left, or is told to have failed',
    needs: [],
    body: async (run) => {
      const connection = await run.opened();
      const sent = Array.from({ length: 20 }, (_, n) => run.send(connection, run.notification(`last-${n}`)));
      await run.within(connection.transport.close(), 'close() did not settle');
      await run.endedLocally(connection, 'after close()');
      const missing = sent.filter(({ wasFlushed, error }) => !wasFlushed && error === undefined);
      run.check(
        missing.length === 0,
        `${missing.length} of 20 messages were lost by close(): not flushed, not failed`,
      );
    },
  },
  {
    title: 'destroy with requests in flight: those that have not left fail, and nothing comes afterwards',
    needs: ['silent', 'echo'],
    body: async (run) => {
      const connection = await run.opened();
      const waiting = run.send(connection, run.request('silent'));
      await run.within(waiting.left, `${waiting.what} was not flushed`);
      const sent = [1, 2, 3].map((value) => run.send(connection, run.request('echo', { value })));
      connection.transport.destroy();
      await run.endedLocally(connection, 'after destroy() with requests in flight');
      const missing = sent.filter(({ wasFlushed, settled }) => !wasFlushed && !settled);
      run.check(
        missing.length === 0,
        `${missing.length} requests were lost by destroy(): not flushed, not failed`,
      );
    },
  },
];
