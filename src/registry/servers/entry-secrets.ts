import type { ServerEntry } from '../../config/entry.ts';
import { secretsOf } from '../../config/secrets.ts';
import { isSecretName, Redactor } from '../../core/redact.ts';

/** Shorter values are too common in ordinary text. */
const MIN_LENGTH = 6;
/** A piece of a path that is this long, with digits in it, is likely to be a key: `https://host/s/<key>/mcp`. */
const KEY_LENGTH = 20;

/**
 * All of an entry that must not appear in what is kept or told: what `secretsOf` names, and beyond it the userinfo, the
 * query values and the long pieces of the path of its address, and arguments that are given as secrets
 * (`--api-key=…`, `--token …`).
 */
export function secretValuesOf(entry: ServerEntry): readonly string[] {
  const values = new Set(secretsOf(entry));
  const add = (value: string): void => {
    if (value.length >= MIN_LENGTH) values.add(value);
  };
  const openapi = entry['x-signalbox']?.openapi;
  const document = typeof openapi === 'string' ? openapi : openapi?.document;
  for (const value of [...urlSecrets(entry.url), ...urlSecrets(document)]) add(value);
  for (const args of [entry.args, entry['x-signalbox']?.launch?.args]) {
    for (const { secret } of maskedArgs(args ?? [])) if (secret !== undefined) add(secret);
  }
  return [...values];
}

/** Takes the secrets of one server out of what is told of it. */
export function redactorOf(entry: ServerEntry): Redactor {
  const redactor = new Redactor();
  for (const value of secretValuesOf(entry)) redactor.add(value);
  return redactor;
}

/** Arguments with the secrets in them named apart: `shown` is what is left without. */
export function maskedArgs(
  args: readonly string[],
): { readonly shown: string; readonly secret: string | undefined }[] {
  let isAfterSecretFlag = false;
  return args.map((arg) => {
    const [, flag, value] = /^(-[^=]*)(?:=([^]*))?$/u.exec(arg) ?? [];
    const isSecretFlag = flag !== undefined && isSecretName(flag);
    if (isAfterSecretFlag && flag === undefined) {
      isAfterSecretFlag = false;
      return { shown: '', secret: arg };
    }
    isAfterSecretFlag = isSecretFlag && value === undefined;
    return isSecretFlag && value !== undefined
      ? { shown: flag, secret: value }
      : { shown: arg, secret: undefined };
  });
}

/** An address without userinfo and without the values of its query. */
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) return text.replace(/[?#][^]*$/u, '');
  const url = new URL(text);
  const names = [...url.searchParams.keys()].join('&');
  const path = url.pathname.split('/').map((piece) => (isKey(piece) ? '' : piece));
  return `${url.protocol}//${url.host}${path.join('/')}?${names}`;
}

function urlSecrets(text: string | undefined): string[] {
  if (text === undefined || !URL.canParse(text)) return [];
  const url = new URL(text);
  const raw = url.search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  const values = [...raw, ...url.searchParams.values(), url.username, url.password];
  return [...values, ...url.pathname.split('/').filter(isKey)];
}

function isKey(piece: string): boolean {
  return piece.length >= KEY_LENGTH && /\d/u.test(piece);
}
