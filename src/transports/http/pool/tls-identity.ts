import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { readBoundedText } from '../../../config/file/read-text.ts';
import { isPem, type ResolvedTls } from '../../../config/http-settings.ts';
import { SignalboxError } from '../../../core/errors.ts';

/** Whom we trust and who we are: `http.tls` with its files read. */
export interface TlsIdentity {
  /** Made once for all sockets of a pool: parsing the authorities for each of them would cost milliseconds. */
  readonly secureContext: SecureContext;
  readonly serverName: string | undefined;
  /** Differs where anything differs. Tells nothing of the key. */
  readonly fingerprint: string;
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/gu;

/** Reads and checks what `http.tls` names. @throws SignalboxError CONFIG_INVALID, naming the key and the file */
export async function readTlsIdentity(tls: ResolvedTls, server: string): Promise<TlsIdentity> {
  const [ca, cert, key] = await Promise.all([
    read('ca', tls.ca, server),
    read('cert', tls.cert, server),
    read('key', tls.key, server),
  ]);
  if (ca !== undefined) certificates(ca, 'ca', server);
  if (cert !== undefined && key !== undefined) {
    const [own] = certificates(cert, 'cert', server);
    if (own?.checkPrivateKey(privateKey(key, tls.passphrase, server)) === false) {
      throw fault('key', 'is not the key of the certificate in "cert"; they belong together', server);
    }
  }
  const { passphrase, minVersion, serverName } = tls;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([ca, cert, key, passphrase, minVersion, serverName]))
    .digest('hex');
  try {
    return {
      secureContext: createSecureContext({ ca, cert, key, passphrase, minVersion }),
      serverName,
      fingerprint,
    };
  } catch (cause) {
    throw fault(undefined, `cannot be used (${codeOf(cause)})`, server, cause);
  }
}

type Slot = 'ca' | 'cert' | 'key';

async function read(slot: Slot, value: string | undefined, server: string): Promise<string | undefined> {
  if (value === undefined || isPem(value)) return value;
  const text = await readBoundedText(value);
  if (typeof text === 'string') return text;
  throw fault(slot, `(${value}) ${text.fault}`, server, text.cause, { file: value });
}

function certificates(pem: string, slot: Slot, server: string): X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw fault(slot, 'holds no certificate in PEM form', server);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw fault(slot, `holds a damaged certificate (${codeOf(cause)})`, server, cause);
  }
}

function privateKey(key: string, passphrase: string | undefined, server: string): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    const why =
      passphrase === undefined ? 'is it encrypted? then set "passphrase"' : 'is "passphrase" right?';
    throw fault('key', `cannot be read (${codeOf(cause)}); ${why}`, server, cause);
  }
}

function fault(
  slot: Slot | undefined,
  what: string,
  server: string,
  cause?: unknown,
  details: Readonly<Record<string, unknown>> = {},
): SignalboxError {
  const key = `x-signalbox.http.tls${slot === undefined ? '' : `.${slot}`}`;
  return new SignalboxError('CONFIG_INVALID', `"${key}" ${what}`, {
    server,
    cause,
    details: { ...details, key },
  });
}

function codeOf(cause: unknown): string {
  const code: unknown = (cause as { code?: unknown }).code;
  return typeof code === 'string' ? code : 'unknown reason';
}
