import { isAscii, isUtf8 } from 'node:buffer';
import { joinedBytes } from '../../../wire/joined-bytes.ts';

const BOM = 0xfeff;
/** So many small chunks are joined into one: a chunk costs some hundred bytes beside its content. */
const JOIN_CHUNKS = 1024;

/** Gathers a body up to a limit, at linear cost however it is cut. */
export class BodyCollector {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  /** How many at the end of the list have not been joined yet. */
  #loose = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes gathered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** False if the body is too large: the chunk that went over the limit is cut to fit. */
  push(chunk: Buffer): boolean {
    const room = this.#maxBytes - this.#bytes;
    const fits = chunk.length <= room;
    const part = fits ? chunk : chunk.subarray(0, room);
    this.#chunks.push(part);
    this.#bytes += part.length;
    this.#loose++;
    if (this.#loose === JOIN_CHUNKS) {
      this.#chunks.push(Buffer.concat(this.#chunks.splice(-JOIN_CHUNKS)));
      this.#loose = 0;
    }
    return fits;
  }

  /** The body as it came. */
  content(): Buffer {
    return this.#only ?? Buffer.concat(this.#chunks, this.#bytes);
  }

  /** The body as text without BOM; undefined if it is not UTF-8, which JSON must be. */
  json(): string | undefined {
    const body = this.#joined();
    // Nearly all of JSON is, and is copied as it stands then.
    if (isAscii(body)) return body.toString('latin1');
    if (!isUtf8(body)) return undefined;
    const text = body.toString('utf8');
    return text.charCodeAt(0) === BOM ? text.slice(1) : text;
  }

  /** The body for people: invalid bytes are replaced. */
  text(): string {
    return this.#joined().toString('utf8');
  }

  get #only(): Buffer | undefined {
    return this.#chunks.length === 1 ? this.#chunks[0] : undefined;
  }

  /** To be read at once. */
  #joined(): Buffer {
    return this.#only ?? joinedBytes(this.#chunks, this.#bytes);
  }
}
