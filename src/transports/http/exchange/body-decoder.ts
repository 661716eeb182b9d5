import {
  type BrotliDecompress,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  type Gunzip,
  type Inflate,
  type InflateRaw,
} from 'node:zlib';
import type { SignalboxError } from '../../../core/errors.ts';

/** What is asked for where `http.compression` is on. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br';

/** Below so many decoded bytes no ratio is looked at: small texts of one kind may well be packed a thousandfold. */
const FREE_BYTES = 1024 * 1024;

type Coding = 'gzip' | 'deflate' | 'br';

const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
]);

/** True for a `content-encoding` that {@link BodyDecoder} undoes. Several in a row are refused (F-075). */
export function isDecodable(coding: string): boolean {
  return CODINGS.has(coding);
}

/** Why a body cannot be decoded. */
export type DecodingFault =
  /** It becomes too much of too little. */
  { readonly kind: 'ratio' } | { readonly kind: 'invalid'; readonly reason: string };

/** Who takes the decoded body. */
export interface DecodedSink {
  data(chunk: Buffer): void;
  /** There is room again, after `push` said no. */
  drained(): void;
  /** The last call: all is decoded, or nothing more will be. `broken` is what `end` was told. */
  done(fault: DecodingFault | undefined, broken: SignalboxError | undefined): void;
}

/** How a body is decoded. */
export interface DecodingRules {
  readonly coding: string;
  /** `limits.compressionRatio` */
  readonly maxRatio: number;
  /** Whether the body may end anywhere: an event stream does when its server goes, and what came before counts. */
  readonly mayEndAnywhere: boolean;
}

type Inflater = Gunzip | Inflate | InflateRaw | BrotliDecompress;

/**
 * Undoes the content coding of one body, a piece at a time: what is decoded is handed on at once, so that events do not
 * wait, and while nobody takes it nothing more is decoded, so that memory stays flat whatever arrives (F-075).
 */
export class BodyDecoder {
  readonly #rules: DecodingRules;
  readonly #sink: DecodedSink;
  #inflater: Inflater | undefined;
  #received = 0;
  #decoded = 0;
  /** Nothing more is decoded. */
  #finished = false;
  #isDone = false;
  #broken: SignalboxError | undefined;

  constructor(rules: DecodingRules, sink: DecodedSink) {
    this.#rules = rules;
    this.#sink = sink;
  }

  /** False if no more should come before `drained`. */
  push(chunk: Buffer): boolean {
    // Bytes after the end of the packed data are of no use; they harm nothing either.
    if (this.#finished || chunk.length === 0) return true;
    this.#received += chunk.length;
    this.#inflater ??= this.#start(chunk[0]!);
    return this.#inflater.write(chunk);
  }

  /**
   * Nothing more will come. What has come is decoded first, then `done` follows.
   *
   * @param broken why the body ended early; undefined if it is complete
   */
  end(broken: SignalboxError | undefined): void {
    this.#broken = broken;
    // The packed data may have ended before the body did. A body without a byte is empty, whatever it is packed with.
    if (this.#finished || this.#inflater === undefined) this.#done(undefined);
    else this.#inflater.end();
  }

  /** Stops at once; nothing is called any more. */
  destroy(): void {
    this.#finished = true;
    this.#inflater?.destroy();
  }

  #start(firstByte: number): Inflater {
    const inflater = createInflater(CODINGS.get(this.#rules.coding), firstByte, this.#rules.mayEndAnywhere);
    inflater.on('data', (chunk: Buffer) => this.#onData(chunk));
    inflater.on('drain', () => {
      if (!this.#finished) this.#sink.drained();
    });
    inflater.on('end', () => this.#onEnd());
    inflater.on('error', (error: NodeJS.ErrnoException) =>
      this.#done({ kind: 'invalid', reason: error.code ?? error.message }),
    );
    return inflater;
  }

  #onData(chunk: Buffer): void {
    if (this.#finished) return;
    this.#decoded += chunk.length;
    if (this.#decoded > FREE_BYTES && this.#decoded > this.#received * this.#rules.maxRatio) {
      this.#done({ kind: 'ratio' });
    } else this.#sink.data(chunk);
  }

  #onEnd(): void {
    if (this.#finished) return;
    this.#finished = true;
    // zlib knows where its data ends; who waits for the answer waits for the end of the body.
    if (this.#inflater!.writableEnded) this.#done(undefined);
    else this.#sink.drained();
  }

  #done(fault: DecodingFault | undefined): void {
    this.destroy();
    if (this.#isDone) return;
    this.#isDone = true;
    this.#sink.done(fault, this.#broken);
  }
}

function createInflater(coding: Coding | undefined, firstByte: number, mayEndAnywhere: boolean): Inflater {
  if (coding === 'br') {
    return createBrotliDecompress(mayEndAnywhere ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {});
  }
  const options = mayEndAnywhere ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
  if (coding === 'gzip') return createGunzip(options);
  // "deflate" means the zlib format (RFC 9110, 8.4.1.2), but many send the bare one; the first byte tells them apart.
  return (firstByte & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);
}
