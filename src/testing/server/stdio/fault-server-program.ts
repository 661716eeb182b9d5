/**
 * A stdio MCP server of both eras that misbehaves as its control file says, and notes in its journal what it does.
 * {@link faultServerCommand} makes its command line: one JSON argument, see {@link ProgramOptions}.
 */
import type { ProgramOptions } from './program-options.ts';
import { serveStdio } from './serve-stdio.ts';
import { writeAll } from './write-all.ts';

serveStdio(JSON.parse(process.argv[2] ?? '') as ProgramOptions, {
  pid: process.pid,
  bornAt: performance.timeOrigin,
  stdin: process.stdin,
  write: (bytes) => writeAll(1, bytes),
  die: () => process.kill(process.pid, 'SIGKILL'),
  exit: (code) => process.exit(code),
});
