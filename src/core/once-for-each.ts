/**
 * `make`, which is asked once for each source: many who share a source share what is made of it, and neither keeps the
 * other alive. For sources that do not change.
 */
export function onceForEach<Source extends object, Made>(
  make: (source: Source) => Made,
): (source: Source) => Made {
  const made = new WeakMap<Source, { readonly made: Made }>();
  return (source) => {
    let known = made.get(source);
    if (known === undefined) {
      known = { made: make(source) };
      made.set(source, known);
    }
    return known.made;
  };
}
