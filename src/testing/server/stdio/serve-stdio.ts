import type { Readable } from 'node:stream';
import { systemClock } from '../../../core/clock.ts';
import { FaultPlan } from '../../faults/fault-plan.ts';
import { seededRandom } from '../../seeded-random.ts';
import { Answers } from '../answers.ts';
import { FaultService } from '../fault-service.ts';
import { ControlFileReader } from './control-file.ts';
import { JournalFile } from './journal-file.ts';
import { controlPath, journalPath, type ProgramOptions } from './program-options.ts';
import { StdioFront } from './stdio-front.ts';

/** The process that a fault server is. */
export interface ServingProcess {
  readonly pid: number;
  /** When it was made, in ms since the epoch. */
  readonly bornAt: number;
  readonly stdin: Readable;
  /** Writes all of it to stdout before it returns. @throws Error if nobody reads any more */
  write(bytes: Buffer | string): void;
  /** Ends at once, without a word. */
  die(): void;
  exit(code: number): void;
}

/** Serves until its input ends; what it does, its journal says. */
export function serveStdio({ folder, era, seed }: ProgramOptions, own: ServingProcess): void {
  const { pid } = own;
  const journal = new JournalFile(journalPath(folder));
  const control = new ControlFileReader(controlPath(folder));
  const { past } = journal;
  const clock = systemClock;
  // With the same numbers after each restart, a process that is to die now and then would die for ever at one place.
  const random = seededRandom(seed + past.filter(({ event }) => event === 'start').length);
  const plan = new FaultPlan(() => control.read(), random);
  for (const entry of past) if (entry.event === 'fault') plan.recall(entry.rule);
  journal.append({ event: 'start', pid, at: own.bornAt });
  const exit = (code: number): void => {
    journal.append({ event: 'end', pid });
    journal.close();
    own.exit(code);
  };
  const answers = new Answers({ era, clock, journal, past });
  const front = new StdioFront({
    service: new FaultService({ answers, plan, journal, clock, random }),
    write: (bytes) => {
      try {
        own.write(bytes);
      } catch {
        exit(1); // nobody reads any more
      }
    },
    die: () => own.die(),
    exit,
  });
  own.stdin.on('data', (bytes: Buffer) => front.push(bytes));
  own.stdin.on('end', () => exit(0));
}
