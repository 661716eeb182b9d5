import picocolors from 'picocolors';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { Redactor } from '../../core/redact.ts';
import type { CliIo, TerminalStream } from '../cli-io.ts';

/** Functions that colour text, or do not. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Longest text of a peer on one line, in characters. */
const MAX_LINE = 1000;

const MAX_LIVE_LINES = 20;

/**
 * Where the command line writes: results to stdout, all else to stderr. Lines that are updated in place (progress)
 * stand below everything that was written to stderr before, and only where stderr is a terminal.
 */
export class Terminal {
  readonly out: Colors;
  readonly err: Colors;
  readonly #stdout: TerminalStream;
  readonly #stderr: TerminalStream;
  readonly #redactor: Redactor;
  readonly #isLive: boolean;
  readonly #isDumb: boolean;
  #live: readonly string[] = [];

  constructor(io: CliIo, useColor: boolean) {
    this.#stdout = io.stdout;
    this.#stderr = io.stderr;
    this.#redactor = io.redactor;
    this.out = picocolors.createColors(useColor && wantsColor(io.stdout, io.env));
    this.err = picocolors.createColors(useColor && wantsColor(io.stderr, io.env));
    this.#isDumb = io.env['TERM'] === 'dumb';
    this.#isLive = io.stderr.isTTY === true && !this.#isDumb;
  }

  /** Width of what stdout leads to, in columns; undefined for files and pipes. */
  get width(): number | undefined {
    return this.#stdout.isTTY === true ? columnsOf(this.#stdout) : undefined;
  }

  /** Rows of what stdout leads to; undefined for files, pipes, and where nothing can be drawn. */
  get rows(): number | undefined {
    if (this.width === undefined || this.#isDumb) return undefined;
    const { rows } = this.#stdout;
    return rows === undefined || rows === 0 ? 24 : rows;
  }

  /** Width of what stderr leads to, in columns. */
  get errorWidth(): number {
    return columnsOf(this.#stderr) ?? 80;
  }

  /** How many lines can be updated in place: what has scrolled away cannot. */
  get maxLiveLines(): number {
    const { rows } = this.#stderr;
    return Math.max(1, Math.min(MAX_LIVE_LINES, (rows === undefined || rows === 0 ? 24 : rows) - 2));
  }

  /** True if somebody may be looking at stderr. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Text of a peer for one line: bounded, without control characters and secrets (S16, S18). */
  peer(text: string, maxLength: number = MAX_LINE): string {
    // Once before the cut, which could leave half a secret, and once after the removal of what may split one.
    return this.#redactor.text(sanitizePeerText(this.#redactor.text(text), maxLength));
  }

  /** Writes a result to stdout. It must be safe already. */
  print(text: string): void {
    this.#clearLive();
    this.#stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    this.#drawLive();
  }

  /** Writes bytes to stdout as they are. */
  printRaw(data: string | Uint8Array): void {
    this.#clearLive();
    this.#stdout.write(data);
    this.#drawLive();
  }

  /** Writes a line to stderr, without secrets. It must be safe otherwise. */
  note(line: string): void {
    this.#clearLive();
    this.#stderr.write(`${this.#redactor.text(line)}\n`);
    this.#drawLive();
  }

  /** Sets the lines that are updated in place; none clears them. Does nothing where stderr is no terminal. */
  live(lines: readonly string[]): void {
    if (!this.#isLive || isSame(lines, this.#live)) return;
    this.#clearLive();
    this.#live = lines;
    this.#drawLive();
  }

  #clearLive(): void {
    if (this.#live.length > 0) this.#stderr.write(`\u001B[${this.#live.length}A\u001B[0J`);
  }

  #drawLive(): void {
    for (const line of this.#live) this.#stderr.write(`${this.#redactor.text(line)}\n`);
  }
}

/** A terminal that does not know its width says 0. */
function columnsOf(stream: TerminalStream): number | undefined {
  return stream.columns === 0 ? undefined : stream.columns;
}

function isSame(lines: readonly string[], others: readonly string[]): boolean {
  return lines.length === others.length && lines.every((line, index) => line === others[index]);
}

function wantsColor(stream: TerminalStream, env: CliIo['env']): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '' && forced !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
