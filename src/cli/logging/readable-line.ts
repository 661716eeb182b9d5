import { sanitizePeerText } from '../../core/peer-text.ts';
import type { Colors } from '../output/terminal.ts';

const MAX_MESSAGE = 1000;
const MAX_FIELD = 2000;

/** Turns a line of JSON from the log into a short line for people. */
export function readableLine(json: string, colors: Colors): string {
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return sanitizePeerText(json, MAX_MESSAGE);
  }
  const { level, time, msg, server, event: _event, ...rest } = line;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const name = textOf(level);
  const parts = [colors.dim(clock), paint(name, colors)(name.padEnd(5))];
  if (server !== undefined) parts.push(colors.bold(sanitizePeerText(textOf(server), 64)));
  parts.push(sanitizePeerText(textOf(msg), MAX_MESSAGE));
  for (const [key, value] of Object.entries(rest)) {
    parts.push(colors.dim(`${sanitizePeerText(key, 64)}=${sanitizePeerText(textOf(value), MAX_FIELD)}`));
  }
  return parts.join(' ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function paint(level: string, colors: Colors): (text: string) => string {
  if (level === 'error') return colors.red;
  if (level === 'warn') return colors.yellow;
  if (level === 'info') return colors.green;
  return colors.dim;
}
