import { SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { beginsMessage, LineDecoder, type LineFault } from '../../wire/line-framing.ts';
import { MessageAssembler } from '../../wire/tolerant-framing.ts';
import type { TransportReceiver } from '../transport.ts';
import type { TransportLimits } from '../transport-context.ts';

/** `strict`: one message a line, as MCP demands. `tolerant`: messages may be spread over lines. */
export type StdioFraming = 'strict' | 'tolerant';

/** What {@link InboundLines} is made with. */
export interface InboundLinesOptions {
  readonly server: string;
  readonly framing: StdioFraming;
  readonly limits: TransportLimits;
  readonly logger: Logger;
  readonly receiver: TransportReceiver;
  /** What arrives cannot be used any more. Called at most once; nothing is delivered afterwards. */
  readonly onFatal: (error: SignalboxError) => void;
}

const SAMPLE_LENGTH = 200;
/** What a line looks like in the middle of JSON that was printed for people. */
const MIDDLE_OF_JSON = /^\s*(?:"(?:[^"\\]|\\.){0,200}"\s*:|[}\]],?\s*$)/u;

/** From the bytes of a server's stdout to messages and noise. */
export class InboundLines {
  readonly #options: InboundLinesOptions;
  readonly #decoder: LineDecoder;
  readonly #assembler: MessageAssembler | undefined;
  #badFramesInRow = 0;
  #warned = false;
  #atEnd = false;
  #stopped = false;

  constructor(options: InboundLinesOptions) {
    this.#options = options;
    const { framing, limits } = options;
    this.#decoder = new LineDecoder(
      { line: (text) => this.#line(text), fault: (fault, sample) => this.#fault(fault, sample) },
      limits.frameBytes,
    );
    this.#assembler =
      framing === 'tolerant'
        ? new MessageAssembler(
            (text) => this.#deliver(text),
            () => this.#fault('too-large', ''),
            limits.frameBytes,
          )
        : undefined;
  }

  push(chunk: Buffer): void {
    if (!this.#stopped) this.#decoder.push(chunk);
  }

  /** The stream has ended. */
  end(): void {
    if (this.#stopped) return;
    this.#atEnd = true;
    this.#decoder.end();
    this.#stopped = true;
  }

  /** Nothing is delivered from now on. */
  stop(): void {
    this.#stopped = true;
  }

  #line(text: string): void {
    // One chunk may hold lines behind the one that made us stop.
    if (this.#stopped) return;
    // F-039, F-006: a last line without line break counts if it is whole; half a message is none.
    if (this.#atEnd && beginsMessage(text) && this.#assembler === undefined && !isJson(text)) return;
    if (this.#assembler === undefined) this.#deliver(text);
    else this.#assembler.line(text);
  }

  #deliver(text: string): void {
    if (!beginsMessage(text)) {
      this.#noise(text);
      return;
    }
    this.#badFramesInRow = 0;
    this.#options.receiver.message(text, undefined);
  }

  #noise(text: string): void {
    const sample = text.slice(0, SAMPLE_LENGTH);
    if (!this.#warned) {
      this.#warned = true;
      const { logger, server, framing } = this.#options;
      // F-032, F-040: once, with what was seen, or a chatty server would fill the log.
      logger.warn(
        framing === 'strict' && MIDDLE_OF_JSON.test(text)
          ? 'the server prints its messages over several lines; "framing": "tolerant" reads them'
          : 'the server writes to stdout what is no protocol message; logs belong on stderr',
        { server, sample: sanitizePeerText(sample) },
      );
    }
    this.#options.receiver.noise('not-json', sample);
  }

  #fault(fault: LineFault, sample: string): void {
    if (this.#stopped) return;
    const { server, limits, receiver } = this.#options;
    if (fault === 'too-large') {
      const what = `the server sent a line of more than ${limits.frameBytes} bytes; raise limits.frameBytes if it is right`;
      this.#fatal(new SignalboxError('FRAME_TOO_LARGE', what, { server, delivered: 'unknown' }));
      return;
    }
    receiver.noise('invalid-utf8', sample);
    this.#badFramesInRow++;
    if (this.#badFramesInRow < limits.badFrames) return;
    const what = `the server sent ${this.#badFramesInRow} lines in a row that are not UTF-8; check what it writes to stdout`;
    this.#fatal(new SignalboxError('BAD_FRAME', what, { server, delivered: 'unknown' }));
  }

  #fatal(error: SignalboxError): void {
    this.#stopped = true;
    this.#options.onFatal(error);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
