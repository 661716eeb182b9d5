/** Messages of the library say what is wrong and, behind a semicolon, what to do: the two apart. */
export function splitCure(
  message: string,
  otherwise: string,
): { readonly what: string; readonly cure: string } {
  const [what = message, ...cure] = message.split('; ');
  const said = cure.join('; ');
  // A question helps nobody.
  return { what, cure: said === '' || said.endsWith('?') ? otherwise : said };
}
