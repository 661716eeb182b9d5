import type { OutgoingHttpHeaders } from 'node:http';

/** How the answer to one request travels, and what can be made to go wrong with it. */
export interface AnswerWay {
  /** The client has gone, or the connection is over: nothing arrives any more. */
  readonly isGone: boolean;
  /** The request was taken and its answer follows, where the wire says that apart (HTTP+SSE). */
  accept(): void;
  /** A message before the answer. */
  notify(message: string): void;
  /** Bytes of the wire that are no message. */
  noise(text: string): void;
  /** The answer is to be a part of a stream that can hold more: called before `frame`. */
  openStream(): void;
  /** A message as it stands on the wire. */
  frame(message: string): Buffer;
  /** Bytes of the answer; resolves when the peer has room for more. */
  write(bytes: Buffer): Promise<void>;
  /** The answer is complete. */
  end(): void;
  /** The whole answer. @param status of HTTP, where the answer is a body of its own */
  answer(message: string, status: number): void;
  /** There will be no answer, and nobody waits for one. */
  giveUp(): void;
  /** The connection breaks. `gently`: what was written still arrives. */
  cut(gently: boolean): void;
  /** The process ends. */
  exit(code: number): void;
  /** An HTTP status in place of the answer. */
  refuse(status: number, headers: OutgoingHttpHeaders, body: string): void;
  /** The session of the request is forgotten. */
  loseSession(): void;
}
