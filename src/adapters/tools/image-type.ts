/** How base64 of the images begins that all model providers take. */
const SIGNATURES = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
] as const;

/** The type of an image, by its first bytes; undefined for anything but PNG, JPEG, GIF and WebP. */
export function imageType(base64: string): (typeof SIGNATURES)[number][1] | undefined {
  const found = SIGNATURES.find(([beginning]) => base64.startsWith(beginning));
  // What begins with RIFF can be sound or film as well.
  if (
    found?.[1] === 'image/webp' &&
    Buffer.from(base64.slice(0, 16), 'base64').toString('latin1', 8, 12) !== 'WEBP'
  )
    return undefined;
  return found?.[1];
}

/** Whether a text is base64 without line breaks, as providers want it. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(text);
}
