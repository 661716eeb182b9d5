import { systemClock } from '../../../src/core/clock.ts';
import { FaultPlan } from '../../../src/testing/faults/fault-plan.ts';
import { RuleBook } from '../../../src/testing/faults/rule-book.ts';
import type { FaultServerEra } from '../../../src/testing/index.ts';
import { Answers } from '../../../src/testing/server/answers.ts';
import { FaultService } from '../../../src/testing/server/fault-service.ts';
import { StdioFront } from '../../../src/testing/server/stdio/stdio-front.ts';
import type { MemoryLink, MemoryPeer } from '../../../src/transports/memory-transport.ts';

/** A server of the public ones, in this process: the answers are theirs, only what carries them is not. */
export class MemoryFaultServer {
  /** Calls that it has executed. */
  executed = 0;
  readonly #links: Set<MemoryLink> = new Set();
  readonly #service: FaultService;

  constructor(era: FaultServerEra) {
    // A count in place of a journal: what is to be weighed is the client.
    const journal = {
      append: ({ event }: { readonly event: string }): void => {
        if (event === 'call') this.executed++;
      },
    };
    const rules = new RuleBook('stdio');
    const random = (): number => 0.5;
    this.#service = new FaultService({
      answers: new Answers({ era, clock: systemClock, journal, past: [] }),
      plan: new FaultPlan(() => rules, random),
      ...{ journal, clock: systemClock, random },
    });
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#links.size;
  }

  readonly peer: MemoryPeer = (link) => {
    this.#links.add(link);
    const front = new StdioFront({
      service: this.#service,
      // In a later turn of the loop, as from a server elsewhere: within one turn, who calls the server that answers
      // would keep everybody else from theirs.
      write: (bytes) => setImmediate(() => link.send(bytes.toString().trimEnd())),
      die: () => link.close(),
      exit: () => link.close(),
    });
    return {
      receive: (text) => front.push(Buffer.from(`${text}\n`)),
      closed: () => this.#links.delete(link),
    };
  };
}
