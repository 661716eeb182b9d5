import type { CaseSpec } from '../case-spec.ts';

const MIB = 1024 * 1024;
const ODD_TEXTS: readonly string[] = [
  'Größe, 中文, עברית, 👩‍👩‍👧‍👦',
  'line\nbreaks\r\nand\u2028separators\u2029',
  '\u0000\u0001\u001b[31m\u007f\u0085',
  'e\u0301 is not \u00e9',
  '"quotes" \\ / {"json": [1, 2]}',
  '',
  // Characters of four bytes, so many that they fall across every boundary of a chunk.
  '😀'.repeat(100_000),
];

export const MESSAGE_CASES: readonly CaseSpec[] = [
  {
    title: 'reports each message as flushed: once, and before its answer',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      for (let n = 0; n < 20; n++) {
        const value = await run.ask(connection, 'echo', { value: n });
        run.check(value === n, `the answer to echo holds ${JSON.stringify(value)}, not ${n}`);
      }
    },
  },
  {
    title: 'carries notifications: flushed once, never failed, and they arrive',
    needs: ['seen'],
    body: async (run) => {
      const connection = await run.opened();
      const sent = Array.from({ length: 10 }, (_, n) => run.send(connection, run.notification(`note-${n}`)));
      for (const message of sent) await run.within(message.left, `${message.what} was not flushed`);
      const failure = sent.find(({ error }) => error !== undefined);
      run.check(failure === undefined, `a notification failed: ${failure?.error?.message ?? ''}`);
      await run.eventually(async () => {
        const seen = (await run.ask(connection, 'seen')) as string[];
        return sent.every((_, n) => seen.includes(`note-${n}`));
      }, 'not all notifications arrived');
    },
  },
  {
    title: 'keeps the order of messages, where all share one stream',
    needs: ['echo', 'seen'],
    body: async (run) => {
      const connection = await run.opened();
      if (connection.transport.streamPerRequest) return;
      const keys = Array.from({ length: 100 }, (_, n) => `order-${n}`);
      const sent = keys.map((key) => run.send(connection, run.request('echo', { key, value: key })));
      for (const message of sent) await run.valueOf(message);
      const seen = (await run.ask(connection, 'seen')) as string[];
      const order = seen.filter((key) => key.startsWith('order-'));
      run.check(
        order.join() === keys.join(),
        `messages overtook each other on their way: ${order.slice(0, 8).join(', ')}, …`,
      );
    },
  },
  {
    title: 'keeps many requests in flight apart: each has its own answer, once',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      const sent = Array.from({ length: 200 }, (_, n) =>
        run.send(connection, run.request('echo', { value: n })),
      );
      for (const [n, message] of sent.entries()) {
        const value = await run.valueOf(message);
        run.check(value === n, `${message.what} got the answer of another one: ${JSON.stringify(value)}`);
      }
    },
  },
  {
    title: 'lets answers come in another order than their requests',
    needs: ['hold', 'release'],
    body: async (run) => {
      const connection = await run.opened();
      const held = Array.from({ length: 5 }, (_, n) =>
        run.send(connection, run.request('hold', { key: `hold-${n}` })),
      );
      for (const message of held) await run.within(message.left, `${message.what} was not flushed`);
      for (const n of [4, 2, 0, 3, 1]) {
        // Over several connections the request to be released may come after its release.
        await run.eventually(async () => {
          await run.ask(connection, 'release', { held: `hold-${n}` });
          return held[n]!.settled;
        }, `the held request ${n} was not answered`);
        const value = await run.valueOf(held[n]!);
        run.check(value === `hold-${n}`, `the held request ${n} got the answer ${JSON.stringify(value)}`);
      }
    },
  },
  {
    title: 'carries large messages both ways, whole',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      const large = Array.from({ length: MIB / 16 }, (_, n) => String(n).padStart(16, '.')).join('');
      for (const value of await Promise.all(
        [1, 2, 3].map(() => run.ask(connection, 'echo', { value: large })),
      )) {
        run.check(value === large, `1 MiB went out, and ${String(value).length} other characters came back`);
      }
    },
  },
  {
    title: 'carries every text as it is: Unicode, control characters, line breaks',
    needs: ['echo'],
    body: async (run) => {
      const connection = await run.opened();
      for (const text of ODD_TEXTS) {
        const value = await run.ask(connection, 'echo', { value: text });
        const shown = JSON.stringify(text.slice(0, 40));
        run.check(
          value === text,
          `the text ${shown} came back as ${JSON.stringify(String(value).slice(0, 40))}`,
        );
      }
    },
  },
  {
    title: 'delivers what the peer says unasked, in order, before the answer that came after it',
    needs: ['tell'],
    body: async (run) => {
      const connection = await run.opened();
      await run.ask(connection, 'tell', { count: 100 });
      const heard = connection.receiver.notifications.map(({ n }) => n);
      run.check(
        heard.length === 100 && heard.every((n, index) => n === index),
        `100 notifications were sent; delivered were ${heard.length}: ${heard.slice(0, 8).join(', ')}, …`,
      );
    },
  },
  {
    title: 'goes on after a request was given up, flushed or not',
    needs: ['echo', 'silent'],
    body: async (run) => {
      const connection = await run.opened();
      const { transport } = connection;
      const waiting = run.send(connection, run.request('silent'));
      await run.within(waiting.left, `${waiting.what} was not flushed`);
      const unsent = run.send(connection, run.request('silent'));
      for (const message of [waiting, unsent, run.request('silent')]) {
        message.giveUp();
        transport.abandon(message);
        transport.abandon(message);
      }
      const answered = run.request('echo', { value: 1 });
      await run.answer(connection, answered);
      transport.abandon(answered);
      const value = await run.ask(connection, 'echo', { value: 2 });
      run.check(value === 2, 'after a request was given up the connection answers something else');
    },
  },
  {
    title: 'reports what is no message as noise, within bounds, and goes on',
    needs: ['noise'],
    body: async (run) => {
      const connection = await run.opened();
      const { noises } = connection.receiver;
      for (const text of ['this is no message', 'x'.repeat(100_000)]) {
        const before = noises.length;
        const value = await run.ask(connection, 'noise', { text });
        run.check(value === text, 'the answer after the noise is another one');
        run.check(noises.length > before, 'what is no message was not reported to receiver.noise');
      }
    },
  },
];
