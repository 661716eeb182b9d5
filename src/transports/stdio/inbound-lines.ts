import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { beginsMessage, LineDecoder, type LineFault, type LineSink } from '../../wire/line-framing.ts';
import { MessageAssembler } from '../../wire/tolerant-framing.ts';
import type { TransportReceiver } from '../transport.ts';
import type { TransportContext } from '../transport-context.ts';

/** `strict`: one message a line, as MCP demands. `tolerant`: messages may be spread over lines. */
export type StdioFraming = 'strict' | 'tolerant';

/** What {@link InboundLines} asks of its transport. */
export interface InboundLinesOwner {
  readonly context: Pick<TransportContext, 'server' | 'limits' | 'logger' | 'tally'>;
  readonly framing: StdioFraming;
  /** What arrives cannot be used any more. Called at most once; nothing is delivered afterwards. */
  linesUnusable(error: SignalboxError): void;
}

const SAMPLE_LENGTH = 200;
/** What a line looks like in the middle of JSON that was printed for people. */
const MIDDLE_OF_JSON = /^\s*(?:"(?:[^"\\]|\\.){0,200}"\s*:|[}\]],?\s*$)/u;

/** From the bytes of a server's stdout to messages and noise. */
export class InboundLines implements LineSink {
  readonly #owner: InboundLinesOwner;
  readonly #receiver: TransportReceiver;
  readonly #decoder: LineDecoder;
  readonly #assembler: MessageAssembler | undefined;
  #badFramesInRow = 0;
  #warned = false;
  #atEnd = false;
  #stopped = false;

  constructor(owner: InboundLinesOwner, receiver: TransportReceiver) {
    this.#owner = owner;
    this.#receiver = receiver;
    const { frameBytes } = owner.context.limits;
    this.#decoder = new LineDecoder(this, frameBytes);
    this.#assembler =
      owner.framing === 'tolerant'
        ? new MessageAssembler(
            (text) => this.#deliver(text),
            () => this.fault('too-large', ''),
            frameBytes,
          )
        : undefined;
  }

  push(chunk: Buffer): void {
    const { tally } = this.#owner.context;
    if (tally !== undefined) tally.bytesReceived += chunk.length;
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

  /** @internal */
  line(text: string): void {
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
    this.#receiver.message(text, undefined);
  }

  #noise(text: string): void {
    const sample = text.slice(0, SAMPLE_LENGTH);
    if (!this.#warned) {
      this.#warned = true;
      const { framing, context } = this.#owner;
      const { logger, server } = context;
      // F-032, F-040: once, with what was seen, or a chatty server would fill the log.
      logger.warn(
        framing === 'strict' && MIDDLE_OF_JSON.test(text)
          ? 'the server prints its messages over several lines; "framing": "tolerant" reads them'
          : 'the server writes to stdout what is no protocol message; logs belong on stderr',
        { server, sample: sanitizePeerText(sample) },
      );
    }
    this.#receiver.noise('not-json', sample);
  }

  /** @internal */
  fault(fault: LineFault, sample: string): void {
    if (this.#stopped) return;
    const { server, limits } = this.#owner.context;
    if (fault === 'too-large') {
      const what = `the server sent a line of more than ${limits.frameBytes} bytes; raise limits.frameBytes if it is right`;
      this.#fatal(new SignalboxError('FRAME_TOO_LARGE', what, { server, delivered: 'unknown' }));
      return;
    }
    this.#receiver.noise('invalid-utf8', sample);
    this.#badFramesInRow++;
    if (this.#badFramesInRow < limits.badFrames) return;
    const what = `the server sent ${this.#badFramesInRow} lines in a row that are not UTF-8; check what it writes to stdout`;
    this.#fatal(new SignalboxError('BAD_FRAME', what, { server, delivered: 'unknown' }));
  }

  #fatal(error: SignalboxError): void {
    this.#stopped = true;
    this.#owner.linesUnusable(error);
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
