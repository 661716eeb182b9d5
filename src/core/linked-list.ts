/** One place in a {@link LinkedList}. */
export class ListNode<Item> {
  /** @internal undefined once it was taken out, as the two below */
  item: Item | undefined;
  /** @internal */
  previous: ListNode<Item> | undefined = undefined;
  /** @internal */
  next: ListNode<Item> | undefined = undefined;

  constructor(item: Item | undefined) {
    this.item = item;
  }
}

/**
 * Items in the order in which they were added; adding and removing is O(1).
 *
 * For what comes and goes with every call it takes the place of a `Set`. Of those V8 makes a new table again and again,
 * and each old one points to the next: once one of them has grown old, all that ever stood in the later ones is
 * kept until the next full collection, and copied around meanwhile. Over HTTP that was a third of the CPU of a call.
 */
export class LinkedList<Item> {
  #first: ListNode<Item> | undefined;
  #last: ListNode<Item> | undefined;

  /** The item that was added first of those that are there. */
  get first(): Item | undefined {
    return this.#first?.item;
  }

  /** @returns what takes it out again */
  add(item: Item): ListNode<Item> {
    const node = new ListNode(item);
    const last = this.#last;
    if (last === undefined) {
      this.#first = node;
    } else {
      last.next = node;
      node.previous = last;
    }
    this.#last = node;
    return node;
  }

  /** Nothing happens if it was taken out already. */
  remove(node: ListNode<Item>): void {
    const { previous, next } = node;
    if (previous !== undefined) previous.next = next;
    else if (node === this.#first) this.#first = next;
    else return;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // A node that has gone points to nobody: else the collector would take it for somebody who is needed.
    node.item = undefined;
    node.previous = undefined;
    node.next = undefined;
  }

  /** Takes out the item that was added first, if there is one. */
  removeFirst(): void {
    if (this.#first !== undefined) this.remove(this.#first);
  }

  /** All that are there now; changes meanwhile do no harm. */
  snapshot(): Item[] {
    const items: Item[] = [];
    for (let node = this.#first; node !== undefined; node = node.next) items.push(node.item as Item);
    return items;
  }

  clear(): void {
    while (this.#first !== undefined) this.remove(this.#first);
  }
}
