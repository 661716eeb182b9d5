import type { SignalboxError } from '../../../core/errors.ts';
import type { CaseSpec } from '../case-spec.ts';
import type { ContractConnection, ContractRun } from '../contract-run.ts';

const NEVER = new AbortController().signal;

/** Opens with a signal that fires at a certain moment; whatever comes of it must be whole. */
async function openedAborted(run: ContractRun, fire: (abort: () => void) => void): Promise<void> {
  const made = await run.made();
  const aborting = new AbortController();
  const opening = made.transport.open(made.receiver, aborting.signal);
  fire(() => aborting.abort());
  const error = await run.within(
    opening.then(
      () => undefined,
      (reason: unknown) => reason as SignalboxError,
    ),
    'open() did not settle after its signal had fired',
  );
  if (error === undefined) {
    await run.within(made.transport.close(), 'close() did not settle');
  } else {
    run.check(error.code === 'REQUEST_ABORTED', `open() was aborted, and rejected with ${String(error)}`);
  }
  await run.ended(made, 'after open() was aborted');
}

async function endedBefore(run: ContractRun, end: (made: ContractConnection) => void): Promise<void> {
  const made = await run.made();
  end(made);
  await run.endedLocally(made, 'after it was ended before it was opened');
  await run.rejects(made.transport.open(made.receiver, NEVER), 'open() of a transport that has ended');
  await run.refused(made, 'to a transport that never opened');
}

export const OPENING_CASES: readonly CaseSpec[] = [
  {
    title: 'opens, carries a request and its answer, and lets go of the signal',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      const value = await run.ask(connection, 'echo', { value: 'hello' });
      run.check(value === 'hello', `the answer to echo holds ${JSON.stringify(value)}, not "hello"`);
    },
  },
  {
    title: 'is opened once: a second open rejects, typed, and the first goes on',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      await run.rejects(connection.transport.open(connection.receiver, NEVER), 'a second open()');
      const value = await run.ask(connection, 'echo', { value: 1 });
      run.check(value === 1, 'after a second open() the connection answers something else');
    },
  },
  {
    title: 'a signal that has fired already: open rejects with REQUEST_ABORTED, and it is over',
    needs: [],
    body: async (run) => {
      const made = await run.made();
      const opening = made.transport.open(made.receiver, AbortSignal.abort());
      const error = await run.rejects(opening, 'open() with a signal that has fired');
      run.check(
        error.code === 'REQUEST_ABORTED',
        `open() rejected with ${error.code}, not with REQUEST_ABORTED`,
      );
      await run.ended(made, 'after open() was refused by its signal');
    },
  },
  {
    title: 'a signal that fires while it opens: open settles at once, typed, and nothing is left',
    needs: [],
    body: async (run) => {
      await openedAborted(run, (abort) => abort());
      await openedAborted(run, (abort) => queueMicrotask(abort));
      await openedAborted(run, (abort) => void setImmediate(abort));
    },
  },
  {
    title: 'nobody there: open rejects, or else the first request fails, typed and not delivered',
    needs: [],
    lacks: (subject) => (subject.unreachable === undefined ? 'the subject has no `unreachable`' : undefined),
    body: async (run) => {
      const made = await run.unreachable();
      const opened = await run.within(
        made.transport.open(made.receiver, NEVER).then(
          () => undefined,
          (reason: unknown) => ({ reason }),
        ),
        'open() did not settle, where nobody is there',
      );
      if (opened === undefined) {
        const message = run.send(made, run.request('echo', { value: 1 }));
        const outcome = await run.outcomeOf(message);
        run.check(outcome.kind === 'failed', 'a request was answered, where nobody is there');
        const delivered = message.error?.delivered;
        run.check(delivered === 'no', `nobody is there, and the request failed as delivered: ${delivered}`);
        made.transport.destroy();
      } else {
        run.typed(opened.reason, 'open(), where nobody is there,');
        run.keepsSecrets(String(opened.reason), 'the error of open()');
      }
      await run.ended(made, 'after nobody was there');
    },
  },
  {
    title: 'what is sent before it is open fails, typed and not delivered',
    needs: [],
    body: async (run) => run.refused(await run.made(), 'before open()'),
  },
  {
    title: 'closed before it was opened: it is over, and opens no more',
    needs: [],
    body: async (run) => endedBefore(run, ({ transport }) => void transport.close()),
  },
  {
    title: 'destroyed before it was opened: it is over, and opens no more',
    needs: [],
    body: async (run) => endedBefore(run, ({ transport }) => transport.destroy()),
  },
  {
    title: 'destroyed while it opens: open settles, and nothing is left',
    needs: [],
    body: async (run) => {
      const made = await run.made();
      const opening = made.transport.open(made.receiver, NEVER).catch(() => {});
      made.transport.destroy();
      await run.within(opening, 'open() did not settle after destroy()');
      await run.ended(made, 'after destroy() while it opened');
    },
  },
];
