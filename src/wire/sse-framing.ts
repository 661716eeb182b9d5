import { ChunkList } from './chunk-list.ts';

/** One event of a server-sent event stream. */
export interface SseEvent {
  /** `message` unless the stream says otherwise. */
  readonly event: string;
  readonly data: string;
  /** The last event id as of this event; undefined if the stream never set one. */
  readonly id: string | undefined;
  /** True if this event brought the id itself, false if it stands from an earlier one. */
  readonly setsId: boolean;
}

/** What an {@link SseDecoder} hands on. */
export interface SseSink {
  /** A complete event. Events without data are handed on too: they may carry an id. */
  event(event: SseEvent): void;
  /** The stream's `retry:` field, in ms. */
  retry(delayMs: number): void;
  /** An event or line exceeded its limit; the decoder is dead afterwards. */
  tooLarge(): void;
}

const LF = 0x0a;
const CR = 0x0d;
const MAX_EVENT_ID_LENGTH = 1024;
/**
 * Parses `text/event-stream` as the WHATWG standard has it (line breaks CR, LF or CRLF cut anywhere, BOM, comments),
 * within bounds: one event never holds more than `maxEventBytes` (F-099, F-108).
 */
export class SseDecoder {
  readonly #sink: SseSink;
  readonly #maxEventBytes: number;
  readonly #held: ChunkList = new ChunkList();
  #data: string[] = [];
  #dataBytes = 0;
  #event = '';
  #id: string | undefined;
  #setsId = false;
  #sawField = false;
  #skipLf = false;
  #atStart = true;
  #dead = false;

  constructor(sink: SseSink, maxEventBytes: number) {
    this.#sink = sink;
    this.#maxEventBytes = maxEventBytes;
  }

  push(chunk: Buffer): void {
    let start = 0;
    // Where the next CR and LF are is looked up once each and again only when passed: a search is a native scan.
    let lf = chunk.indexOf(LF);
    let cr = chunk.indexOf(CR);
    while (!this.#dead && start < chunk.length) {
      if (this.#skipLf) {
        this.#skipLf = false;
        if (chunk[start] === LF) {
          start++;
          if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start);
          continue;
        }
      }
      const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
      if (end === -1) {
        this.#hold(start === 0 ? chunk : chunk.subarray(start));
        return;
      }
      this.#line(chunk.subarray(start, end));
      start = end + 1;
      if (end === cr) {
        this.#skipLf = true;
        cr = chunk.indexOf(CR, start);
      } else {
        lf = chunk.indexOf(LF, start);
      }
    }
  }

  #hold(part: Buffer): void {
    if (this.#held.bytes + part.length + this.#dataBytes > this.#maxEventBytes) this.#fail();
    else this.#held.push(part);
  }

  #line(last: Buffer): void {
    const line = this.#held.take(last);
    if (line.length + this.#dataBytes > this.#maxEventBytes) {
      this.#fail();
      return;
    }
    let text = line.toString('utf8');
    if (this.#atStart) {
      this.#atStart = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    if (text === '') this.#dispatch();
    else this.#field(text, line.length);
  }

  #field(line: string, bytes: number): void {
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment: keep-alive
    const name = colon === -1 ? line : line.slice(0, colon);
    let value = '';
    if (colon !== -1) value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      this.#data.push(value);
      this.#dataBytes += bytes;
      this.#sawField = true;
    } else if (name === 'event') {
      this.#event = value;
      this.#sawField = true;
    } else if (name === 'id') {
      // F-115: an id that could break a header, or that is unreasonably long, is not used.
      // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
      if (value.length <= MAX_EVENT_ID_LENGTH && !/[\u0000-\u001F\u007F]/u.test(value)) {
        this.#id = value;
        this.#setsId = true;
      }
      this.#sawField = true;
    } else if (name === 'retry' && /^\d{1,16}$/u.test(value)) {
      this.#sink.retry(Number(value));
    }
  }

  #dispatch(): void {
    if (!this.#sawField) return;
    const event: SseEvent = {
      event: this.#event === '' ? 'message' : this.#event,
      data: this.#data.length === 1 ? this.#data[0]! : this.#data.join('\n'),
      id: this.#id,
      setsId: this.#setsId,
    };
    this.#data = [];
    this.#dataBytes = 0;
    this.#event = '';
    this.#setsId = false;
    this.#sawField = false;
    this.#sink.event(event);
  }

  #fail(): void {
    this.#dead = true;
    this.#held.clear();
    this.#data = [];
    this.#sink.tooLarge();
  }
}
