/** The first half of a message. */
export function halved(text: string): string {
  return text.slice(0, text.length >> 1);
}

/** A message with a wrong character at `index`, or where that is not enough at its beginning: it is no JSON then. */
export function corrupted(text: string, index: number): string {
  const spoilt = `${text.slice(0, index)}#${text.slice(index + 1)}`;
  return isJson(spoilt) ? `#${text.slice(1)}` : spoilt;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
