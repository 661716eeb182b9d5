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
  readonly #head: ListNode<Item> = new ListNode<Item>(undefined);

  constructor() {
    this.#head.previous = this.#head;
    this.#head.next = this.#head;
  }

  /** The item that was added first of those that are there. */
  get first(): Item | undefined {
    return this.#head.next!.item;
  }

  /** @returns what takes it out again */
  add(item: Item): ListNode<Item> {
    const node = new ListNode(item);
    const last = this.#head.previous!;
    last.next = node;
    node.previous = last;
    node.next = this.#head;
    this.#head.previous = node;
    return node;
  }

  /** Nothing happens if it was taken out already. */
  remove(node: ListNode<Item>): void {
    const { previous, next } = node;
    if (previous === undefined || next === undefined || node === this.#head) return;
    previous.next = next;
    next.previous = previous;
    // A node that has gone points to nobody: else the collector would take it for somebody who is needed.
    node.item = undefined;
    node.previous = undefined;
    node.next = undefined;
  }

  /** Takes out the item that was added first, if there is one. */
  removeFirst(): void {
    this.remove(this.#head.next!);
  }

  /** All that are there now; changes meanwhile do no harm. */
  snapshot(): Item[] {
    const items: Item[] = [];
    for (let node = this.#head.next!; node !== this.#head; node = node.next!) items.push(node.item as Item);
    return items;
  }

  clear(): void {
    for (let node = this.#head.next!; node !== this.#head; node = this.#head.next!) this.remove(node);
  }
}
