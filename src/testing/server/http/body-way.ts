import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AnswerWay } from '../answer-way.ts';
import { cutConnection, writeOut } from './http-body.ts';

export interface BodyWayOptions {
  /** Headers of an answer. */
  readonly headers: OutgoingHttpHeaders;
  readonly loseSession: () => void;
}

/** The answer is the body of the response to the request. */
export abstract class BodyWay implements AnswerWay {
  protected readonly response: ServerResponse;
  protected readonly headers: OutgoingHttpHeaders;
  readonly #loseSession: () => void;

  constructor(response: ServerResponse, { headers, loseSession }: BodyWayOptions) {
    this.response = response;
    this.headers = headers;
    this.#loseSession = loseSession;
  }

  get isGone(): boolean {
    return this.response.destroyed;
  }

  accept(): void {}

  abstract notify(message: string): void;

  abstract noise(text: string): void;

  abstract openStream(): void;

  abstract frame(message: string): Buffer;

  write(bytes: Buffer): Promise<void> {
    if (!this.response.headersSent && !this.isGone) {
      this.response.writeHead(200, { 'content-type': 'application/json', ...this.headers });
    }
    return writeOut(this.response, bytes);
  }

  end(): void {
    if (!this.isGone) this.response.end();
  }

  abstract answer(message: string, status: number): void;

  giveUp(): void {
    this.openStream();
    this.end();
  }

  cut(gently: boolean): void {
    cutConnection(this.response, gently);
  }

  exit(): void {
    this.cut(false);
  }

  refuse(status: number, headers: OutgoingHttpHeaders, body: string): void {
    if (!this.isGone) this.response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  }

  loseSession(): void {
    this.#loseSession();
  }
}
