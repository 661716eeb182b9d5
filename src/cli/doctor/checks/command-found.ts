import { statSync } from 'node:fs';
import { findProgram } from '../../../transports/process/sandbox/find-program.ts';
import type { Finding } from '../finding.ts';
import type { EntrySubject } from '../subject.ts';

/** Whether the program of an entry is there, may be executed, and has its folder. Nothing is started. */
export function checkCommand({ entry, env, place }: EntrySubject): Finding[] {
  const { launch } = entry['x-signalbox'] ?? {};
  const started = entry.command === undefined ? launch : entry;
  if (started?.command === undefined) return [];
  const key = entry.command === undefined ? ['x-signalbox', 'launch'] : [];
  const { command, cwd } = started;
  const findings: Finding[] = [];
  if (cwd !== undefined && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    findings.push({
      check: 'command',
      level: 'error',
      what: `its working folder ${cwd} does not exist`,
      cure: 'create the folder, or correct "cwd"',
      place: place(...key, 'cwd'),
    });
  }
  // Windows finds programs in more ways than one; there the start tells.
  if (process.platform === 'win32') return findings;
  const path = started.env?.['PATH'] ?? env['PATH'];
  const found = findProgram(command, { path, cwd: cwd ?? process.cwd() });
  if (typeof found === 'object') {
    findings.push({ check: 'command', level: 'ok', what: `${command} is ${found.program}` });
  } else if (found === 'EACCES') {
    findings.push({
      check: 'command',
      level: 'error',
      what: `the program "${command}" is there and cannot be executed`,
      cure: `chmod +x it, or start it by its interpreter ("command": "node", "args": ["${command}"])`,
      place: place(...key, 'command'),
    });
  } else {
    findings.push({
      check: 'command',
      level: 'error',
      what: `the program "${command}" was not found`,
      cure: command.includes('/')
        ? 'correct the path'
        : 'install it, or give its full path if it is not in PATH',
      place: place(...key, 'command'),
    });
  }
  return findings;
}
