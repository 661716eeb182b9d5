/**
 * A stdio MCP server of both eras that misbehaves as its control file says, and notes in its journal what it does.
 * {@link faultServerCommand} makes its command line: one JSON argument, see {@link ProgramOptions}.
 */
import { systemClock } from '../../../core/clock.ts';
import { FaultPlan } from '../../faults/fault-plan.ts';
import { seededRandom } from '../../seeded-random.ts';
import { Answers } from '../answers.ts';
import { FaultService } from '../fault-service.ts';
import { ControlFileReader } from './control-file.ts';
import { JournalFile } from './journal-file.ts';
import { controlPath, journalPath, type ProgramOptions } from './program-options.ts';
import { StdioFront } from './stdio-front.ts';
import { writeAll } from './write-all.ts';

const { folder, era, seed } = JSON.parse(process.argv[2] ?? '') as ProgramOptions;
const journal = new JournalFile(journalPath(folder));
const control = new ControlFileReader(controlPath(folder));
const { past } = journal;
const clock = systemClock;

// With the same numbers after each restart, a process that is to die now and then would die for ever at one place.
const random = seededRandom(seed + past.filter(({ event }) => event === 'start').length);
const plan = new FaultPlan(() => control.read(), random);
for (const entry of past) if (entry.event === 'fault') plan.recall(entry.rule);
journal.append({ event: 'start', pid: process.pid, at: performance.timeOrigin });

function exit(code: number): never {
  journal.append({ event: 'end', pid: process.pid });
  process.exit(code);
}

const answers = new Answers({ era, clock, journal, past });
const front = new StdioFront({
  service: new FaultService({ answers, plan, journal, clock, random }),
  write: (bytes) => {
    try {
      writeAll(1, bytes);
    } catch {
      exit(1); // nobody reads any more
    }
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  exit,
});
process.stdin.on('data', (bytes: Buffer) => front.push(bytes));
process.stdin.on('end', () => exit(0));
