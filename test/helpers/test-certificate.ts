import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A certificate as a TLS server wants it, PEM. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * Makes a self-signed certificate on the spot, so that no private key stands in the repository and the dates are
 * right on every day that the tests run.
 *
 * @param name DNS name it is for
 * @param from first valid moment; default: an hour ago
 * @param to last valid moment; default: in an hour
 */
export function testCertificate(
  name: string,
  from: Date = new Date(Date.now() - 3_600_000),
  to: Date = new Date(Date.now() + 3_600_000),
): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = toBeSigned(name, from, to, publicKey);
  const signature = createSign('SHA256').update(body).sign(privateKey);
  const der = sequence(body, ECDSA_SHA256, bitString(signature));
  const lines = der.toString('base64').replaceAll(/.{1,64}/gu, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
  };
}

function toBeSigned(name: string, from: Date, to: Date, publicKey: KeyObject): Buffer {
  const commonName = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(name)))));
  const altNames = sequence(der(0x82, Buffer.from(name)));
  const extension = sequence(oid(0x55, 0x1d, 0x11), der(0x04, altNames));
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ECDSA_SHA256,
    commonName,
    sequence(time(from), time(to)),
    commonName,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function bitString(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replaceAll(/\D/gu, '').slice(0, 14)}Z`));
}

/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 */
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
