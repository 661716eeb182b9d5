import type { CliIo } from '../cli-io.ts';

const ENTER = '\u001B[?1049h\u001B[?25l';
const LEAVE = '\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

/**
 * The whole terminal, drawn anew again and again. What was there before comes back at the end, whatever ends the
 * program: even a process that exits at once restores it. Lines must be safe and fit.
 */
export class Screen {
  readonly #stdout: CliIo['stdout'];
  #drawn: string | undefined;
  readonly #restore = (): void => void this.#stdout.write(LEAVE);

  constructor(stdout: CliIo['stdout']) {
    this.#stdout = stdout;
    stdout.write(ENTER);
    process.on('exit', this.#restore);
  }

  /** A picture like the last one is not drawn. */
  draw(lines: readonly string[]): void {
    const picture = lines.join(`${CLEAR_LINE}\r\n`);
    if (picture === this.#drawn) return;
    this.#drawn = picture;
    this.#stdout.write(`${HOME}${picture}${CLEAR_LINE}${CLEAR_BELOW}`);
  }

  close(): void {
    process.off('exit', this.#restore);
    this.#restore();
  }
}
