import { isObject } from '../../../wire/json-rpc.ts';
import type { CaseSpec } from '../case-spec.ts';
import type { ContractConnection, ContractRun } from '../contract-run.ts';

function diagnosed(run: ContractRun, { transport }: ContractConnection, when: string): void {
  let found: unknown;
  try {
    found = transport.diagnostics();
  } catch (error) {
    throw run.violation(`diagnostics() threw ${when}: ${String(error)}`, error);
  }
  run.check(isObject(found), `diagnostics() returned no object ${when}`);
  const text = JSON.stringify(found);
  run.keepsSecrets(text, `the diagnostics ${when}`);
  const { url, pid } = found as { readonly url?: unknown; readonly pid?: unknown };
  run.check(pid === undefined || typeof pid === 'number', `the pid in the diagnostics is no number ${when}`);
  if (typeof url !== 'string') return;
  run.check(
    !/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/iu.test(url),
    `the url in the diagnostics holds credentials ${when}`,
  );
}

export const TRAIT_CASES: readonly CaseSpec[] = [
  {
    title: 'tells of itself at any time, without secrets',
    needs: ['echo'],
    body: async (run) => {
      diagnosed(run, await run.made(), 'before it is open');
      const connection = await run.opened();
      await run.ask(connection, 'echo', { value: 1 });
      diagnosed(run, connection, 'while it is open');
      await run.within(connection.transport.close(), 'close() did not settle');
      diagnosed(run, connection, 'after its end');
    },
  },
  {
    title: 'has a kind and traits that stay the same',
    needs: [],
    body: async (run) => {
      const made = await run.made();
      const { kind, streamPerRequest } = made.transport;
      run.check(/^[a-z][a-z0-9-]{0,31}$/u.test(kind), `"${kind}" cannot name a kind of transport`);
      run.check(typeof streamPerRequest === 'boolean', '`streamPerRequest` is no boolean');
      const { transport } = await run.opened();
      run.check(transport.kind === kind, `its kind was "${kind}" and is "${transport.kind}" when it is open`);
      const same = transport.streamPerRequest === streamPerRequest;
      run.check(same, '`streamPerRequest` is another one when it is open');
    },
  },
  {
    title: 'where each request has a stream of its own, giving one up leaves the others alone',
    needs: ['hold', 'release', 'silent'],
    body: async (run) => {
      const connection = await run.opened();
      const { transport } = connection;
      if (!transport.streamPerRequest) return;
      const [given, kept] = [run.request('silent'), run.request('hold', { key: 'kept' })];
      for (const message of [given, kept]) {
        run.send(connection, message);
        await run.within(message.left, `${message.what} was not flushed`);
      }
      given.giveUp();
      transport.abandon(given);
      await run.eventually(async () => {
        await run.ask(connection, 'release', { held: 'kept' });
        return kept.settled;
      }, `${kept.what} has no answer after another request was given up`);
      const value = await run.valueOf(kept);
      run.check(value === 'kept', `${kept.what} has no answer after another request was given up`);
    },
  },
];
