import { beginsMessage } from './line-framing.ts';

/**
 * Assembles messages that a server pretty-prints over several lines (`x-signalbox.framing: 'tolerant'`).
 *
 * It follows the nesting of brackets outside of strings; a line that does not begin a JSON object while none is open
 * is noise and is handed on alone. What is held is bounded by the same limit as a line.
 */
export class MessageAssembler {
  readonly #deliver: (text: string) => void;
  readonly #tooLarge: () => void;
  readonly #maxBytes: number;
  #lines: string[] = [];
  #bytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(deliver: (text: string) => void, tooLarge: () => void, maxBytes: number) {
    this.#deliver = deliver;
    this.#tooLarge = tooLarge;
    this.#maxBytes = maxBytes;
  }

  line(text: string): void {
    if (this.#lines.length === 0 && !beginsMessage(text)) {
      this.#deliver(text);
      return;
    }
    // Three bytes a character is what UTF-8 needs at most for one UTF-16 unit.
    this.#bytes += text.length * 3;
    if (this.#bytes > this.#maxBytes * 3) {
      this.#reset();
      this.#tooLarge();
      return;
    }
    this.#lines.push(text);
    this.#scan(text);
    if (this.#depth > 0) return;
    const whole = this.#lines.join('\n');
    this.#reset();
    this.#deliver(whole);
  }

  #scan(text: string): void {
    for (let index = 0; index < text.length; index++) {
      const char = text[index];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (char === '\\') this.#escaped = true;
        else if (char === '"') this.#inString = false;
      } else if (char === '"') this.#inString = true;
      else if (char === '{' || char === '[') this.#depth++;
      else if (char === '}' || char === ']') this.#depth--;
    }
    // A raw line break cannot stand in a JSON string: an open string is broken, not continued.
    this.#inString = false;
    this.#escaped = false;
  }

  #reset(): void {
    this.#lines = [];
    this.#bytes = 0;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
  }
}
