// What the conversation needs of a browser and has no short way to from WebAssembly.

/** Waits for the next frame; a tab in the background has none, so there a timer does. */
export function nextFrame() {
  return new Promise((wake) => {
    if (document.hidden) setTimeout(() => wake(performance.now()), 100);
    else requestAnimationFrame(wake);
  });
}

export function prefersStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Puts a text on the clipboard; says whether that worked. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** How far the end may be below the composer's edge and still count as seen, in pixels. */
const TOLERANCE = 24;

/** By what a reader scrolls. */
const HANDS = ["wheel", "touchmove", "keydown", "mousedown"];

/** The keys that scroll a page up, while nothing is being written. */
const KEYS = ["ArrowUp", "PageUp", "Home", " "];

/** Whether an event can be a reader's scrolling: a question that is typed and a button that is pressed are none. */
function scrolls({ type, key, target }) {
  if (type === "keydown") return KEYS.includes(key) && !target.closest?.("input, textarea, select, button");
  return type !== "mousedown" || target === document.documentElement;
}

/** How long after a reader's hand moved a scroll is taken for his, in milliseconds. */
const BY_HAND = 1_000;

/** Follows the end of the conversation until the reader scrolls up, and again once the end is in sight. */
class Follower {
  #end;
  #onChange;
  #follows = true;
  #last = scrollY;
  #touched = -Infinity;
  // A page that grows, shrinks and anchors what is seen scrolls by itself, up as well as down.
  #onHand = (event) => {
    if (!scrolls(event)) return;
    // The scroll bar tells when it is taken, and not when it is let go.
    this.#touched = event.type === "mousedown" ? Infinity : performance.now();
  };
  #onScroll = () => {
    if (this.#hidden() <= TOLERANCE) this.#set(true);
    else if (scrollY < this.#last && performance.now() - this.#touched < BY_HAND) this.#set(false);
    this.#last = scrollY;
  };

  constructor(end, onChange) {
    this.#end = end;
    this.#onChange = onChange;
    addEventListener("scroll", this.#onScroll, { passive: true });
    for (const hand of HANDS) addEventListener(hand, this.#onHand, { passive: true });
  }

  /** How much of the conversation's end lies behind or below the composer, which stands after it. */
  #hidden() {
    const floor = this.#end.nextElementSibling?.getBoundingClientRect().top ?? innerHeight;
    return this.#end.getBoundingClientRect().bottom - Math.min(floor, innerHeight);
  }

  #set(follows) {
    if (follows === this.#follows) return;
    this.#follows = follows;
    this.#onChange(follows);
  }

  /** Keeps the end in sight, if it is followed. */
  stick() {
    const hidden = this.#follows ? this.#hidden() : 0;
    if (hidden > 0) scrollBy({ top: hidden, behavior: "instant" });
  }

  /** Goes to the end and follows it. */
  jump() {
    this.#set(true);
    this.stick();
  }

  destroy() {
    removeEventListener("scroll", this.#onScroll);
    for (const hand of HANDS) removeEventListener(hand, this.#onHand);
  }
}

export function follow(end, onChange) {
  return new Follower(end, onChange);
}
