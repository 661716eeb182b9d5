/**
 * `make`, which is asked once for each source: many who share a source share what is made of it, and neither keeps the
 * other alive. For sources that do not change.
 */
export function onceForEach<Source extends object, Made>(
  make: (source: Source) => Made,
): (source: Source) => Made {
  const made = new WeakMap<Source, Made>();
  return (source) => {
    if (!made.has(source)) made.set(source, make(source));
    return made.get(source) as Made;
  };
}
